//! What stands on a page of a level, as the server tells it.

use pilothouse_api::parameters::{
    BrowseParametersResult, BrowsedParameter, DescribeParametersResult, ParameterFolder, ParameterMetadata,
};

use super::super::naming;

/// Something on a level.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Folder(ParameterFolder),
    Parameter(BrowsedParameter),
    /// It was there then, but its version of that time is not kept any more.
    Lost(String),
}

impl Entry {
    /// What the order is made of: a folder's path with a slash at its end, a parameter's with one before it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Folder(folder) => format!("{}/", folder.path),
            Self::Parameter(parameter) => naming::slashed(&parameter.name).into_owned(),
            Self::Lost(name) => naming::slashed(name).into_owned(),
        }
    }
}

/// Entries that were told together, and where they begin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Page {
    /// Where it begins.
    pub(super) token: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// A page of a level.
pub(super) fn browsed(page: BrowseParametersResult) -> (Vec<Entry>, Option<String>) {
    let mut entries: Vec<Entry> = page.folders.into_iter().map(Entry::Folder).collect();
    entries.extend(page.parameters.into_iter().map(Entry::Parameter));
    entries.extend(page.lost.into_iter().map(Entry::Lost));
    entries.sort_by_cached_key(Entry::place);
    (entries, page.next_token)
}

/// A page of what was found.
pub(super) fn described(page: DescribeParametersResult) -> (Vec<Entry>, Option<String>) {
    let entry = |it: ParameterMetadata| {
        Entry::Parameter(BrowsedParameter {
            name: it.name,
            r#type: it.r#type,
            version: it.version,
            last_modified_date: it.last_modified_date,
            last_modified_user: it.last_modified_user,
            tier: it.tier,
            data_type: it.data_type,
            labels: Vec::new(),
            description: it.description,
            key_id: it.key_id,
        })
    };
    (page.parameters.into_iter().map(entry).collect(), page.next_token)
}
