//! What a piece of the screen means, and where a theme that does not name it looks next.

/// Calls a macro with every role: variant, dotted name, what it is for.
macro_rules! for_each_role {
    ($callback:ident) => {
        $callback! {
            Text "text" "Plain text; its background is the ground of the whole screen.";
            TextMuted "text.muted" "Text that may be overlooked.";
            TextStrong "text.strong" "Text that must not be overlooked.";
            TextCode "text.code" "What could be typed into a shell.";
            Accent "accent" "The one colour that says \"here\".";
            Title "title" "Headings, and heads of columns.";
            Border "border" "Lines between things.";
            BorderFocus "border.focus" "The line round what has the keys.";
            Bar "bar" "Title bar and status bar.";
            BarAccent "bar.accent" "What stands out in a bar.";
            KeyChord "key.chord" "A key, where it is explained.";
            KeyDoc "key.doc" "What the key does.";
            Selection "selection" "The row under the cursor.";
            Mark "mark" "A marked row.";
            Match "match" "What a search or filter hit.";
            Chip "chip" "A filter that is in force.";
            Input "input" "Text being typed.";
            InputError "input.error" "Text being typed that cannot stay so.";
            Good "good" "It worked.";
            Warn "warn" "Look at this.";
            Bad "bad" "It did not work.";
            Info "info" "By the way.";
            StateOk "state.ok" "A run that ended well; many of them must stay quiet.";
            StateRunning "state.running" "A run that is under way.";
            StateWaiting "state.waiting" "A run that has not begun.";
            StateFailed "state.failed" "A run that failed: what the eye must find first.";
            StateTimedOut "state.timed_out" "A run that took too long, or never reached its node.";
            StateCancelled "state.cancelled" "A run that was stopped.";
            NodeOnline "node.online" "A node that answers.";
            NodeLost "node.lost" "A node that stopped answering.";
            NodeInactive "node.inactive" "A node that was never there, or is no more.";
            StreamErr "stream.err" "Lines of standard error.";
            Gap "gap" "Output that was dropped.";
            Escape "escape" "A control character made visible.";
            EnvProd "env.prod" "Production.";
            EnvStaging "env.staging" "Staging.";
            EnvDev "env.dev" "Development.";
            EnvOther "env.other" "Any other environment.";
            Overlay "overlay" "The ground of dialogs.";
            Scrollbar "scrollbar" "Where in the whole we are.";
            CodeKey "code.key" "In code: what something is called.";
            CodeText "code.text" "In code: text in quotes.";
            CodeWord "code.word" "In code: a word of the language, or a number.";
            CodeNote "code.note" "In code: what is for the reader alone.";
            CodeSlot "code.slot" "In code: what is filled in when it runs.";
        }
    };
}

macro_rules! define {
    ($($role:ident $name:literal $doc:literal;)*) => {
        /// What a piece of the screen means. A theme gives each its style.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $doc] $role),*
        }

        impl Role {
            /// Every role, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// Its name in theme files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$role => $name),* }
            }
        }
    };
}
for_each_role!(define);

/// Names that are no role but may be given a style for all below them.
const FAMILIES: [&str; 6] = ["code", "key", "state", "node", "stream", "env"];

impl Role {
    /// Where to look for its style: its own name, then up the dots, then `text`.
    pub fn lineage(self) -> impl Iterator<Item = &'static str> {
        std::iter::successors(Some(self.name()), |&name| match name.rsplit_once('.') {
            Some((parent, _)) => Some(parent),
            None => (name != Self::Text.name()).then_some(Self::Text.name()),
        })
    }

    /// Whether a theme file may give this name a style.
    pub(super) fn is_name(name: &str) -> bool {
        FAMILIES.contains(&name) || Self::ALL.iter().any(|role| role.name() == name)
    }
}
