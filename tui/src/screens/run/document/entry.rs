//! One parameter, and what was typed for it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_api::language::{Display, ParameterError, ParameterKind, ParameterSpec};
use pilothouse_kit::code::{Code, Language};
use pilothouse_kit::input::Line;

use crate::screen::Input;

/// How it is filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Hand {
    /// One line.
    Line(Line),
    /// Several lines: a text, an entry of a list on each, or JSON.
    Text(Box<Code>),
    /// One of several values.
    Pick {
        /// All there are.
        values: Vec<String>,
        /// Which one it is.
        chosen: Option<usize>,
    },
}

impl Hand {
    fn text(code: Code) -> Self {
        Self::Text(Box::new(code))
    }
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its rules.
    pub spec: ParameterSpec,
    /// What was typed.
    pub hand: Hand,
    /// Whether something was typed since it was sent.
    pub touched: bool,
    /// What the server said against it as it stands.
    pub(super) refused: Option<String>,
    /// The rule that it breaks as it stands.
    broken: Option<String>,
}

impl Entry {
    /// A parameter that begins with what is given, or with its default.
    pub(super) fn new(spec: ParameterSpec, given: Option<&[String]>) -> Self {
        let begin = given.map(<[String]>::to_vec).or_else(|| spec.default_texts()).unwrap_or_default();
        let hand = match &spec.kind {
            ParameterKind::Boolean => pick(vec!["true".to_owned(), "false".to_owned()], &begin),
            ParameterKind::String | ParameterKind::Integer if !spec.allowed_values.is_empty() => {
                pick(spec.allowed_values.clone(), &begin)
            }
            ParameterKind::StringMap | ParameterKind::MapList => {
                Hand::text(Code::new(Language::Json, &pretty(&begin)))
            }
            kind if kind.is_list() => Hand::text(Code::new(language(&spec), &begin.join("\n"))),
            _ if spec.display == Some(Display::TextArea) => {
                Hand::text(Code::new(language(&spec), &begin.concat()))
            }
            // What a line cannot hold has more than one.
            _ if begin.iter().any(|text| text.contains('\n')) => {
                Hand::text(Code::new(Language::Plain, &begin.concat()))
            }
            _ => Hand::Line(Line::new(begin.concat())),
        };
        let mut entry = Self { spec, hand, touched: false, refused: None, broken: None };
        entry.broken = entry.judge();
        entry
    }

    /// Whether its text has several lines.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self.hand, Hand::Text(_))
    }

    /// Whether it must be filled in.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.spec.default.is_none()
    }

    /// The value as it stands, as texts; nothing while nothing was typed that could be meant.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<String>> {
        let is_list = self.spec.kind.is_list();
        let texts = match &self.hand {
            Hand::Pick { values, chosen } => vec![values.get((*chosen)?)?.clone()],
            Hand::Line(line) => vec![line.text().to_owned()],
            Hand::Text(code) if is_list => {
                let mut lines = code.lines().to_vec();
                while lines.last().is_some_and(|line| line.trim().is_empty()) {
                    lines.pop();
                }
                lines
            }
            Hand::Text(code) => vec![code.text()],
        };
        let is_empty = texts.iter().all(|text| text.trim().is_empty());
        // Nothing is a value only where something else would be the default.
        let means_default =
            self.spec.default_texts().is_none_or(|default| default.concat().trim().is_empty());
        let is_map = matches!(self.spec.kind, ParameterKind::StringMap | ParameterKind::MapList);
        let is_number = self.spec.kind == ParameterKind::Integer;
        (!is_empty || (!means_default && !is_map && !is_number)).then_some(texts)
    }

    /// The value, unless it is what the document says itself.
    #[must_use]
    pub fn given(&self) -> Option<Vec<String>> {
        let texts = self.texts()?;
        let is_default = self
            .spec
            .default_texts()
            .is_some_and(|default| texts == default || (texts.len() == 1 && pretty(&default) == texts[0]));
        (!is_default).then_some(texts)
    }

    /// What is wrong with it.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        self.refused.clone().or_else(|| self.broken.clone())
    }

    fn judge(&self) -> Option<String> {
        let given = self.given();
        match self.spec.check(given.as_deref()).err()? {
            ParameterError::Missing { .. } => Some("it is required".to_owned()),
            ParameterError::Illegal { must, .. } => Some(format!("it must {must}")),
            error @ ParameterError::Unknown { .. } => Some(error.to_string()),
        }
    }

    /// Takes what is typed; says whether there was room for it.
    pub(in super::super) fn take(&mut self, input: &Input) -> bool {
        let before = self.texts();
        let fits = match (&mut self.hand, input) {
            (Hand::Line(line), input) => {
                input.type_into(line);
                true
            }
            (Hand::Text(code), Input::Key(key)) => {
                code.key(*key);
                true
            }
            (Hand::Text(code), Input::Paste(text)) => code.paste(text),
            (Hand::Pick { values, chosen }, Input::Key(key)) => {
                choose(values, chosen, *key);
                true
            }
            (Hand::Pick { values, chosen }, Input::Paste(text)) => {
                *chosen = values.iter().position(|value| value == text.trim()).or(*chosen);
                true
            }
        };
        self.changed(before);
        fits
    }

    /// Takes a value of those that it may have.
    pub(in super::super) fn pick(&mut self, at: usize) {
        let before = self.texts();
        if let Hand::Pick { values, chosen } = &mut self.hand {
            *chosen = Some(at).filter(|at| *at < values.len()).or(*chosen);
        }
        self.changed(before);
    }

    fn changed(&mut self, before: Option<Vec<String>>) {
        if self.texts() != before {
            self.touched = true;
            self.refused = None;
            self.broken = self.judge();
        }
    }
}

fn pick(values: Vec<String>, begin: &[String]) -> Hand {
    let chosen = begin.first().and_then(|begin| values.iter().position(|value| value == begin));
    Hand::Pick { values, chosen }
}

/// Arrows and blanks go round, a letter to the next value that begins with it.
fn choose(values: &[String], chosen: &mut Option<usize>, key: KeyEvent) {
    let (all, at) = (values.len(), *chosen);
    let next = match key.code {
        KeyCode::Right | KeyCode::Char(' ') => at.map_or(0, |at| (at + 1) % all.max(1)),
        KeyCode::Left => at.map_or(all.saturating_sub(1), |at| (at + all - 1) % all.max(1)),
        KeyCode::Char(letter) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
            let from = at.map_or(0, |at| at + 1);
            let begins = |at: &usize| {
                values[*at].chars().next().is_some_and(|first| first.eq_ignore_ascii_case(&letter))
            };
            match (from..all).chain(0..from.min(all)).find(begins) {
                Some(next) => next,
                None => return,
            }
        }
        _ => return,
    };
    *chosen = Some(next).filter(|next| *next < all);
}

/// Lists of commands are most often scripts.
fn language(spec: &ParameterSpec) -> Language {
    let is_script = spec.kind.is_list() && spec.display == Some(Display::TextArea);
    if is_script { Language::Shell } else { Language::Plain }
}

/// JSON with its lines, or the texts as they are.
fn pretty(texts: &[String]) -> String {
    let text = texts.concat();
    let value = serde_json::from_str::<serde_json::Value>(&text).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(text)
}
