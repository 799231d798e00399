//! A question before something that hurts: the harder it hurts, the harder it is to say yes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::input::{Line, LineEvent};

use super::Outcome;
use crate::effect::{Ladder, Question};
use crate::shell::keys::Say;
use crate::shell::rooms::RoomMsg;
use crate::shell::tabs::RoomId;

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// What is about to happen.
    pub title: String,
    /// The blast radius, line by line.
    pub card: Vec<String>,
    /// How hard it is to say yes.
    pub ladder: Ladder,
    /// On a card: whether the focus is on yes.
    pub on_yes: bool,
    /// What was typed so far.
    pub typed: Line,
    /// First line of the card that is seen.
    pub top: usize,
    yes: Say,
    /// What is said when it is no, where somebody waits for that.
    no: Option<Say>,
    owner: Option<RoomId>,
}

impl Confirm {
    /// A room's question.
    #[must_use]
    pub fn of_room(question: Question<RoomMsg>, owner: RoomId) -> Self {
        let Question { title, card, ladder, yes } = question;
        Self { owner: Some(owner), ..Self::new(title, card, ladder, Say::Room(yes)) }
    }

    /// The shell's own question.
    #[must_use]
    pub fn new(title: String, card: Vec<String>, ladder: Ladder, yes: Say) -> Self {
        Self {
            title,
            card,
            ladder,
            on_yes: false,
            typed: Line::default(),
            top: 0,
            yes,
            no: None,
            owner: None,
        }
    }

    /// The same question, of which a no is heard too.
    #[must_use]
    pub fn otherwise(self, no: Say) -> Self {
        Self { no: Some(no), ..self }
    }

    fn no(&self) -> Outcome {
        self.no.clone().map_or(Outcome::Close, |no| Outcome::Chose(no, self.owner))
    }

    /// Whether what was typed is what must be typed.
    #[must_use]
    pub fn matches(&self) -> bool {
        matches!(&self.ladder, Ladder::Typed(wanted) if self.typed.text().trim() == wanted)
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Ladder::Typed(_) = self.ladder {
            self.typed.paste(text);
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::PageDown => self.top = (self.top + 10).min(self.card.len().saturating_sub(1)),
            KeyCode::PageUp => self.top = self.top.saturating_sub(10),
            _ => match self.ladder {
                Ladder::Yes => return self.plain(key),
                Ladder::Card => return self.card(key),
                Ladder::Typed(_) => return self.type_in(key),
            },
        }
        Outcome::Stay
    }

    fn plain(&self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Char('y' | 'Y') if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                self.yes()
            }
            _ if says_no(key) => self.no(),
            KeyCode::Enter => Outcome::Refused(String::from("y says yes, Esc says no")),
            _ => Outcome::Stay,
        }
    }

    fn card(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Tab | KeyCode::BackTab => self.on_yes = !self.on_yes,
            KeyCode::Left | KeyCode::Char('h') => self.on_yes = false,
            KeyCode::Right | KeyCode::Char('l') => self.on_yes = true,
            KeyCode::Down | KeyCode::Char('j') => {
                self.top = (self.top + 1).min(self.card.len().saturating_sub(1));
            }
            KeyCode::Up | KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::Enter if self.on_yes => return self.yes(),
            KeyCode::Enter => return self.no(),
            _ if says_no(key) => return self.no(),
            _ => {}
        }
        Outcome::Stay
    }

    fn type_in(&mut self, key: KeyEvent) -> Outcome {
        match self.typed.key(key) {
            LineEvent::Submit if self.matches() => self.yes(),
            LineEvent::Submit => match &self.ladder {
                Ladder::Typed(wanted) => {
                    Outcome::Refused(format!("type {wanted} to go on; Esc leaves everything as it is"))
                }
                Ladder::Yes | Ladder::Card => Outcome::Stay,
            },
            LineEvent::Cancel => self.no(),
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => Outcome::Stay,
        }
    }

    fn yes(&self) -> Outcome {
        Outcome::Chose(self.yes.clone(), self.owner)
    }
}

fn says_no(key: KeyEvent) -> bool {
    let ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    ctrl_c || matches!(key.code, KeyCode::Esc | KeyCode::Char('n' | 'q'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::keys::Action;

    fn asked(ladder: Ladder) -> Confirm {
        Confirm::new("Reboot 3 nodes?".into(), vec!["prod: 3".into()], ladder, Say::Shell(Action::QuitNow))
    }

    fn press(confirm: &mut Confirm, code: KeyCode) -> Outcome {
        confirm.key(KeyEvent::from(code))
    }

    const YES: Outcome = Outcome::Chose(Say::Shell(Action::QuitNow), None);

    #[test]
    fn enter_alone_never_says_yes() {
        for ladder in [Ladder::Yes, Ladder::Card, Ladder::Typed("3".into())] {
            let outcome = press(&mut asked(ladder.clone()), KeyCode::Enter);
            assert_ne!(outcome, YES, "{ladder:?}");
        }
    }

    #[test]
    fn one_node_takes_a_y() {
        assert_eq!(press(&mut asked(Ladder::Yes), KeyCode::Char('y')), YES);
        assert_eq!(press(&mut asked(Ladder::Yes), KeyCode::Esc), Outcome::Close);
    }

    #[test]
    fn a_card_begins_on_cancel_and_takes_a_move_and_enter() {
        let mut card = asked(Ladder::Card);
        assert_eq!(press(&mut card, KeyCode::Char('y')), Outcome::Stay);
        press(&mut card, KeyCode::Tab);
        assert_eq!(press(&mut card, KeyCode::Enter), YES);
    }

    #[test]
    fn many_nodes_take_the_very_count() {
        let mut typed = asked(Ladder::Typed("12".into()));
        press(&mut typed, KeyCode::Char('1'));
        assert!(matches!(press(&mut typed, KeyCode::Enter), Outcome::Refused(why) if why.contains("12")));
        press(&mut typed, KeyCode::Char('2'));
        assert_eq!(press(&mut typed, KeyCode::Enter), YES);
    }
}
