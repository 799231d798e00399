//! The title bar, with the environment and the tabs, and the key bar, derived from the tables of keys.

use crossterm::event::{KeyCode, KeyEvent};
use pilothouse_kit::chord::Chord;
use pilothouse_kit::keymap::{Binding, Keymap};
use pilothouse_kit::overlay;
use pilothouse_kit::paint;
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::Shell;
use super::super::keys::Say;
use super::super::layers::Layer;
use super::super::tabs::Tab;
use crate::effect::Ladder;
use crate::screen::Input;
use crate::spans;

/// A key, what it does, and whether the user may ever do that.
type Key = (String, String, bool);

/// Cells that the title of a tab in the background may take.
const MAX_TITLE: usize = 24;

impl Shell {
    pub(super) fn title_bar(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.world.theme;
        paint::cover(buffer, area, theme.style(Role::Bar));
        if self.is_armed() {
            paint::cover(buffer, area, self.armed_style());
        }
        let mut used = 0;
        for (text, style) in self.badges() {
            let x = area.x + used;
            used += paint::text(buffer, x, area.y, area.width - used, &text, style, theme.symbols().ellipsis);
        }
        for (at, label) in self.tab_labels().iter().enumerate() {
            let here = at == self.tabs.at();
            let role = if here { Role::BarAccent } else { Role::Bar };
            let ellipsis = theme.symbols().ellipsis;
            used += paint::text(
                buffer,
                area.x + used,
                area.y,
                area.width - used,
                label,
                theme.style(role),
                ellipsis,
            );
        }
        let mut right = area.right();
        for (role, text) in self.title_parts() {
            let width = u16::try_from(safe::width(&text)).unwrap_or(u16::MAX);
            if width.saturating_add(2) > right.saturating_sub(area.x + used) {
                continue;
            }
            right -= width + 1;
            let style = if self.is_armed() { self.armed_style() } else { theme.style(role) };
            paint::text(buffer, right, area.y, width, &text, style, "");
            right -= 1;
        }
    }

    /// Whether the user has something armed: then everything round the room says so.
    pub(super) fn is_armed(&self) -> bool {
        self.my_armings().next().is_some()
    }

