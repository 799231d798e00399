//! What is wrong, with its place.

use cedar_policy::ffi::DetailedError;
use pilothouse_api::access::{Finding, Severity};

use super::schema::{Action, actions};
use super::text::place;

/// Something of our own to say about a byte of a text.
pub(super) fn finding(text: &str, at: usize, severity: Severity, message: impl Into<String>) -> Finding {
    let (line, column) = place(text, at);
    Finding { line, column, message: message.into(), help: None, severity }
}

/// What Cedar says, with its first label's place; else that of the statement it is about.
pub(super) fn told(text: &str, error: &DetailedError, severity: Severity) -> Finding {
    let at = first_byte(error);
    let message = match error.message.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, ")) {
        Some((_, message)) => message.to_owned(),
        None => error.message.clone(),
    };
    let help = meant(&message).or_else(|| error.help.clone());
    Finding { help, ..finding(text, at, severity, message) }
}

/// Where an error begins.
pub(super) fn first_byte(error: &DetailedError) -> usize {
    error.source_locations.first().map_or(0, |label| label.loc.start)
}

/// Cedar's own guess looks at the length first, and takes `ssm` for a misspelt `ssm:SendComand`.
fn meant(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unrecognized action `Pilothouse::Action::\"")?;
    let (said, _) = rest.split_once("\"`")?;
    let near = |action: &&Action| distance(said, action.name);
    let nearest = actions().iter().min_by_key(near).filter(|it| distance(said, it.name) <= said.len() / 3)?;
    Some(format!("did you mean `Pilothouse::Action::\"{}\"`?", nearest.name))
}

/// How many letters to add, strike or change.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
