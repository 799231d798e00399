//! GetDocument and DescribeDocument.

use pilothouse_api::Fault;
use pilothouse_api::documents::{DescribeDocument, DescribeDocumentResult, GetDocument, GetDocumentResult};

use super::{attachments, content, found, told};
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for GetDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetDocumentResult, Fault> {
        let (found, seen) = found::look(cx, &self.name).await?;
        let read = match &found {
            Some(found) => read(cx, found, &self).await,
            None => Err(found::not_found(&self.name)),
        };
        // Whoever approves a command approves this content, and not what stands here later.
        let seen = read.iter().fold(seen, |seen, (_, content)| seen.holding(content));
        cx.require(vec![seen]).await?;
        let (version, content) = read?;
        let document = found.map(|found| found.document).ok_or_else(|| found::not_found(&self.name))?;
        let attached = attachments::of(cx, &version).await?;
        let format = self.document_format.unwrap_or_else(|| version.format.clone());
        Ok(GetDocumentResult {
            content: content::converted(content, &version.format, &format)?,
            name: document.name,
            created_date: version.created_at.into(),
            display_name: version.display_name,
            version_name: version.version_name,
            document_version: version.version.to_string(),
            status: version.status,
            status_information: version.status_information,
            document_type: document.kind,
            document_format: format,
            requires: version.requires,
            attachments_content: attachments::contents(attached),
            review_status: Some(version.review_status),
        })
    }
}

/// The version that is asked for, with its content as it was submitted.
async fn read(
    cx: &mut Cx<'_>,
    found: &found::Found,
    get: &GetDocument,
) -> Result<(pilothouse_store::documents::VersionRecord, String), Fault> {
    let version = found.version(cx, get.document_version.as_deref(), get.version_name.as_deref()).await?;
    let content = found.content(cx, version.version).await?;
    Ok((version, content))
}

impl Run for DescribeDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeDocumentResult, Fault> {
        let found = found::document(cx, &self.name).await?;
        let version =
            found.version(cx, self.document_version.as_deref(), self.version_name.as_deref()).await?;
        let content = found.content(cx, version.version).await?;
        let attached = attachments::of(cx, &version).await?;
        // What could be made can be read; where it cannot any more, nothing is known of its parameters.
        let read = content::read(&found.document.kind, &version.format, &content).unwrap_or_default();
        let (number, owner) = (version.version, found.owner(cx));
        let mut document = told::description(&found.document, version, owner, read.parameters);
        attachments::described(attached, &mut document);
        if !found.is_builtin() {
            told::reviewed(cx, &found.document, number, &mut document).await?;
        }
        Ok(DescribeDocumentResult { document })
    }
}