    /// How the frame looks while something is armed.
    pub(super) fn armed_style(&self) -> Style {
        let theme = &self.world.theme;
        let prod = theme.style(Role::Text).patch(theme.style(Role::EnvProd));
        prod.add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// What stands at the left end whatever happens: where we are, and what the user has armed, with what is left of it.
    fn badges(&self) -> Vec<(String, Style)> {
        let theme = &self.world.theme;
        let badge = theme.style(Role::Text).patch(theme.style(self.environment.role()));
        let badge = badge.add_modifier(Modifier::REVERSED | Modifier::BOLD);
        let mut badges = vec![(format!(" {} ", self.environment.word()), badge)];
        let armed: Vec<String> = self
            .my_armings()
            .map(|it| format!("{} {}", safe::visible(&it.environment), spans::left(self.left(it))))
            .collect();
        if !armed.is_empty() {
            let bar = theme.symbols().vline;
            badges.push((format!("{bar} ARMED {} {bar}", armed.join(", ")), self.armed_style()));
        }
        badges
    }

    /// What stands at the right end as far as there is room, what matters most first, from the right.
    fn title_parts(&self) -> Vec<(Role, String)> {
        let mut parts = Vec::new();
        let principal = self.world.mirror.caller.principal();
        let place = self.environment.place();
        let who = match (principal, place) {
            ("", place) => place.to_owned(),
            (who, "") => safe::visible(who).into_owned(),
            (who, place) => format!("{} @ {place}", safe::visible(who)),
        };
        if !who.is_empty() {
            parts.push((Role::Bar, who));
        }
        match self.attention.to_decide() {
            0 => {}
            n => {
                let sign = self.world.theme.symbols().waiting;
                parts.push((Role::BarAccent, format!("{sign} {n} to decide")));
            }
        }
        let me = self.world.mirror.caller.person();
        let others: Vec<_> = self.armings().filter(|arming| arming.principal != me).collect();
        if let Some(first) = others.first() {
            let more = if others.len() > 1 { format!(" +{}", others.len() - 1) } else { String::new() };
            let (environment, who) = (safe::visible(&first.environment), safe::visible(&first.principal));
            let left = spans::left(self.left(first));
            parts.push((Role::Bar, format!("{environment} armed by {who} {left}{more}")));
        }
        parts
    }

    /// Which tab is drawn at that column of the title bar.
    pub(in crate::shell) fn tab_at(&self, column: u16) -> Option<usize> {
        let mut right = self.badges().iter().map(|(text, _)| safe::width(text)).sum::<usize>();
        self.tab_labels().iter().position(|label| {
            let left = right;
            right += safe::width(label);
            (left..right).contains(&usize::from(column))
        })
    }

    fn tab_labels(&self) -> Vec<String> {
        let cx = self.world.cx();
        let ellipsis = self.world.theme.symbols().ellipsis;
        let several = self.tabs.list().len() > 1;
        let title = |tab: &Tab| tab.here().room.title(&cx);
        let label = |(at, tab): (usize, &Tab)| match several {
            false => format!(" {} ", safe::visible(&title(tab))),
            true if at == self.tabs.at() => format!(" {} {} ", at + 1, safe::visible(&title(tab))),
            true => format!(" {} {} ", at + 1, safe::cut(&title(tab), MAX_TITLE, ellipsis)),
        };
        self.tabs.list().iter().enumerate().map(label).collect()
    }

    /// The shell's own keys are the way out of everywhere: they stand at the right end, whatever the room shows.
    pub(super) fn key_bar(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.world.theme;
        let (room, shell) = self.live_keys();
        let width = |keys: &[Key]| {
            keys.iter().map(|(key, doc, _)| safe::width(key) + safe::width(doc) + 3).sum::<usize>()
        };
        let right = u16::try_from(width(&shell)).unwrap_or(u16::MAX).min(area.width);
        let left = Rect { x: area.x + 1, width: area.width.saturating_sub(right + 3), ..area };
        for (keys, area) in [(&room, left), (&shell, Rect { x: area.right() - right, width: right, ..area })]
        {
            let keys = keys.iter().map(|(key, doc, may)| (key.as_str(), doc.as_str(), *may));
            overlay::key_bar_of(buffer, area, theme, keys);
        }
    }

    /// The keys that mean something now, the room's and the shell's: those of the layer, what may follow a begun chord, else
    /// those that the tables show.
    fn live_keys(&self) -> (Vec<Key>, Vec<Key>) {
        let own = |keys: &[(&str, &str)]| -> Vec<Key> {
            keys.iter().map(|(key, doc)| ((*key).to_owned(), (*doc).to_owned(), true)).collect()
        };
        match self.layers.last() {
            Some(Layer::List(_)) => {
                return (
                    own(&[("Enter", "choose"), ("Up/Down", "move"), ("type", "to narrow down")]),
                    own(&[("Esc", "close")]),
                );
            }
            Some(Layer::Confirm(confirm)) => {
                let yes: &[(&str, &str)] = match confirm.ladder {
                    Ladder::Yes => &[("y", "yes")],
                    Ladder::Card => &[("Tab", "the other button"), ("Enter", "press it"), ("PgDn", "more")],
                    Ladder::Typed(_) => {
                        &[("type", "what is asked for"), ("Enter", "go on"), ("PgDn", "more")]
                    }
                };
                return (own(yes), own(&[("Esc", "no")]));
            }
            Some(Layer::Arm(_)) => {
                let keys = own(&[("Enter", "arm"), ("Tab", "other field"), ("Left/Right", "another time")]);
                return (keys, own(&[("Esc", "leave it")]));
            }
            Some(Layer::Notice(_)) => return (Vec::new(), own(&[("Esc", "close")])),
            Some(Layer::Bar(_)) | None => {}
        }
        let kind = self.tabs.current().here().room.kind();
        let [room, mut shell] = self.keymaps.of(kind).map(|map| self.shown(map));
        if self.is_typing() {
            shell.extend(own(&[("Esc", "leave the field")]));
        }
        (room, shell)
    }

    /// Whether a text field has the focus.
    fn is_typing(&self) -> bool {
        let letter = Input::Key(KeyEvent::from(KeyCode::Char('a')));
        self.tabs.current().here().room.typed(&letter).is_some()
    }

    /// While a text field has the focus, what can be typed into it is no key.
    fn shown(&self, map: &Keymap<Say>) -> Vec<Key> {
        let room = &self.tabs.current().here().room;
        let cx = self.world.cx();
        let begun = if self.pending.is_empty() { String::new() } else { format!("{} ", self.pending) };
        let is_typed = |chord: &Chord| {
            let first = chord.presses().first().filter(|_| begun.is_empty());
            first.is_some_and(|press| room.typed(&Input::Key(press.key())).is_some())
        };
        let lives = |chord: &&Chord| chord.to_string().starts_with(&begun) && !is_typed(chord);
        let lines = map.bindings.iter().filter(|binding| binding.bar || !begun.is_empty());
        let may = |say: &Say| say.permission().is_none_or(|it| cx.mirror.caller.why_denied(it).is_none());
        // What is not allowed stays, muted; what makes no sense now goes.
        let sensible = lines.filter(|binding| match &binding.msg {
            Say::Room(msg) => !may(&binding.msg) || room.why_not(msg, &cx).is_none(),
            Say::Shell(_) => true,
        });
        let key = |binding: &Binding<Say>| {
            let chord = binding.chords.iter().find(lives)?;
            Some((chord.to_string(), binding.name.replace('-', " "), may(&binding.msg)))
        };
        sensible.filter_map(key).collect()
    }
}
