//! A room on a stage: a mirror, a theme, a terminal, and keys that go the way they go in the cockpit.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::keymap::{Lookup, Pending};
use pilothouse_kit::theme::{Depth, Theme};
use ratatui::layout::Size;

use super::fixtures::{NOW, drawn};
use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::mirror::Mirror;
use crate::screen::{Cx, Input, Screen, Times};

pub struct Stage<S> {
    pub mirror: Mirror,
    pub theme: Theme,
    pub size: (u16, u16),
    pub times: Times,
    pub room: S,
}

impl<S: Screen> Stage<S> {
    /// The room was just entered; what it asked for at once is returned.
    pub fn enter(mirror: Mirror, room: S) -> (Self, Effects<S::Msg>) {
        let theme = Theme::builtin("dark", Depth::True).unwrap();
        let mut stage = Self { mirror, theme, size: (120, 40), times: Times::Relative, room };
        let effects = stage.with(|room, cx| {
            room.told(cx);
            room.open(cx)
        });
        (stage, effects)
    }

    pub fn with<R>(&mut self, f: impl FnOnce(&mut S, &Cx<'_>) -> R) -> R {
        let cx = Cx {
            mirror: &self.mirror,
            theme: &self.theme,
            now: NOW,
            size: Size::new(self.size.0, self.size.1),
            times: self.times,
            typed_from: 10,
        };
        f(&mut self.room, &cx)
    }

    /// Presses keys one after the other: names between `<` and `>`, all else character by character. Returns all effects.
    pub fn press(&mut self, keys: &str) -> Effects<S::Msg> {
        let mut effects = Vec::new();
        let mut pending = Pending::new();
        let map = S::keys();
        for key in read(keys) {
            if pending.is_empty()
                && let Some(msg) = self.room.typed(&Input::Key(key))
            {
                effects.extend(self.say(msg));
                continue;
            }
            if key.code == KeyCode::Esc {
                self.room.step_back();
                effects.extend(self.told());
                continue;
            }
            match pending.press(key, &[&map]) {
                Lookup::Hit(msg) => effects.extend(self.say(msg)),
                Lookup::Pending | Lookup::Miss => {}
            }
        }
        effects
    }

    pub fn say(&mut self, msg: S::Msg) -> Effects<S::Msg> {
        self.with(|room, cx| room.update(msg, cx))
    }

    pub fn paste(&mut self, text: &str) -> Effects<S::Msg> {
        let msg = self.room.typed(&Input::Paste(text.to_owned())).unwrap();
        self.say(msg)
    }

    pub fn land(&mut self, ticket: u32, result: Result<Reply, CallError>) -> Effects<S::Msg> {
        self.with(|room, cx| room.landed(Ticket(ticket), result, cx))
    }

    pub fn told(&mut self) -> Effects<S::Msg> {
        self.with(|room, cx| {
            room.told(cx);
            room.follow_up(cx)
        })
    }

    pub fn refreshed(&mut self) -> Effects<S::Msg> {
        self.with(|room, cx| room.refreshed(cx))
    }

    pub fn drawn(&mut self, size: (u16, u16)) -> String {
        self.size = size;
        let theme = self.theme.clone();
        self.with(|room, cx| {
            room.told(cx);
            drawn(&theme, size, |frame| room.view(cx, frame, frame.area()))
        })
    }

    /// Draws it in every size and in both themes: name and picture.
    pub fn everywhere(&mut self, name: &str) -> Vec<(String, String)> {
        let mut pictures = Vec::new();
        for theme in ["dark", "light"] {
            self.theme = Theme::builtin(theme, Depth::True).unwrap();
            for (width, height) in [(80, 24), (120, 40), (200, 60)] {
                pictures.push((format!("{name}-{theme}-{width}x{height}"), self.drawn((width, height))));
            }
        }
        pictures
    }
}

fn read(keys: &str) -> Vec<KeyEvent> {
    let mut found = Vec::new();
    let mut rest = keys;
    while let Some(char) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            found.push(named(name));
            rest = after;
        } else {
            found.push(KeyEvent::from(KeyCode::Char(char)));
            rest = &rest[char.len_utf8()..];
        }
    }
    found
}

fn named(name: &str) -> KeyEvent {
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Backtab" => return KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Space" => KeyCode::Char(' '),
        "Delete" => KeyCode::Delete,
        "BS" => KeyCode::Backspace,
        control => {
            let char = control.strip_prefix("C-").and_then(|char| char.chars().next()).unwrap();
            return KeyEvent::new(KeyCode::Char(char), KeyModifiers::CONTROL);
        }
    };
    KeyEvent::from(code)
}
