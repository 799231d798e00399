//! Where keys go: to the top layer, else to a text field of the room, else through the tables of keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use pilothouse_kit::chord::Press;
use pilothouse_kit::keymap::Lookup;

use super::Shell;
use super::keys::{Action, Say};
use super::layers::{Layer, Outcome};
use super::speech::{self, Vocabulary};
use crate::effect::Level;
use crate::screen::Input;

/// Lines that a notch of the wheel moves.
const NOTCH: usize = 3;

impl Shell {
    /// Over a slow line, `Esc` and the key after it arrive as one, and look like that key with Alt. Unless Alt means something
    /// with it, they are taken for the two.
    pub(super) fn key(&mut self, key: KeyEvent) {
        if is_escape_and_more(key) && !self.is_bound(key) {
            self.one_key(KeyEvent::from(KeyCode::Esc));
            self.one_key(KeyEvent { modifiers: key.modifiers.difference(KeyModifiers::ALT), ..key });
        } else {
            self.one_key(key);
        }
    }

    fn is_bound(&self, key: KeyEvent) -> bool {
        let kind = self.tabs.current().here().room.kind();
        let mut chords = self.keymaps.bindings(kind).flat_map(|binding| &binding.chords);
        chords.any(|chord| chord.presses().first() == Some(&Press::of(key)))
    }

    fn one_key(&mut self, key: KeyEvent) {
        if let Some(layer) = self.layers.last_mut() {
            let outcome = layer.key(key);
            return self.layer_said(outcome);
        }
        if self.pending.is_empty()
            && let Some(msg) = self.tabs.current().here().room.typed(&Input::Key(key))
        {
            return self.act(Say::Room(msg));
        }
        let kind = self.tabs.current().here().room.kind();
        match self.pending.press(key, &self.keymaps.of(kind)) {
            Lookup::Hit(say) => self.act(say),
            Lookup::Pending => {}
            Lookup::Miss if is_ctrl_c(key) => self.say(Level::Info, "q closes this view; :q! leaves at once"),
            Lookup::Miss => {}
        }
    }

    pub(super) fn paste(&mut self, text: String) {
        if let Some(layer) = self.layers.last_mut() {
            let outcome = layer.paste(&text);
            return self.layer_said(outcome);
        }
        if let Some(msg) = self.tabs.current().here().room.typed(&Input::Paste(text)) {
            self.act(Say::Room(msg));
        } else {
            self.say(Level::Info, "nothing here takes pasted text");
        }
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.press_often(KeyCode::Down),
            MouseEventKind::ScrollUp => self.press_often(KeyCode::Up),
            MouseEventKind::Down(MouseButton::Left) if mouse.row == 0 => {
                if let Some(tab) = self.tab_at(mouse.column) {
                    self.act(Say::Shell(Action::Tab(tab + 1)));
                }
            }
            _ => {}
        }
    }

    fn press_often(&mut self, code: KeyCode) {
        (0..NOTCH).for_each(|_| self.key(KeyEvent::from(code)));
    }

    fn layer_said(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Stay => {}
            Outcome::Close => drop(self.layers.pop()),
            Outcome::Refused(why) => self.say(Level::Warn, why),
            Outcome::Complete => self.complete(),
            Outcome::Chose(say, owner) => {
                self.layers.pop();
                match (say, owner) {
                    (Say::Room(msg), Some(owner)) => self.tell_room(owner, msg),
                    (say, _) => self.act(say),
                }
            }
            Outcome::Typed(line) => {
                self.layers.pop();
                self.history.push(&line);
                if !line.trim().is_empty() {
                    match speech::understand(&line, &self.vocabulary()) {
                        Ok(say) => self.act(say),
                        Err(why) => self.say(Level::Error, why),
                    }
                }
            }
        }
    }

    pub(super) fn complete(&mut self) {
        let Some(Layer::Bar(bar)) = self.layers.last() else { return };
        let completions = speech::complete(bar.line.before(), &self.vocabulary());
        if let Some(Layer::Bar(bar)) = self.layers.last_mut() {
            bar.offer(completions);
        }
    }

    fn vocabulary(&self) -> Vocabulary<'_> {
        let kind = self.tabs.current().here().room.kind();
        Vocabulary {
            mirror: &self.world.mirror,
            bindings: self.keymaps.bindings(kind).collect(),
            themes: self.themes.names(),
            now: self.world.now,
        }
    }
}

/// Whether it is a character with Alt that no line of text takes for an editing key.
fn is_escape_and_more(key: KeyEvent) -> bool {
    let edits = matches!(key.code, KeyCode::Char('b' | 'f' | 'd'));
    key.modifiers.contains(KeyModifiers::ALT) && matches!(key.code, KeyCode::Char(_)) && !edits
}

fn is_ctrl_c(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}
