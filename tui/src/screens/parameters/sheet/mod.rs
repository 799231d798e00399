//! A parameter being written: a new one, or a new version of one. Its value stands in the editor, the rest in lines and choices.
//!
//! In: what is typed, what is known of the parameter. Out: one call, and what is wrong on which field. What is typed is never lost by
//! one key; a value that becomes a SecureString is hidden unless it is asked for, and is wiped with the sheet.
//! Never here: the call itself, another parameter.

mod field;
mod mistakes;
mod policies;
mod put;
mod update;
mod view;

use pilothouse_api::protocol::Millis;
use pilothouse_api::tags::Tag;
use pilothouse_kit::code::{Code, Language};

pub(super) use field::{Field, Held, What, language_of};

use super::dossier::{Dossier, SECURE};
use super::value::Countdown;
use crate::screen::Input;
use crate::{tags, typed};

/// The most bytes of a value: the advanced tier's.
const MAX_VALUE: usize = 8192;
/// Types as they can be chosen.
const TYPES: [&str; 3] = ["String", "StringList", SECURE];
/// Tiers as they can be chosen; the first leaves it to the server.
const TIERS: [&str; 4] = ["as it is set up", "Standard", "Advanced", "Intelligent-Tiering"];
/// Data types as they can be chosen.
const DATA: [&str; 3] = ["text", "aws:ec2:image", "aws:ssm:integration"];

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A new parameter.
    New,
    /// A new version; this one was the newest when it was begun.
    Edit(Option<i64>),
}

/// What can be said to it.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetMsg {
    /// Something typed.
    Typed(Input),
    /// To the next field, or the one before.
    Step(bool),
    /// Put it.
    Save,
    /// Put it although somebody else put a version meanwhile.
    Overwrite,
    /// Show what is typed into a secret, for a while.
    Peek,
    /// Bring the old value of a secret in.
    Fetch,
    /// Another language for colours and checks.
    Language,
    /// To the next mistake in the text.
    Mistake,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Came {
    Nothing,
    /// This is to be called.
    Put(Box<pilothouse_api::parameters::PutParameter>),
    /// The old value is to be read.
    Fetch,
    /// It is to be asked whether somebody else's version is covered.
    AskOverwrite,
    /// It must be said.
    Say(String),
}

/// A parameter being written.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) kind: Kind,
    pub(super) fields: Vec<Field>,
    /// Which field has the keys.
    pub(super) at: usize,
    pub(super) code: Code,
    /// The text and the fields as they were when it was begun.
    begun: (u64, Vec<Held>),
    /// Until when what is typed into a secret is seen.
    peeks: Option<Countdown>,
    language: Option<Language>,
    tried: bool,
    /// What the server refused, on a field if it is about one.
    refused: Option<(Option<What>, String)>,
    /// The call under way.
    pub(super) asked: Option<u32>,
    /// The reading of the old value under way.
    pub(super) fetching: Option<u32>,
    /// Whether it was tried to leave it, or to put what is malformed.
    warned: Option<String>,
}

impl Sheet {
    /// A new parameter in a folder.
    pub(super) fn new(folder: &str) -> Self {
        let name = super::naming::below(folder, "");
        let fields = vec![
            Field::line(What::Name, &name),
            Field::one(What::Type, &TYPES, 0),
            Field::value(),
            Field::line(What::Description, ""),
            Field::one(What::Tier, &TIERS, 0),
            Field::one(What::Data, &DATA, 0),
            Field::line(What::Key, ""),
            Field::line(What::Pattern, ""),
            Field::line(What::Tags, ""),
            Field::line(What::Expires, ""),
            Field::line(What::Notice, ""),
            Field::line(What::Unchanged, ""),
        ];
        Self::begin(Kind::New, fields, "", 0)
    }

