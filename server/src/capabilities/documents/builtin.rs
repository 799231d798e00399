//! The built-in documents.

use std::sync::LazyLock;

use pilothouse_api::Fault;
use pilothouse_document::{Document, Format};

/// When the built-in documents were made: the day of the first release, milliseconds since the epoch.
pub(super) const CREATED: i64 = 1_795_392_000_000;

/// A document that comes with the server.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) content: &'static str,
    pub(super) hash: String,
    pub(super) document: Document,
}

const SOURCES: &[(&str, &str)] =
    &[("AWS-RunShellScript", include_str!("../../../../assets/documents/AWS-RunShellScript.json"))];

static BUILTINS: LazyLock<Vec<Builtin>> = LazyLock::new(|| {
    let mut all: Vec<_> = SOURCES.iter().filter_map(|(name, content)| parse(name, content)).collect();
    all.sort_by_key(|document| document.name);
    all
});

fn parse(name: &'static str, content: &'static str) -> Option<Builtin> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes());
    match Document::parse(content, Format::Json) {
        Ok(document) => Some(Builtin { name, content, hash: hex::encode(digest), document }),
        Err(error) => {
            tracing::error!(name, %error, "a built-in document is broken");
            None
        }
    }
}

/// All of them, in order of name.
pub(super) fn all() -> &'static [Builtin] {
    &BUILTINS
}

/// The one with this name or ARN, in a version that exists: built-in documents have one.
pub(super) fn find(
    name: &str,
    version: Option<&str>,
    version_name: Option<&str>,
) -> Result<&'static Builtin, Fault> {
    let short = name.rsplit('/').next().unwrap_or(name);
    let found = all().iter().find(|document| document.name == short);
    let found = found.ok_or_else(|| {
        Fault::caller("InvalidDocument", format!("Document with name {name} does not exist."))
    })?;
    if !matches!(version, None | Some("1" | "$DEFAULT" | "$LATEST")) || version_name.is_some() {
        let wanted = version_name.or(version).unwrap_or_default();
        return Err(Fault::caller(
            "InvalidDocumentVersion",
            format!("{short} has no version {wanted}: it has version 1"),
        ));
    }
    Ok(found)
}

/// Names of the platforms that it runs on.
pub(super) fn platforms(document: &Document) -> Vec<String> {
    document.platform_types().iter().map(|platform| platform.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_document_is_whole() {
        assert_eq!(all().len(), SOURCES.len());
        assert!(all().iter().all(|document| document.document.command_steps().is_some()));
    }

    #[test]
    fn a_document_is_found_by_name_and_by_arn_in_its_one_version() {
        assert!(find("AWS-RunShellScript", Some("$LATEST"), None).is_ok());
        assert!(find("arn:aws:ssm:us-east-1::document/AWS-RunShellScript", None, None).is_ok());
        assert_eq!(
            find("AWS-RunShellScript", Some("2"), None).err().map(|f| f.code.into_owned()).as_deref(),
            Some("InvalidDocumentVersion")
        );
        assert_eq!(
            find("Nope", None, None).err().map(|f| f.code.into_owned()).as_deref(),
            Some("InvalidDocument")
        );
    }
}
