//! References to the parameter store, `{{ssm:name}}`, as data: the server resolves them, under the caller's permission.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fill::{names, whole};
use crate::rules::texts_of;
use crate::{Body, Document};

/// A parameter of the parameter store. Written as text it is what stands behind `ssm:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SsmReference {
    /// Its name, path or ARN.
    pub name: String,
    /// Which of its versions.
    pub selector: Selector,
}

/// Which version of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// The latest.
    Latest,
    /// The one of this number.
    Version(u64),
    /// The one with this label.
    Label(String),
}

/// What the parameter store says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SsmValue {
    /// A String.
    Text(String),
    /// A StringList.
    List(Vec<String>),
}

/// What references stand for.
pub type Resolved = BTreeMap<SsmReference, SsmValue>;

impl fmt::Display for SsmReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Selector::Latest => f.write_str(&self.name),
            Selector::Version(version) => write!(f, "{}:{version}", self.name),
            Selector::Label(label) => write!(f, "{}:{label}", self.name),
        }
    }
}

impl From<SsmReference> for String {
    fn from(reference: SsmReference) -> Self {
        reference.to_string()
    }
}

impl TryFrom<String> for SsmReference {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::named(&text).ok_or_else(|| format!("{text:?} names no parameter"))
    }
}

impl fmt::Display for SsmValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(list) => f.write_str(&list.join(",")),
        }
    }
}

/// The entries of a StringList's text: separated by commas, which quotes protect.
#[must_use]
pub fn split_list(text: &str) -> Vec<String> {
    let (mut entries, mut entry, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match c {
            ',' if quote.is_none() => entries.push(std::mem::take(&mut entry)),
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            c => entry.push(c),
        }
    }
    entries.push(entry);
    entries.iter().map(|entry| entry.trim().to_owned()).collect()
}

impl SsmReference {
    /// Reads what stands between the braces of a placeholder; `None` if that is no reference to the store.
    #[must_use]
    pub fn read(inside: &str) -> Option<Self> {
        Self::named(inside.trim().strip_prefix("ssm:")?)
    }

    /// Reads what stands behind `ssm:`.
    fn named(text: &str) -> Option<Self> {
        let name = text.trim();
        let is_legal = |c: char| c.is_ascii_alphanumeric() || "/_.:-".contains(c);
        if name.is_empty() || !name.chars().all(is_legal) {
            return None;
        }
        let (name, selector) = match name.rsplit_once(':') {
            // What stands behind the last colon of an ARN is a path.
            Some((name, selector)) if !name.is_empty() && !selector.is_empty() && !selector.contains('/') => {
                let selector =
                    selector.parse().map_or_else(|_| Selector::Label(selector.to_owned()), Selector::Version);
                (name, selector)
            }
            _ => (name, Selector::Latest),
        };
        Some(Self { name: name.to_owned(), selector })
    }

    /// The reference that a text consists of.
    pub(crate) fn whole(text: &str) -> Option<Self> {
        Self::read(whole(text)?)
    }
}

/// Whether a text refers to the store.
pub(crate) fn is_in(text: &str) -> bool {
    names(text).into_iter().any(|name| SsmReference::read(name).is_some())
}

/// The first text of a tree that refers to the store.
pub(crate) fn first_in(tree: &Value) -> Option<&str> {
    match tree {
        Value::String(text) => is_in(text).then_some(text),
        Value::Array(list) => list.iter().find_map(first_in),
        Value::Object(map) => map.values().find_map(first_in),
        _ => None,
    }
}

fn add_text(text: &str, to: &mut BTreeSet<SsmReference>) {
    to.extend(names(text).into_iter().filter_map(SsmReference::read));
}

fn add(tree: &Value, to: &mut BTreeSet<SsmReference>) {
    match tree {
        Value::String(text) => add_text(text, to),
        Value::Array(list) => list.iter().for_each(|value| add(value, to)),
        Value::Object(map) => map.values().for_each(|value| add(value, to)),
        _ => {}
    }
}

/// The references in a document's inputs, in the values given, and in the defaults of what is not given.
pub(crate) fn of_document(
    document: &Document,
    given: &BTreeMap<String, Vec<String>>,
) -> BTreeSet<SsmReference> {
    let mut found = BTreeSet::new();
    for spec in &document.parameters {
        let defaults = || spec.default.as_ref().map(|value| texts_of(spec, value)).unwrap_or_default();
        let texts = given.get(&spec.name).cloned().unwrap_or_else(defaults);
        texts.iter().for_each(|text| add_text(text, &mut found));
    }
    match &document.body {
        Body::Command(steps) => steps.iter().for_each(|step| add(&step.inputs, &mut found)),
        // In a runbook only parameters can refer to the store.
        Body::Runbook(_) => {}
        Body::Session(session) => {
            session.inputs.values().chain(session.properties.values()).for_each(|it| add(it, &mut found));
        }
    }
    found
}