    /// A new version of a parameter, which begins as the newest one is. What is secret begins empty.
    pub(super) fn edit(of: &Dossier) -> Self {
        let metadata = of.metadata.get().cloned().unwrap_or_default();
        let known = |all: &[&str], text: &str| all.iter().position(|it| *it == text).unwrap_or(0);
        let policies = policies::Policies::read(&metadata.policies);
        let fields = vec![
            Field::fixed(What::Name, &of.name),
            Field::fixed(What::Type, &of.kind),
            Field::value(),
            Field::line(What::Description, metadata.description.as_deref().unwrap_or_default()),
            Field::one(What::Tier, &TIERS, 0),
            Field::one(What::Data, &DATA, known(&DATA, &metadata.data_type)),
            Field::line(What::Key, metadata.key_id.as_deref().unwrap_or_default()),
            Field::line(What::Pattern, metadata.allowed_pattern.as_deref().unwrap_or_default()),
            Field::line(What::Expires, &policies.expires),
            Field::line(What::Notice, &policies.notice),
            Field::line(What::Unchanged, &policies.unchanged),
        ];
        let text = if of.is_secret() { "" } else { of.value.text().unwrap_or_default() };
        Self::begin(Kind::Edit(of.version()), fields, text, 2)
    }

    fn begin(kind: Kind, fields: Vec<Field>, text: &str, at: usize) -> Self {
        let mut sheet = Self {
            kind,
            at,
            code: Code::new(Language::Plain, text).with_limit(MAX_VALUE),
            begun: (0, Vec::new()),
            fields,
            peeks: None,
            language: None,
            tried: false,
            refused: None,
            asked: None,
            fetching: None,
            warned: None,
        };
        sheet.code.go(0, 0);
        sheet.settle_language();
        sheet.begun = (sheet.code.revision(), sheet.held());
        sheet
    }

    fn held(&self) -> Vec<Held> {
        self.fields.iter().map(|field| field.held.clone()).collect()
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.text(What::Name)
    }

    /// What a field holds: its line, or what is chosen.
    pub(super) fn text(&self, what: What) -> &str {
        self.fields.iter().find(|field| field.what == what).map_or("", Field::text)
    }

    /// Whether what is typed becomes a secret.
    pub(super) fn is_secret(&self) -> bool {
        self.text(What::Type) == SECURE
    }

    /// Whether what is typed is seen.
    pub(super) fn is_seen(&self) -> bool {
        !self.is_secret() || self.peeks.is_some()
    }

    /// Whether something would be lost.
    pub(super) fn is_changed(&self) -> bool {
        self.code.revision() != self.begun.0 || self.held() != self.begun.1
    }

    /// Whether a field matters with what is chosen.
    pub(super) fn matters(&self, field: &Field) -> bool {
        field.what != What::Key || self.is_secret()
    }

    fn here(&self) -> Option<&Field> {
        self.fields.get(self.at)
    }

    pub(super) fn is_in_text(&self) -> bool {
        self.here().is_some_and(|field| field.what == What::Value)
    }

    /// What is secret is hidden.
    pub(super) fn hide(&mut self) {
        self.peeks = None;
    }

    /// Time passed.
    pub(super) fn tick(&mut self, now: Millis) {
        self.peeks.take_if(|countdown| !countdown.tick(now));
    }

    /// Seconds for which what is typed into a secret is still seen.
    pub(super) fn left(&self, now: Millis) -> Option<i64> {
        self.peeks.map(|countdown| countdown.left(now))
    }

    pub(super) fn wakes_at(&self) -> Option<Millis> {
        self.peeks.map(Countdown::next)
    }

    fn settle_language(&mut self) {
        let language = self.language.unwrap_or_else(|| language_of(self.name(), self.code.lines()));
        if language != self.code.language() {
            self.code.set_language(language);
        }
    }

    /// Tags as they are typed, for a new parameter.
    fn tags(&self) -> Result<Vec<Tag>, String> {
        let mut read = Vec::new();
        for word in typed::words(self.text(What::Tags)) {
            let (key, value) = tags::read(&word).map_err(|error| error.to_string())?;
            read.push(Tag { key, value });
        }
        Ok(read)
    }
}
