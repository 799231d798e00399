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
use ratatui::style::Modifier;

use super::super::Shell;
use super::super::keys::Say;
use super::super::layers::Layer;
use super::super::tabs::Tab;
use crate::effect::Ladder;
use crate::screen::Input;

/// A key, and what it does.
type Key = (String, String);

/// Cells that the title of a tab in the background may take.
const MAX_TITLE: usize = 24;

impl Shell {
    pub(super) fn title_bar(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.world.theme;
        paint::cover(buffer, area, theme.style(Role::Bar));
        let word = format!(" {} ", self.environment.word());
        let badge = theme
            .style(Role::Text)
            .patch(theme.style(self.environment.role()))
            .add_modifier(Modifier::REVERSED | Modifier::BOLD);
        let mut used = paint::text(buffer, area.x, area.y, area.width, &word, badge, "");
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
        let place = self.environment.place();
        let width = u16::try_from(safe::width(place)).unwrap_or(u16::MAX);
        if !place.is_empty() && width < area.width.saturating_sub(used + 2) {
            let x = area.right() - width - 1;
            paint::text(buffer, x, area.y, width, place, theme.style(Role::Bar), "");
        }
    }

    /// Which tab is drawn at that column of the title bar.
    pub(in crate::shell) fn tab_at(&self, column: u16) -> Option<usize> {
        let mut right = safe::width(self.environment.word()) + 2;
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
            keys.iter().map(|(key, doc)| safe::width(key) + safe::width(doc) + 3).sum::<usize>()
        };
        let right = u16::try_from(width(&shell)).unwrap_or(u16::MAX).min(area.width);
        let left = Rect { x: area.x + 1, width: area.width.saturating_sub(right + 3), ..area };
        for (keys, area) in [(&room, left), (&shell, Rect { x: area.right() - right, width: right, ..area })]
        {
            let keys: Vec<(&str, &str)> =
                keys.iter().map(|(key, doc)| (key.as_str(), doc.as_str())).collect();
            overlay::key_bar(buffer, area, theme, &keys);
        }
    }

    /// The keys that mean something now, the room's and the shell's: those of the layer, what may follow a begun chord, else
    /// those that the tables show.
    fn live_keys(&self) -> (Vec<Key>, Vec<Key>) {
        let own = |keys: &[(&str, &str)]| -> Vec<Key> {
            keys.iter().map(|(key, doc)| ((*key).to_owned(), (*doc).to_owned())).collect()
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
        let sensible = lines.filter(|binding| match &binding.msg {
            Say::Room(msg) => room.why_not(msg, &cx).is_none(),
            Say::Shell(_) => true,
        });
        let key = |binding: &Binding<Say>| {
            let chord = binding.chords.iter().find(lives)?;
            Some((chord.to_string(), binding.name.replace('-', " ")))
        };
        sensible.filter_map(key).collect()
    }
}
