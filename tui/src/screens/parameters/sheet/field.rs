//! The fields of the sheet.

use crossterm::event::{KeyCode, KeyEvent};
use pilothouse_kit::code::Language;
use pilothouse_kit::input::{Line, LineEvent};

use crate::screen::Input;

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum What {
    Name,
    Type,
    Value,
    Description,
    Tier,
    Data,
    Key,
    Pattern,
    Tags,
    Expires,
    Notice,
    Unchanged,
}

impl What {
    /// What stands before it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Type => "Type",
            Self::Value => "Value",
            Self::Description => "Description",
            Self::Tier => "Tier",
            Self::Data => "Data type",
            Self::Key => "Key",
            Self::Pattern => "Pattern",
            Self::Tags => "Tags",
            Self::Expires => "Expires",
            Self::Notice => "Warn before",
            Self::Unchanged => "Warn unchanged",
        }
    }

    /// What it means, in a line.
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Name => "levels by slashes: letters, digits and _ . - in between",
            Self::Type => "arrows choose; a SecureString is sealed, and it stays what it is",
            Self::Value => "Ctrl-s puts it, Ctrl-l another language, Ctrl-g next mistake",
            Self::Description => "for people, up to 1,024 characters",
            Self::Tier => "up to 4 KiB in the standard tier, 8 KiB and policies in the advanced one",
            Self::Data => "what the value must look like",
            Self::Key => "what it is sealed under; alias/aws/ssm if nothing is said",
            Self::Pattern => "a regular expression that this and later values must match",
            Self::Tags => "key=value key=\"another value\"",
            Self::Expires => "2026-12-31 or 90d from now: it is deleted then; advanced tier",
            Self::Notice => "15d: an event so long before it expires",
            Self::Unchanged => "60d: an event when it did not change for so long",
        }
    }

    /// What it is when nothing is typed.
    pub(super) const fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "such as /staging/db/password",
            Self::Expires => "never",
            Self::Notice | Self::Unchanged => "no",
            Self::Key => "alias/aws/ssm",
            Self::Pattern => "any",
            Self::Tags => "such as env=staging",
            _ => "",
        }
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Held {
    /// What is typed.
    Line(Line),
    /// One of several.
    One(Vec<&'static str>, usize),
    /// What cannot be changed.
    Fixed(String),
    /// The text in the editor.
    Text,
}

/// A field and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Field {
    pub(super) what: What,
    pub(super) held: Held,
}

impl Field {
    pub(super) fn line(what: What, text: &str) -> Self {
        Self { what, held: Held::Line(Line::new(text)) }
    }

    pub(super) fn one(what: What, options: &[&'static str], at: usize) -> Self {
        Self { what, held: Held::One(options.to_vec(), at) }
    }

    pub(super) fn fixed(what: What, text: &str) -> Self {
        Self { what, held: Held::Fixed(text.to_owned()) }
    }

    pub(super) const fn value() -> Self {
        Self { what: What::Value, held: Held::Text }
    }

    pub(super) const fn is_fixed(&self) -> bool {
        matches!(self.held, Held::Fixed(_))
    }

    /// Its line, or what is chosen.
    pub(super) fn text(&self) -> &str {
        match &self.held {
            Held::Line(line) => line.text().trim(),
            Held::One(options, at) => options.get(*at).copied().unwrap_or_default(),
            Held::Fixed(text) => text,
            Held::Text => "",
        }
    }

    pub(super) fn take(&mut self, input: &Input) -> LineEvent {
        match (&mut self.held, input) {
            (Held::Line(line), input) => input.type_into(line),
            (Held::One(options, at), Input::Key(key)) => choose(options.len(), at, *key),
            _ => LineEvent::Ignored,
        }
    }
}

fn choose(options: usize, at: &mut usize, key: KeyEvent) -> LineEvent {
    let by = match key.code {
        KeyCode::Enter => return LineEvent::Submit,
        KeyCode::Left | KeyCode::Char('h') => options.saturating_sub(1),
        KeyCode::Right | KeyCode::Char('l' | ' ') => 1,
        _ => return LineEvent::Ignored,
    };
    *at = (*at + by) % options.max(1);
    LineEvent::Changed
}

/// The language that a value is written in, by its name or by how it begins.
pub(in super::super) fn language_of(name: &str, lines: &[String]) -> Language {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    let first = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default();
    if ends(&[".json", "-json", "_json"])
        || first.starts_with('{')
        || first.starts_with("[\"")
        || first == "["
    {
        Language::Json
    } else if ends(&[".yaml", ".yml", "-yaml", "_yaml"]) || first == "---" {
        Language::Yaml
    } else {
        Language::Plain
    }
}

/// What it is called.
pub(in super::super) const fn language_name(language: Language) -> &'static str {
    match language {
        Language::Json => "JSON",
        Language::Yaml => "YAML",
        _ => "plain text",
    }
}
