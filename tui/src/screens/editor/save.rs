//! Saving: what is asked first, the calls that it takes, and what a refusal means.

use pilothouse_api::documents::{CreateDocument, UpdateDocument, UpdateDocumentDefaultVersion};

use super::state::Editor;
use crate::effect::{CallError, Request};
use crate::route::Draft;
use crate::sheet::{Sheet, Word};

/// A field of what is asked before it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// What a new document is called.
    Name,
    /// What people call the version.
    Version,
    /// Whether the new version is the default one from then on.
    Default,
}

impl Word for Field {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Version => "Version name",
            Self::Default => "Default",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Name => "letters, digits and _ - . from 3 to 128; it cannot be changed later",
            Self::Version => "what people call this version, such as 2026-11-fix; may be empty",
            Self::Default => "what runs when no version is named; arrows choose",
        }
    }

    fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "such as restart-web",
            Self::Version | Self::Default => "",
        }
    }

    fn wrong(self, text: &str) -> Option<String> {
        let legal = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let reserved =
            ["aws-", "amazon", "amzn", "awseb"].iter().any(|begin| text.to_lowercase().starts_with(begin));
        match self {
            Self::Name if text.is_empty() => Some("say what it is called".to_owned()),
            Self::Name if text.len() < 3 => Some("at least 3 characters".to_owned()),
            Self::Name if reserved => Some("names of what is built in begin so: take another".to_owned()),
            Self::Name | Self::Version if !legal => {
                Some("only letters, digits and _ - . can stand in it".to_owned())
            }
            Self::Name | Self::Version if text.len() > 128 => Some("at most 128 characters".to_owned()),
            _ => None,
        }
    }
}

/// What is on its way to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Saving {
    /// The text.
    Text {
        /// The call.
        ticket: u32,
        /// The text as it was sent: what is typed meanwhile is not saved.
        text: String,
        /// The name of a new document.
        created: Option<String>,
        /// Whether it shall be the default version.
        make_default: bool,
    },
    /// Which version is the default one.
    Default {
        /// The call.
        ticket: u32,
        /// The version.
        version: String,
    },
}

impl Saving {
    pub(super) const fn ticket(&self) -> u32 {
        match self {
            Self::Text { ticket, .. } | Self::Default { ticket, .. } => *ticket,
        }
    }
}

/// What a refusal means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Somebody saved a newer version meanwhile.
    Outdated,
    /// Everything else, for people.
    Said(String),
}

/// What a refusal means, and what to do about it.
pub(super) fn refusal(error: &CallError) -> Refusal {
    let message = &error.message;
    Refusal::Said(match error.code.as_str() {
        "InvalidDocumentVersion" => return Refusal::Outdated,
        "DuplicateDocumentContent" => {
            format!("another version has exactly this text, so nothing was saved: {message}")
        }
        "DuplicateDocumentVersionName" => format!("take another version name: {message}"),
        "DocumentAlreadyExists" => format!("take another name: {message}"),
        CallError::UNREACHABLE => {
            format!("the server was not reached, so it may be saved or not; nothing typed is lost: {message}")
        }
        _ => message.clone(),
    })
}

impl Editor {
    /// What is asked before it is saved.
    pub(super) fn save_sheet(&self) -> Sheet<Field> {
        if self.is_new() {
            return self.create_sheet("Save a new document");
        }
        let newest = self.origin.newest.value();
        let next =
            newest.map_or_else(String::new, |it| format!(" as the one after version {}", it.latest_version));
        let default = newest.map_or_else(
            || "keep the default version".to_owned(),
            |it| format!("keep version {} as the default", it.default_version),
        );
        Sheet::new(format!("Save a new version of {}", self.name()), "Save it")
            .note(format!("{} {}{next}", self.kind, self.format().name()))
            .line(Field::Version, "")
            .one(Field::Default, &[&default, "make the new version the default"], 0)
    }

    /// What is asked before it becomes a document of its own.
    pub(super) fn create_sheet(&self, title: &str) -> Sheet<Field> {
        let mut sheet = Sheet::new(title, "Save it").note(format!("{} {}", self.kind, self.format().name()));
        if self.kind == "Package" {
            sheet = sheet.note(
                "Files of a package come with pilothouse package push DIR, which makes the document too.",
            );
        }
        sheet.line(Field::Name, "").line(Field::Version, "")
    }

    /// The call that saves it as the sheet says. `over` saves it after whatever version is the newest.
    pub(super) fn save(&mut self, ticket: u32, over: bool) -> Option<Request> {
        let sheet = self.sheet.as_ref()?;
        let (content, version_name) = (self.code.text(), sheet.said(Field::Version));
        let document_format = Some(self.format().name().to_owned());
        let created = sheet.said(Field::Name);
        let make_default = sheet.chosen(Field::Default) == 1;
        let text = content.clone();
        self.saving = Some(Saving::Text { ticket, text, created: created.clone(), make_default });
        Some(match created {
            Some(name) => Request::CreateDocument(CreateDocument {
                content,
                name,
                version_name,
                document_type: Some(self.kind.clone()),
                document_format,
                target_type: self.origin.newest.value().and_then(|it| it.target_type.clone()),
                ..CreateDocument::default()
            }),
            None => Request::UpdateDocument(UpdateDocument {
                content,
                name: self.name().to_owned(),
                version_name,
                document_version: Some(match &self.origin.replaces {
                    Some(version) if !over => version.clone(),
                    _ => "$LATEST".to_owned(),
                }),
                document_format,
                ..UpdateDocument::default()
            }),
        })
    }

    /// The call that makes a version the default one.
    pub(super) fn make_default(&mut self, version: &str, ticket: u32) -> Request {
        self.saving = Some(Saving::Default { ticket, version: version.to_owned() });
        Request::UpdateDocumentDefaultVersion(UpdateDocumentDefaultVersion {
            name: self.name().to_owned(),
            document_version: version.to_owned(),
        })
    }

    /// It was saved as this version: what is typed from now on is a change to it.
    pub(super) fn was_saved(&mut self, text: String, name: Option<String>, version: &str) {
        if let Some(name) = name {
            self.draft = Draft::Version { name, from: None };
        } else if let Draft::Version { from, .. } = &mut self.draft {
            *from = None;
        }
        self.saved = Some(text);
        self.origin.replaces = Some(version.to_owned());
        (self.sheet, self.typing) = (None, false);
    }
}
