//! ValidateDocument: what an editor asks while somebody writes. Nothing is kept, and nothing is told of what is there.

use pilothouse_api::Fault;
use pilothouse_api::documents::{Finding, ValidateDocument, ValidateDocumentResult};

use super::{change, content};
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for ValidateDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ValidateDocumentResult, Fault> {
        // Whoever may make some document may ask about any text: its name is not known yet.
        cx.sifter(cx.permission).await?;
        let kind = self.document_type.unwrap_or_else(|| String::from("Command"));
        content::is_kept(&kind)?;
        let format = change::format(self.document_format, &kind);
        if let Err(fault) = content::fits(&self.content) {
            return Ok(found(Finding { line: 1, column: 1, message: fault.message }));
        }
        Ok(match content::read(&kind, &format, &self.content) {
            Ok(read) => ValidateDocumentResult {
                findings: Vec::new(),
                parameters: read.parameters,
                platform_types: read.platforms,
                schema_version: read.schema_version,
            },
            Err(unfit) => found(unfit.finding()),
        })
    }
}

fn found(finding: Finding) -> ValidateDocumentResult {
    ValidateDocumentResult { findings: vec![finding], ..ValidateDocumentResult::default() }
}
