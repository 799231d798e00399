//! The documents that came with the server, in the shape of those that people made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use pilothouse_store::documents::{DocumentRecord, VersionRecord};

use super::content::{self, JSON};
use super::{NOT_REVIEWED, hash};

/// When the built-in documents were made: the day of the first release, milliseconds since the epoch.
const CREATED: i64 = 1_795_392_000_000;

/// A document that comes with the server.
pub(super) struct Builtin {
    pub(super) content: &'static str,
    pub(super) document: DocumentRecord,
    pub(super) version: VersionRecord,
}

macro_rules! sources {
    ($($kind:literal $name:literal,)*) => {
        &[$(($kind, $name, include_str!(concat!("../../../../assets/documents/", $name, ".json")))),*]
    };
}

const SOURCES: &[(&str, &str, &str)] = sources! {
    "Command" "AWS-ConfigureAWSPackage",
    "Command" "AWS-RunDocument",
    "Command" "AWS-RunPowerShellScript",
    "Command" "AWS-RunRemoteScript",
    "Command" "AWS-RunShellScript",
    "Command" "AWS-UpdateSSMAgent",
    "Session" "AWS-StartInteractiveCommand",
    "Session" "AWS-StartPortForwardingSession",
    "Session" "SSM-SessionManagerRunShell",
};

static BUILTINS: LazyLock<Vec<Builtin>> = LazyLock::new(|| {
    let mut all: Vec<_> = SOURCES.iter().filter_map(|source| parse(*source)).collect();
    all.sort_by(|a, b| a.document.name.cmp(&b.document.name));
    all
});

fn parse((kind, name, content): (&str, &str, &'static str)) -> Option<Builtin> {
    match content::read(kind, JSON, content) {
        Ok(read) => Some(Builtin {
            content,
            document: DocumentRecord {
                region: String::new(),
                name: name.to_owned(),
                kind: kind.to_owned(),
                default_version: 1,
                latest_version: 1,
                next_version: 2,
                created_at: Millis(CREATED),
                tags: BTreeMap::new(),
            },
            version: VersionRecord {
                region: String::new(),
                name: name.to_owned(),
                version: 1,
                version_name: None,
                display_name: None,
                format: JSON.to_owned(),
                hash: hash(content),
                status: String::from("Active"),
                status_information: None,
                schema_version: read.schema_version,
                description: read.description,
                platforms: read.platforms,
                target_type: None,
                requires: Vec::new(),
                review_status: NOT_REVIEWED.to_owned(),
                created_at: Millis(CREATED),
                created_by: String::new(),
            },
        }),
        Err(unfit) => {
            tracing::error!(name, error = %Fault::from(unfit), "a built-in document is broken");
            None
        }
    }
}

/// All of them, in order of name.
pub(super) fn all() -> &'static [Builtin] {
    &BUILTINS
}

/// The one of this name.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    all().iter().find(|it| it.document.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_document_is_whole_and_says_what_it_does() {
        assert_eq!(all().len(), SOURCES.len());
        for it in all() {
            assert!(!it.version.description.is_empty(), "{}", it.document.name);
            assert!(!it.version.platforms.is_empty(), "{}", it.document.name);
        }
    }
}
