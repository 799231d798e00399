//! A line that is typed: the labels of a version, or the tags. All of them stand in it; what is taken out of it goes.

use std::collections::BTreeSet;

use pilothouse_api::parameters::{LabelParameterVersion, UnlabelParameterVersion, VersionBlame};
use pilothouse_api::tags::{AddTagsToResource, RemoveTagsFromResource, Tag};
use pilothouse_kit::input::Line;

use super::super::dossier::KIND;
use crate::effect::Request;
use crate::errand::Step;
use crate::{tags, typed, words};

/// The most labels of a version.
const MAX_LABELS: usize = 10;

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The labels of this version, which are these.
    Labels(i64, Vec<String>),
    /// The tags, which are these.
    Tags(Vec<Tag>),
}

/// A line that is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypedLine {
    pub(super) ask: Ask,
    pub(super) line: Line,
    pub(super) wrong: Option<String>,
}

impl TypedLine {
    /// The labels of a version.
    pub(super) fn labels(version: &VersionBlame) -> Self {
        let ask = Ask::Labels(version.version, version.labels.clone());
        Self { ask, line: Line::new(spaced(&version.labels)), wrong: None }
    }

    /// The tags.
    pub(super) fn tags(tags: &[Tag]) -> Self {
        let text: Vec<String> = tags
            .iter()
            .map(|tag| {
                let quotes = if tag.value.contains(' ') || tag.value.is_empty() { "\"" } else { "" };
                format!("{}={quotes}{}{quotes}", tag.key, tag.value)
            })
            .collect();
        Self { ask: Ask::Tags(tags.to_vec()), line: Line::new(spaced(&text)), wrong: None }
    }

    pub(super) fn label(&self) -> String {
        match &self.ask {
            Ask::Labels(version, _) => format!("labels of version {version}: "),
            Ask::Tags(_) => "tags: ".to_owned(),
        }
    }

    pub(super) const fn hint(&self) -> &'static str {
        match &self.ask {
            Ask::Labels(..) => "live canary; a label that stands on another version moves here",
            Ask::Tags(_) => "env=staging owner=\"the on-call team\"",
        }
    }

    /// What is to be done so that it is as it is typed.
    pub(super) fn steps(&self, name: &str, versions: &[VersionBlame]) -> Result<Vec<Step>, String> {
        let words = typed::words(self.line.text());
        match &self.ask {
            Ask::Labels(version, before) => labels(name, *version, before, words, versions),
            Ask::Tags(before) => change_tags(name, before, &words),
        }
    }
}

fn spaced(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!("{} ", words.join(" ")) }
}

fn labels(
    name: &str,
    version: i64,
    before: &[String],
    words: Vec<String>,
    versions: &[VersionBlame],
) -> Result<Vec<Step>, String> {
    if let Some(wrong) = words.iter().find_map(|label| wrong(label)) {
        return Err(wrong);
    }
    let (before, after): (BTreeSet<String>, BTreeSet<String>) =
        (before.iter().cloned().collect(), words.into_iter().collect());
    if after.len() > MAX_LABELS {
        return Err(format!("a version has at most {MAX_LABELS} labels"));
    }
    let (gone, new): (Vec<String>, Vec<String>) =
        (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect());
    let mut steps = Vec::new();
    if !gone.is_empty() {
        let done = format!("{} taken from version {version}", gone.join(", "));
        let labels = gone;
        let request = UnlabelParameterVersion { name: name.to_owned(), parameter_version: version, labels };
        steps.push(Step::new(Request::UnlabelParameterVersion(request), done));
    }
    if !new.is_empty() {
        let from = |label: &String| {
            let on = versions.iter().find(|it| it.version != version && it.labels.contains(label));
            on.map_or_else(|| label.clone(), |it| format!("{label} (from {})", it.version))
        };
        let done = format!("{} on version {version}", new.iter().map(from).collect::<Vec<_>>().join(", "));
        let (name, parameter_version) = (name.to_owned(), Some(version));
        let request = LabelParameterVersion { name, parameter_version, labels: new };
        steps.push(Step::new(Request::LabelParameterVersion(request), done));
    }
    Ok(steps)
}

/// What is wrong with a label.
fn wrong(label: &str) -> Option<String> {
    let lower = label.to_ascii_lowercase();
    let fault = label.chars().find(|c| !(c.is_ascii_alphanumeric() || "_.-".contains(*c)));
    if let Some(char) = fault {
        Some(format!("{char:?} cannot stand in a label: letters, digits and _ . - can"))
    } else if label.starts_with(|c: char| c.is_ascii_digit()) {
        Some(format!("{label}: a label begins with no digit"))
    } else if lower.starts_with("aws") || lower.starts_with("ssm") {
        Some("labels that begin with aws or ssm are reserved".to_owned())
    } else if label.len() > 100 {
        Some("a label has at most 100 characters".to_owned())
    } else {
        None
    }
}

fn change_tags(name: &str, before: &[Tag], words: &[String]) -> Result<Vec<Step>, String> {
    let mut after = Vec::new();
    for word in words {
        let (key, value) = tags::read(word).map_err(|error| error.to_string())?;
        after.push(Tag { key, value });
    }
    if after.len() > tags::MAX_TAGS {
        return Err(format!("at most {} tags", tags::MAX_TAGS));
    }
    let set: Vec<Tag> = after.iter().filter(|tag| !before.contains(tag)).cloned().collect();
    let gone = before.iter().filter(|tag| !after.iter().any(|it| it.key == tag.key));
    let gone: Vec<String> = gone.map(|tag| tag.key.clone()).collect();
    let (resource_type, resource_id) = (KIND.to_owned(), name.to_owned());
    let count = |n: usize| words::count(n as u64, "tag");
    let mut steps = Vec::new();
    if !set.is_empty() {
        let done = format!("{} set", count(set.len()));
        let request = AddTagsToResource {
            resource_type: resource_type.clone(),
            resource_id: resource_id.clone(),
            tags: set,
        };
        steps.push(Step::new(Request::AddTagsToResource(request), done));
    }
    if !gone.is_empty() {
        let done = format!("{} removed", count(gone.len()));
        let request = RemoveTagsFromResource { resource_type, resource_id, tag_keys: gone };
        steps.push(Step::new(Request::RemoveTagsFromResource(request), done));
    }
    Ok(steps)
}
