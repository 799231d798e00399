//! How a name leads to a document, and a selector to one of its versions.

use pilothouse_api::Fault;
use pilothouse_store::documents::{self, DocumentRecord, VersionRecord};

use super::builtin::{self, Builtin};
use super::{invalid_operation, invalid_version};
use crate::access::Resource;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};

/// A document, wherever it comes from.
pub(super) struct Found {
    pub(super) document: DocumentRecord,
    builtin: Option<&'static Builtin>,
}

/// The answer when there is no document of this name.
pub(super) fn not_found(name: &str) -> Fault {
    let shown: String = name.chars().take(256).collect();
    Fault::caller("InvalidDocument", format!("Document with name {shown} does not exist."))
}

/// A name without what stands before it in an ARN, and whether it is looked for among the account's own; nothing for what is
/// somebody else's.
fn named<'a>(cx: &Cx<'_>, reference: &'a str) -> Option<(&'a str, bool)> {
    let Some(arn) = reference.strip_prefix("arn:") else { return Some((reference, true)) };
    let mut parts = arn.splitn(5, ':');
    let (_, service, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = parts.next()?.strip_prefix("document/")?;
    if service != "ssm" {
        return None;
    }
    match account {
        "" => Some((name, false)),
        _ if account == cx.account_id && region == cx.region() => Some((name, true)),
        _ => None,
    }
}

/// What is called so, and how policies see it, or what would be called so. What people made comes before what came with the server.
pub(super) async fn look(cx: &mut Cx<'_>, reference: &str) -> Result<(Option<Found>, Resource), Fault> {
    let Some((name, may_be_own)) = named(cx, reference) else {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return Ok((None, resources::document(name, "")));
    };
    if may_be_own {
        let region = cx.region().to_owned();
        if let Some(document) = documents::get(cx.tx, &region, name).await.map_err(store_fault)? {
            let seen = resources::own_document(&document, cx.account_id);
            return Ok((Some(Found { document, builtin: None }), seen));
        }
    }
    match builtin::find(name) {
        Some(it) => {
            let seen = resources::document(name, resources::AMAZON).with("type", it.document.kind.clone());
            Ok((Some(Found { document: it.document.clone(), builtin: Some(it) }), seen))
        }
        None => Ok((None, resources::document(name, cx.account_id))),
    }
}

/// The document of this name, on which the caller may do what it called.
///
/// # Errors
/// `AccessDeniedException`, `InvalidDocument`.
pub(super) async fn document(cx: &mut Cx<'_>, reference: &str) -> Result<Found, Fault> {
    let (found, seen) = look(cx, reference).await?;
    cx.require(vec![seen]).await?;
    found.ok_or_else(|| not_found(reference))
}

/// The document of this name that people made, and that nobody else changes from here on.
///
/// # Errors
/// As [`document`]; `InvalidDocumentOperation` for what came with the server.
pub(super) async fn own(cx: &mut Cx<'_>, name: &str) -> Result<DocumentRecord, Fault> {
    let region = cx.region().to_owned();
    cx.tx.revision(&region).await.map_err(store_fault)?;
    let found = document(cx, name).await?;
    match found.builtin {
        None => Ok(found.document),
        Some(_) => Err(invalid_operation(format!("{name} came with the server and cannot be changed"))),
    }
}

impl Found {
    /// `Amazon`, or the account.
    pub(super) fn owner(&self, cx: &Cx<'_>) -> String {
        if self.builtin.is_some() { resources::AMAZON.to_owned() } else { cx.account_id.to_owned() }
    }

    /// Whether it came with the server.
    pub(super) fn is_builtin(&self) -> bool {
        self.builtin.is_some()
    }

    /// The version that is meant: the default one, if nothing is said.
    ///
    /// # Errors
    /// `InvalidDocumentVersion` when there is none, `InvalidDocument` when number and name mean different ones.
    pub(super) async fn version(
        &self,
        cx: &mut Cx<'_>,
        selector: Option<&str>,
        version_name: Option<&str>,
    ) -> Result<VersionRecord, Fault> {
        let number = number(cx, &self.document, selector, version_name).await?;
        let DocumentRecord { region, name, .. } = &self.document;
        let found = match self.builtin {
            Some(it) => Some(it.version.clone()).filter(|version| version.version == number),
            None => documents::get_version(cx.tx, region, name, number).await.map_err(store_fault)?,
        };
        found.ok_or_else(|| no_version(name, number))
    }

    /// The content of one of its versions.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn content(&self, cx: &mut Cx<'_>, version: i64) -> Result<String, Fault> {
        let DocumentRecord { region, name, .. } = &self.document;
        match self.builtin {
            Some(it) => Ok(it.content.to_owned()),
            None => documents::content(cx.tx, region, name, version)
                .await
                .map_err(store_fault)?
                .ok_or_else(|| no_version(name, version)),
        }
    }
}

/// The answer when a document has no such version.
pub(super) fn no_version(name: &str, version: impl std::fmt::Display) -> Fault {
    invalid_version(format!(
        "The document version is not valid or does not exist: {name} has no version {version}."
    ))
}

/// The number that is meant; whether there is such a version is not asked.
///
/// # Errors
/// `InvalidDocumentVersion` when no version has this name, `InvalidDocument` when number and name mean different ones.
pub(super) async fn number(
    cx: &mut Cx<'_>,
    document: &DocumentRecord,
    selector: Option<&str>,
    version_name: Option<&str>,
) -> Result<i64, Fault> {
    let DocumentRecord { region, name, .. } = document;
    let selected = match selector {
        None => None,
        Some("$DEFAULT") => Some(document.default_version),
        Some("$LATEST") => Some(document.latest_version),
        Some(number) => Some(number.parse().map_err(|_| no_version(name, number))?),
    };
    let Some(version_name) = version_name else { return Ok(selected.unwrap_or(document.default_version)) };
    let called = documents::version_named(cx.tx, region, name, version_name).await.map_err(store_fault)?;
    let called = called.ok_or_else(|| no_version(name, version_name))?;
    match selected {
        Some(selected) if selected != called => Err(Fault::caller(
            "InvalidDocument",
            format!("{version_name} is version {called} of {name}, not version {selected}"),
        )),
        _ => Ok(called),
    }
}
