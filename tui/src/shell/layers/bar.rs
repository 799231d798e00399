//! The command bar: one line with completion and history.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::input::{Line, LineEvent};

use super::Outcome;

/// The most lines that are remembered.
pub const MAX_HISTORY: usize = 200;

/// What was typed before, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    lines: Vec<String>,
}

impl History {
    /// What is remembered from before.
    #[must_use]
    pub fn new(lines: Vec<String>) -> Self {
        let mut history = Self::default();
        lines.iter().for_each(|line| history.push(line));
        history
    }

    /// Remembers a line, once.
    pub fn push(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        self.lines.retain(|old| old != line);
        self.lines.push(line.to_owned());
        let over = self.lines.len().saturating_sub(MAX_HISTORY);
        self.lines.drain(..over);
    }

    /// All of it, the oldest first.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// A completion of the word before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The word.
    pub word: String,
    /// More about it, muted.
    pub detail: String,
}

/// The command bar, open.
pub struct CommandBar {
    /// What is typed.
    pub line: Line,
    /// What the word before the cursor could become.
    pub completions: Vec<Completion>,
    /// Which of them stands in the line now.
    pub chosen: Option<usize>,
    past: Vec<String>,
    /// How far back in the past, and what was typed before going there.
    back: Option<(usize, String)>,
}

impl CommandBar {
    /// A bar that holds `text`.
    #[must_use]
    pub fn new(text: &str, history: &History) -> Self {
        let past = history.lines.clone();
        Self { line: Line::new(text), completions: Vec::new(), chosen: None, past, back: None }
    }

    /// Offers these from now on.
    pub fn offer(&mut self, completions: Vec<Completion>) {
        self.completions = completions;
        self.chosen = None;
    }

    pub(super) fn paste(&mut self, text: &str) -> Outcome {
        self.line.paste(text);
        Outcome::Complete
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Tab => self.complete(1),
            KeyCode::BackTab => self.complete(-1),
            KeyCode::Up => self.remember(true),
            KeyCode::Down => self.remember(false),
            KeyCode::Char('p') if control => self.remember(true),
            KeyCode::Char('n') if control => self.remember(false),
            KeyCode::Backspace if self.line.is_empty() => return Outcome::Close,
            _ => match self.line.key(key) {
                LineEvent::Changed => {
                    self.back = None;
                    return Outcome::Complete;
                }
                LineEvent::Moved => return Outcome::Complete,
                LineEvent::Submit => return Outcome::Typed(self.line.text().to_owned()),
                LineEvent::Cancel => return Outcome::Close,
                LineEvent::Ignored => {}
            },
        }
        Outcome::Stay
    }

    /// Puts the next completion in place of the word before the cursor.
    fn complete(&mut self, by: isize) {
        let n = self.completions.len();
        if n == 0 {
            return;
        }
        let next = match self.chosen {
            None if by > 0 => 0,
            None => n - 1,
            Some(at) => (at + n).saturating_add_signed(by) % n,
        };
        let word_at = self.line.before().rfind(' ').map_or(0, |at| at + 1);
        let start = &self.line.text()[..word_at];
        let text = format!("{start}{}", self.completions[next].word);
        self.line.set(text);
        self.chosen = Some(next);
    }

    /// Goes through what was typed before and begins like what is typed now.
    fn remember(&mut self, older: bool) {
        let (at, typed) = self.back.take().unwrap_or_else(|| (self.past.len(), self.line.text().to_owned()));
        let begins = |line: &String| line.starts_with(&typed);
        let found = if older {
            self.past[..at].iter().rposition(begins)
        } else {
            self.past.get(at + 1..).and_then(|rest| rest.iter().position(begins)).map(|n| n + at + 1)
        };
        match found {
            Some(to) => {
                self.line.set(self.past[to].clone());
                self.back = Some((to, typed));
            }
            None if older => self.back = (at < self.past.len()).then_some((at, typed)),
            None => self.line.set(typed),
        }
        self.offer(Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(text: &str) -> CommandBar {
        CommandBar::new(
            text,
            &History::new(["nodes @prod", "commands", "nodes @dev"].map(String::from).to_vec()),
        )
    }

    fn press(bar: &mut CommandBar, code: KeyCode) -> Outcome {
        bar.key(KeyEvent::from(code))
    }

    #[test]
    fn up_brings_back_what_began_the_same_way_and_down_returns() {
        let mut bar = bar("nodes");
        press(&mut bar, KeyCode::Up);
        assert_eq!(bar.line.text(), "nodes @dev");
        press(&mut bar, KeyCode::Up);
        assert_eq!(bar.line.text(), "nodes @prod");
        press(&mut bar, KeyCode::Up);
        assert_eq!(bar.line.text(), "nodes @prod", "there is nothing older");
        press(&mut bar, KeyCode::Down);
        press(&mut bar, KeyCode::Down);
        assert_eq!(bar.line.text(), "nodes");
    }

    #[test]
    fn tab_goes_round_the_completions_of_the_last_word() {
        let mut bar = bar("node we");
        let words = ["web-01", "web-02"].map(|word| Completion { word: word.into(), detail: String::new() });
        bar.offer(words.to_vec());
        press(&mut bar, KeyCode::Tab);
        assert_eq!(bar.line.text(), "node web-01");
        press(&mut bar, KeyCode::Tab);
        assert_eq!(bar.line.text(), "node web-02");
        press(&mut bar, KeyCode::Tab);
        assert_eq!(bar.line.text(), "node web-01");
    }

    #[test]
    fn backspace_on_nothing_closes_it() {
        assert_eq!(press(&mut bar(""), KeyCode::Backspace), Outcome::Close);
    }

    #[test]
    fn a_line_is_remembered_once_and_the_oldest_go() {
        let mut history = History::new(vec!["a".into(), "b".into(), "a".into()]);
        assert_eq!(history.lines(), ["b", "a"]);
        (0..MAX_HISTORY).for_each(|n| history.push(&n.to_string()));
        assert_eq!(history.lines().len(), MAX_HISTORY);
        assert!(!history.lines().contains(&"a".to_owned()));
    }
}
