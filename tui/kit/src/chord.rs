//! Keys by name: `g g`, `Ctrl-d`, `Space`, `?`. The same key has one name, whatever the terminal calls it.
//!
//! In: names from tables and from the user's file, key events. Out: presses that can be compared.
//! Never here: what a key does.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::{Deserialize, Serialize};

/// One key press, in the one form that all events of this key have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Hash)]
pub struct Press {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Press {
    /// What was pressed. Terminals differ on whether a capital comes with Shift, on Ctrl with punctuation and on
    /// backward tab; all of that is evened out.
    #[must_use]
    pub fn of(key: KeyEvent) -> Self {
        Self::normal(key.code, key.modifiers)
    }

    /// The key that is this press.
    #[must_use]
    pub fn key(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let shift = modifiers.contains(KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::Char(char) if modifiers.contains(KeyModifiers::CONTROL) => {
                modifiers.remove(KeyModifiers::SHIFT);
                let code = control(char);
                if !matches!(code, KeyCode::Char(_)) {
                    modifiers.remove(KeyModifiers::CONTROL);
                }
                code
            }
            KeyCode::Char(char) => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::Char(if shift { capital(char) } else { char })
            }
            KeyCode::BackTab => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            KeyCode::Tab if shift => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::BackTab
            }
            other => other,
        };
        Self { code, modifiers }
    }
}

/// A terminal sends the same byte for some keys with Ctrl; these are the names we keep.
fn control(char: char) -> KeyCode {
    match char.to_ascii_lowercase() {
        'i' => KeyCode::Tab,
        'm' => KeyCode::Enter,
        '[' | '3' => KeyCode::Esc,
        '4' => KeyCode::Char('\\'),
        '5' => KeyCode::Char(']'),
        '6' => KeyCode::Char('^'),
        '7' | '/' => KeyCode::Char('_'),
        '2' | '@' => KeyCode::Char(' '),
        other => KeyCode::Char(other),
    }
}

fn capital(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => char,
    }
}

/// Names of keys that are not a character.
const NAMED: [(&str, KeyCode); 18] = [
    ("Space", KeyCode::Char(' ')),
    ("Comma", KeyCode::Char(',')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backtab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Null", KeyCode::Null),
];

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT), ("Shift-", KeyModifiers::SHIFT)];

impl FromStr for Press {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((prefix, modifier)) = MODIFIERS.iter().find(|(prefix, _)| starts_with(rest, prefix)) {
            rest = &rest[prefix.len()..];
            modifiers |= *modifier;
        }
        code(rest)
            .map(|code| Self::normal(code, modifiers))
            .ok_or_else(|| ChordError { key: text.to_owned() })
    }
}

/// With something after it: `Ctrl--` is Ctrl and minus.
fn starts_with(text: &str, prefix: &str) -> bool {
    text.len() > prefix.len()
        && text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn code(name: &str) -> Option<KeyCode> {
    let mut chars = name.chars();
    if let (Some(char), None) = (chars.next(), chars.next()) {
        return (!char.is_control() && !char.is_whitespace()).then_some(KeyCode::Char(char));
    }
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*code);
    }
    let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
    (1..=24).contains(&number).then_some(KeyCode::F(number))
}

impl fmt::Display for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (prefix, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                f.write_str(prefix)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(char) => write!(f, "{char}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{key:?} is no key; write such as \"g\", \"Ctrl-d\", \"Space\", \"Comma\", \"PgDn\", \"F5\", or several with blanks between"
)]
pub struct ChordError {
    /// What was written.
    pub key: String,
}

/// One press, or several one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Chord(Box<[Press]>);

impl Chord {
    /// The presses, at least one.
    #[must_use]
    pub fn presses(&self) -> &[Press] {
        &self.0
    }

    /// Reads alternatives: `"j, Down"`.
    ///
    /// # Errors
    /// [`ChordError`] names the first that is no key.
    pub fn alternatives(text: &str) -> Result<Vec<Self>, ChordError> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let presses = text.split_whitespace().map(str::parse).collect::<Result<Box<[Press]>, _>>()?;
        if presses.is_empty() {
            return Err(ChordError { key: text.to_owned() });
        }
        Ok(Self(presses))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, press) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            press.fmt(f)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Chord {
    type Error = ChordError;

    fn try_from(text: String) -> Result<Self, ChordError> {
        text.parse()
    }
}

impl From<Chord> for String {
    fn from(chord: Chord) -> Self {
        chord.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(code: KeyCode, modifiers: KeyModifiers) -> String {
        Press::of(KeyEvent::new(code, modifiers)).to_string()
    }

    #[test]
    fn a_key_has_one_name_whatever_the_terminal_calls_it() {
        let (none, shift, control) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        for (code, modifiers, wanted) in [
            (KeyCode::Char('G'), shift, "G"),
            (KeyCode::Char('G'), none, "G"),
            (KeyCode::Char('g'), shift, "G"),
            (KeyCode::Char('?'), shift, "?"),
            (KeyCode::Char('?'), none, "?"),
            (KeyCode::Char('ß'), shift, "ß"),
            (KeyCode::Char('D'), control | shift, "Ctrl-d"),
            (KeyCode::Char('5'), control, "Ctrl-]"),
            (KeyCode::Char('7'), control, "Ctrl-_"),
            (KeyCode::Char('i'), control, "Tab"),
            (KeyCode::Char('m'), control, "Enter"),
            (KeyCode::Char('['), control, "Esc"),
            (KeyCode::Char(' '), control, "Ctrl-Space"),
            (KeyCode::Tab, shift, "Backtab"),
            (KeyCode::BackTab, shift, "Backtab"),
            (KeyCode::BackTab, none, "Backtab"),
            (KeyCode::Char(' '), none, "Space"),
            (KeyCode::Char(','), none, "Comma"),
            (KeyCode::Up, shift, "Shift-Up"),
            (KeyCode::F(5), none, "F5"),
            (KeyCode::Char('x'), KeyModifiers::ALT, "Alt-x"),
            (KeyCode::Char('q'), KeyModifiers::SUPER, "q"),
        ] {
            assert_eq!(name(code, modifiers), wanted, "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn a_name_that_is_read_and_said_is_the_same_key() {
        for text in [
            "g g",
            "Ctrl-d",
            "Space",
            "Comma",
            "?",
            "G",
            "PgDn",
            "Ctrl-]",
            "Ctrl--",
            "-",
            "+",
            "|",
            "F12",
            "Alt-Enter",
            "日",
        ] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
        for (loose, strict) in [
            ("ctrl-D", "Ctrl-d"),
            ("pgdn", "PgDn"),
            ("Shift-g", "G"),
            ("  g   g ", "g g"),
            ("Shift-Tab", "Backtab"),
        ] {
            assert_eq!(loose.parse::<Chord>().unwrap().to_string(), strict);
        }
        let chord: Chord = serde_json::from_str("\"g Ctrl-x\"").unwrap();
        assert_eq!(serde_json::to_string(&chord).unwrap(), "\"g Ctrl-x\"");
    }

    #[test]
    fn what_is_no_key_is_named() {
        for text in ["", "gg", "Ctrl-", "Hyper-x", "F0", "F99", "\u{7}"] {
            assert!(text.parse::<Chord>().is_err(), "{text:?}");
        }
        let error = "g Ctlr-x".parse::<Chord>().unwrap_err();
        assert!(error.to_string().starts_with("\"Ctlr-x\" is no key"));
        assert_eq!(Chord::alternatives("j, Down").unwrap().len(), 2);
        assert!(Chord::alternatives("j,").is_err(), "the comma key is Comma");
    }
}
