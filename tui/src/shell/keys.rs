//! What can be said to the shell itself, and its keys. They are the same in every place; a place's own keys come first.

use pilothouse_api::arming::Arm;
use pilothouse_api::audit::AuditFilter;
use pilothouse_kit::keymap::Keymap;

use super::rooms::RoomMsg;
use crate::route::{AccessTab, Route};

/// Something that the shell does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// One step back: closes what is open, else goes one place back. Never quits.
    StepBack,
    /// Closes the place; at the root of the last tab: leaves, and asks when runs are attached.
    CloseView,
    /// Close it without asking: it was asked.
    CloseViewNow,
    /// Leaves; asks when runs are attached.
    Quit,
    /// Leaves without asking.
    QuitNow,
    /// To the place before.
    Back,
    /// To the place after.
    Forward,
    /// To where one was before.
    Last,
    /// To a place.
    Open(Route),
    /// To a place in a tab of its own.
    OpenInTab(Route),
    /// A copy of this place in a new tab.
    NewTab,
    /// Closes the tab.
    CloseTab,
    /// Shows the tab of this number, from 1.
    Tab(usize),
    /// Shows the next tab.
    NextTab,
    /// Shows the tab before.
    PreviousTab,
    /// Opens the command bar with this in it.
    Say(String),
    /// Opens the palette.
    Palette,
    /// Opens the help.
    Help,
    /// Shows times otherwise: relative, local, UTC.
    Times,
    /// Mouse on or off.
    Mouse,
    /// Asks the server anew and draws everything anew.
    Refresh,
    /// Shows the themes to choose from.
    Themes,
    /// Takes this theme.
    Theme(String),
    /// Copies the locator of this place.
    CopyLocator,
    /// Takes the toasts away.
    Dismiss,
    /// Arms an environment, or asks to disarm what is armed.
    Arm,
    /// Asks for how long an environment is to be armed, and why.
    ArmFor {
        /// Which.
        environment: String,
        /// For how long, when that was said already.
        seconds: Option<i64>,
    },
    /// Arms it.
    ArmNow(Arm),
    /// Disarms this, or what the user has armed.
    Disarm(Option<String>),
    /// Disarms it: it was asked.
    DisarmNow(String),
    /// Shows who has armed what.
    Armings,
    /// Leaves what was refused for want of an arming refused.
    LeaveUnarmed,
    /// Says who the user is to the server.
    WhoAmI,
    /// To the run that was sent from here; of several, shows them.
    Attached,
}

impl Action {
    /// The permission that it needs.
    #[must_use]
    pub const fn permission(&self) -> Option<&'static str> {
        Some(match self {
            Self::Arm | Self::ArmFor { .. } | Self::ArmNow(_) => "pilothouse:Arm",
            Self::Disarm(_) | Self::DisarmNow(_) => "pilothouse:Disarm",
            Self::Armings => "pilothouse:ListArmings",
            Self::Open(route) | Self::OpenInTab(route) => match route {
                Route::Inbox | Route::Approval(_) => "pilothouse:ListApprovals",
                Route::Audit { .. } => "pilothouse:ListAuditRecords",
                Route::Documents { .. } => "ssm:ListDocuments",
                Route::Parameters { .. } => "ssm:DescribeParameters",
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// Something that a key, a line of the help or a choice says: to the shell, or to the room that is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Say {
    /// To the shell.
    Shell(Action),
    /// To the room.
    Room(RoomMsg),
}

impl Say {
    /// The permission that it needs.
    #[must_use]
    pub fn permission(&self) -> Option<&'static str> {
        match self {
            Self::Shell(action) => action.permission(),
            Self::Room(msg) => msg.permission(),
        }
    }
}

const GO: &str = "go";
const TABS: &str = "tabs";
const COCKPIT: &str = "cockpit";
const SAFETY: &str = "safety";

/// The shell's own keys.
#[must_use]
pub fn keys() -> Keymap<Action> {
    let mut keys = Keymap::new()
        .bind(":", "command-line", "command line", COCKPIT, Action::Say(String::new()))
        .bar()
        .bind("Ctrl-p", "palette", "find anything", COCKPIT, Action::Palette)
        .bar()
        .bind("?", "help", "help", COCKPIT, Action::Help)
        .bar()
        .bind("Esc", "step-back", "one step back", GO, Action::StepBack)
        .bind("q", "close", "close this view; quit from the first", GO, Action::CloseView)
        .bar()
        .bind("[", "back", "back", GO, Action::Back)
        .bind("]", "forward", "forward", GO, Action::Forward)
        .bind("-", "last", "where you were before", GO, Action::Last)
        .bind("g n", "go-nodes", "nodes", GO, Action::Open(Route::Nodes { filter: None }))
        .bind("g c", "go-commands", "commands", GO, Action::Open(Route::Commands))
        .bind(
            "g p",
            "go-parameters",
            "parameters",
            GO,
            Action::Open(Route::Parameters { path: None, at: None }),
        )
        .bind("g D", "go-documents", "documents", GO, Action::Open(Route::Documents { filter: None }))
        .bind("g t", "next-tab", "next tab", TABS, Action::NextTab)
        .bind("g T", "previous-tab", "tab before", TABS, Action::PreviousTab)
        .bind("Ctrl-t", "new-tab", "new tab, beginning here", TABS, Action::NewTab)
        .bind("g x", "close-tab", "close the tab", TABS, Action::CloseTab)
        .bind("T", "times", "times: relative, local, UTC", COCKPIT, Action::Times)
        .bind("M", "mouse", "mouse on or off", COCKPIT, Action::Mouse)
        .bind("R, Ctrl-l", "refresh", "ask and draw anew", COCKPIT, Action::Refresh)
        .bind("g y", "copy-locator", "copy the locator of this place", COCKPIT, Action::CopyLocator)
        .bind("g m", "themes", "choose a theme", COCKPIT, Action::Themes)
        .bind("g d", "dismiss", "take the messages away", COCKPIT, Action::Dismiss);
    for (number, chord, name) in TAB_KEYS {
        keys = keys.bind(chord, name, "tab of that number", TABS, Action::Tab(number));
    }
    keys.and(rights())
}

/// Who may do what: its places, and arming.
fn rights() -> Keymap<Action> {
    let access = Route::Access { tab: AccessTab::Users, selected: None };
    let audit = Route::Audit { filter: AuditFilter::default() };
    Keymap::new()
        .bind("g i", "inbox", "inbox: requests for approval", GO, Action::Open(Route::Inbox))
        .bind("g a", "access", "access: users, groups, policies", GO, Action::Open(access))
        .bind("g u", "audit", "audit: who did what", GO, Action::Open(audit))
        .bind("A", "arm", "arm an environment, or disarm it", SAFETY, Action::Arm)
        .bind("g r", "go-runs", "runs that were sent from here", GO, Action::Attached)
        .bind("g A", "armings", "who has armed what", SAFETY, Action::Armings)
        .bind("", "whoami", "who you are here", SAFETY, Action::WhoAmI)
}

const TAB_KEYS: [(usize, &str, &str); 9] = [
    (1, "1", "tab-1"),
    (2, "2", "tab-2"),
    (3, "3", "tab-3"),
    (4, "4", "tab-4"),
    (5, "5", "tab-5"),
    (6, "6", "tab-6"),
    (7, "7", "tab-7"),
    (8, "8", "tab-8"),
    (9, "9", "tab-9"),
];
