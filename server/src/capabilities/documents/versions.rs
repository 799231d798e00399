//! ListDocumentVersions and UpdateDocumentDefaultVersion.

use pilothouse_api::Fault;
use pilothouse_api::documents::{
    DocumentDefaultVersionDescription, DocumentVersionInfo, ListDocumentVersions, ListDocumentVersionsResult,
    UpdateDocumentDefaultVersion, UpdateDocumentDefaultVersionResult,
};
use pilothouse_store::documents::{self, VersionRecord};

use super::found::{self, no_version};
use super::invalid_version;
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Versions on a page, if the caller does not say.
const PAGE: usize = 50;

impl Run for ListDocumentVersions {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListDocumentVersionsResult, Fault> {
        let found = found::document(cx, &self.name).await?;
        let document = &found.document;
        let before: i64 = page::cursor(self.next_token.as_deref())?.unwrap_or(i64::MAX);
        let limit = page::limit(self.max_results, PAGE);
        let versions = if found.is_builtin() {
            Vec::from([found.version(cx, None, None).await?])
        } else {
            let (region, name) = (&document.region, &document.name);
            documents::versions(cx.tx, region, name, before, limit + 1).await.map_err(store_fault)?
        };
        let (versions, next_token) = page::cut(versions, limit, |version| version.version);
        let each = versions.into_iter().map(|version| told(version, document.default_version));
        Ok(ListDocumentVersionsResult { document_versions: each.collect(), next_token })
    }
}

fn told(version: VersionRecord, default: i64) -> DocumentVersionInfo {
    DocumentVersionInfo {
        name: version.name,
        display_name: version.display_name,
        document_version: version.version.to_string(),
        version_name: version.version_name,
        created_date: version.created_at.into(),
        is_default_version: version.version == default,
        document_format: version.format,
        status: version.status,
        status_information: version.status_information,
        review_status: Some(version.review_status),
    }
}

impl Run for UpdateDocumentDefaultVersion {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UpdateDocumentDefaultVersionResult, Fault> {
        let document = found::own(cx, &self.name).await?;
        let number = found::number(cx, &document, Some(&self.document_version), None).await?;
        let (region, name) = (&document.region, &document.name);
        let version = documents::get_version(cx.tx, region, name, number).await.map_err(store_fault)?;
        let version = version.ok_or_else(|| no_version(name, number))?;
        if version.status != "Active" {
            let message =
                format!("version {number} of {name} is {} and cannot be the default one", version.status);
            return Err(invalid_version(message));
        }
        documents::set_default(cx.tx, region, name, number).await.map_err(store_fault)?;
        Ok(UpdateDocumentDefaultVersionResult {
            description: DocumentDefaultVersionDescription {
                name: version.name,
                default_version: number.to_string(),
                default_version_name: version.version_name,
            },
        })
    }
}
