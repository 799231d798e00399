//! What a new document begins with, by its type.
//!
//! In: a type. Out: a text that is valid as it stands, with what is most often wanted in it.
//! Never here: what a document means.

use super::keys::Msg;
use crate::effect::{Choice, Effect};

/// AWS's name of a type, what it is for, and the text.
const TEMPLATES: [(&str, &str, &str); 5] = [
    ("Command", "steps that run on nodes (schema 2.2)", include_str!("command.yaml")),
    ("Automation", "steps that the server takes (schema 0.3)", include_str!("automation.yaml")),
    ("Session", "what a session is like (schema 1.0)", include_str!("session.json")),
    ("ChangeCalendar", "when changes may be made (iCalendar)", include_str!("calendar.ics")),
    (
        "Package",
        "files to install, by platform; pilothouse package push brings them",
        include_str!("package.json"),
    ),
];

/// The text for a type.
#[must_use]
pub fn text(kind: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(name, ..)| *name == kind).map(|(_, _, text)| *text)
}

/// The choice of a type.
#[must_use]
pub fn pick() -> Effect<Msg> {
    let items = TEMPLATES.map(|(kind, purpose, _)| Choice {
        detail: purpose.to_owned(),
        ..Choice::new(kind, Msg::Template(kind))
    });
    Effect::Pick { title: "New document".to_owned(), items: items.into() }
}

#[cfg(test)]
mod tests {
    use pilothouse_api::document::{Document, Format};

    use super::*;

    #[test]
    fn every_template_that_the_language_knows_is_valid() {
        for (kind, format) in
            [("Command", Format::Yaml), ("Automation", Format::Yaml), ("Session", Format::Json)]
        {
            let read = Document::parse(text(kind).unwrap(), format);
            assert!(read.is_ok(), "{kind}: {}", read.unwrap_err());
        }
    }
}
