//! Filters of ListDocuments: what they may say, and of what they hold.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::documents::ListDocuments;
use pilothouse_store::documents::{DocumentRecord, VersionRecord};

use crate::capabilities::resources::AMAZON;

/// A document that is looked at.
pub(super) struct Candidate<'a> {
    pub(super) document: &'a DocumentRecord,
    pub(super) version: &'a VersionRecord,
    pub(super) is_builtin: bool,
    pub(super) is_public: bool,
    pub(super) account_id: &'a str,
}

/// All filters of a request: every one must hold.
pub(super) struct Filters(Vec<(String, Vec<String>)>);

const KEYS: &str =
    "Name, Owner, PlatformTypes, DocumentType, TargetType, SearchKeyword, tag-key or tag:<key>";

/// Reads them; a key may stand once.
///
/// # Errors
/// `InvalidFilterKey`.
pub(super) fn read(list: &ListDocuments) -> Result<Filters, Fault> {
    let old = list.document_filter_list.iter().map(|it| (it.key.clone(), vec![it.value.clone()]));
    let new = list.filters.iter().map(|it| (it.key.clone(), it.values.clone()));
    let (all, mut seen) = (old.chain(new).collect::<Vec<_>>(), BTreeSet::new());
    for (key, _) in &all {
        let is_known = matches!(
            key.as_str(),
            "Name" | "Owner" | "PlatformTypes" | "DocumentType" | "TargetType" | "SearchKeyword" | "tag-key"
        );
        if !is_known && key.strip_prefix("tag:").is_none_or(str::is_empty) {
            return Err(Fault::caller("InvalidFilterKey", format!("{key:?} is no filter: use {KEYS}")));
        }
        if !seen.insert(key.as_str()) {
            return Err(Fault::caller("InvalidFilterKey", format!("the filter {key:?} stands there twice")));
        }
    }
    Ok(Filters(all))
}

impl Filters {
    /// Whether a document is looked for.
    pub(super) fn hold_of(&self, it: &Candidate<'_>) -> bool {
        self.0.iter().all(|(key, values)| it.has(key, values))
    }
}

impl Candidate<'_> {
    fn has(&self, key: &str, values: &[String]) -> bool {
        let any = |holds: &dyn Fn(&str) -> bool| values.iter().any(|value| holds(value));
        match key {
            "Name" => any(&|value| self.document.name.starts_with(value)),
            "Owner" => any(&|value| self.is_owned_by(value)),
            "PlatformTypes" => any(&|value| self.version.platforms.iter().any(|it| it == value)),
            "DocumentType" => any(&|value| self.document.kind == value),
            "TargetType" => any(&|value| self.version.target_type.as_deref() == Some(value)),
            "SearchKeyword" => any(&|value| self.says(&value.to_lowercase())),
            "tag-key" => any(&|value| self.document.tags.contains_key(value)),
            _ => {
                let tag = key.strip_prefix("tag:").and_then(|key| self.document.tags.get(key));
                tag.is_some_and(|tag| values.is_empty() || any(&|value| tag == value))
            }
        }
    }

    /// What came with the server is for everybody, as it is on AWS.
    fn is_owned_by(&self, owner: &str) -> bool {
        match owner {
            "All" => true,
            AMAZON => self.is_builtin,
            "Public" => self.is_builtin || self.is_public,
            "Private" => !self.is_builtin && !self.is_public,
            "Self" => !self.is_builtin,
            account => !self.is_builtin && account == self.account_id,
        }
    }

    fn says(&self, keyword: &str) -> bool {
        let version = self.version;
        let texts = [&self.document.name, &version.description];
        let texts =
            texts.into_iter().chain(version.display_name.as_ref()).chain(version.version_name.as_ref());
        let tags = self.document.tags.iter().flat_map(|(key, value)| [key, value]);
        texts.chain(tags).any(|text| text.to_lowercase().contains(keyword))
    }
}
