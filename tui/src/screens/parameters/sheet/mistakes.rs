//! What is wrong with a sheet: before it is sent, and what the server said.

use pilothouse_api::protocol::Millis;
use pilothouse_document::{DocumentError, Format, convert};
use pilothouse_kit::code::{Gravity, Language, Mark};

use super::{Field, Kind, Sheet, What, policies};
use crate::screens::parameters::naming;

/// The most bytes of a value in the standard tier.
const MAX_STANDARD: usize = 4096;

impl Sheet {
    /// What is wrong with a field, if anything.
    pub(super) fn wrong(&self, field: &Field, now: Millis) -> Option<String> {
        let text = field.text();
        match field.what {
            What::Name if self.kind == Kind::New => naming::wrong(text),
            What::Value if self.code.bytes() == 0 => {
                Some("say what it holds: an empty value cannot be put".to_owned())
            }
            What::Value if self.code.bytes() > MAX_STANDARD && self.text(What::Tier) == "Standard" => {
                Some(format!("{} bytes are too many for the standard tier", self.code.bytes()))
            }
            What::Description if text.chars().count() > 1024 => Some("at most 1,024 characters".to_owned()),
            What::Pattern if text.chars().count() > 1024 => Some("at most 1,024 characters".to_owned()),
            What::Tags => self.tags().err(),
            What::Expires => policies::instant(text, now).err(),
            What::Notice if !text.is_empty() && self.text(What::Expires).is_empty() => {
                Some("it must expire for that".to_owned())
            }
            What::Notice | What::Unchanged => policies::span(text).err(),
            _ => None,
        }
    }

    /// What is not as its language wants it: line and column from 0, and why.
    pub(super) fn malformed(&self) -> Option<(usize, Option<usize>, String)> {
        if self.code.is_blank() {
            return None;
        }
        let text = zeroize::Zeroizing::new(self.code.text());
        match self.code.language() {
            Language::Json => {
                let error = serde_json::from_str::<serde::de::IgnoredAny>(&text).err()?;
                let why = error.to_string();
                // What serde_json says ends with where; the mark says that better.
                let why = why.rsplit_once(" at line ").map_or(why.clone(), |(why, _)| why.to_owned());
                Some((error.line().saturating_sub(1), error.column().checked_sub(1), why))
            }
            Language::Yaml => match convert(&text, Format::Yaml, Format::Json).err()? {
                DocumentError::Syntax { line, column, what } => {
                    Some((line.saturating_sub(1), column.checked_sub(1), what))
                }
                other => Some((0, None, other.to_string())),
            },
            _ => None,
        }
    }

    /// Marks for the editor.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let mark = |(line, column, message)| Mark { line, column, gravity: Gravity::Error, message };
        self.malformed().map(mark).into_iter().collect()
    }
}

/// The field that a refusal is about.
pub(super) fn about(code: &str, message: &str) -> Option<What> {
    Some(match code {
        "ParameterAlreadyExists"
        | "HierarchyLevelLimitExceededException"
        | "HierarchyTypeMismatchException" => What::Name,
        "ParameterPatternMismatchException" | "ParameterMaxVersionLimitExceeded" => What::Value,
        "InvalidAllowedPatternException" => What::Pattern,
        "InvalidKeyId" => What::Key,
        "UnsupportedParameterType" => What::Type,
        "InvalidPolicyTypeException"
        | "InvalidPolicyAttributeException"
        | "PoliciesLimitExceededException"
        | "IncompatiblePolicyException" => What::Expires,
        "TooManyTagsError" => What::Tags,
        _ => {
            let message = message.to_lowercase();
            let words = [
                ("tier", What::Tier),
                ("data type", What::Data),
                ("datatype", What::Data),
                ("'name'", What::Name),
                ("parameter name", What::Name),
                ("'value'", What::Value),
                ("'tags", What::Tags),
            ];
            words.into_iter().find(|(word, _)| message.contains(word))?.1
        }
    })
}
