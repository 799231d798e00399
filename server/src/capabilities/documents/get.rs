//! GetDocument and DescribeDocument.

use pilothouse_api::Fault;
use pilothouse_api::documents::{
    DescribeDocument, DescribeDocumentResult, DocumentDescription, DocumentParameter, GetDocument,
    GetDocumentResult,
};
use pilothouse_document::{Format, convert};
use pilothouse_protocol::Millis;

use super::builtin::{self, CREATED};
use crate::capabilities::resources;
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for GetDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetDocumentResult, Fault> {
        let found =
            builtin::find(&self.name, self.document_version.as_deref(), self.version_name.as_deref())?;
        cx.require(vec![resources::document(found.name, resources::AMAZON)]).await?;
        let format = self.document_format.unwrap_or_else(|| String::from("JSON"));
        let content = match format.as_str() {
            "YAML" => convert(found.content, Format::Json, Format::Yaml).map_err(|error| {
                Fault::internal(format!("{} cannot be shown as YAML: {error}", found.name))
            })?,
            _ => found.content.to_owned(),
        };
        Ok(GetDocumentResult {
            name: found.name.to_owned(),
            created_date: Millis(CREATED).into(),
            document_version: String::from("1"),
            status: String::from("Active"),
            content,
            document_type: String::from("Command"),
            document_format: format,
        })
    }
}

impl Run for DescribeDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeDocumentResult, Fault> {
        let found =
            builtin::find(&self.name, self.document_version.as_deref(), self.version_name.as_deref())?;
        cx.require(vec![resources::document(found.name, resources::AMAZON)]).await?;
        let parameters = found.document.parameters.iter().map(|parameter| DocumentParameter {
            name: parameter.name.clone(),
            r#type: parameter.kind.to_string(),
            description: Some(parameter.description.clone()).filter(|text| !text.is_empty()),
            default_value: parameter.default.as_ref().map(|value| match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
        });
        Ok(DescribeDocumentResult {
            document: DocumentDescription {
                hash: found.hash.clone(),
                hash_type: String::from("Sha256"),
                name: found.name.to_owned(),
                owner: resources::AMAZON.to_owned(),
                created_date: Millis(CREATED).into(),
                status: String::from("Active"),
                document_version: String::from("1"),
                description: found.document.description.clone(),
                parameters: parameters.collect(),
                platform_types: builtin::platforms(&found.document),
                document_type: String::from("Command"),
                schema_version: found.document.schema_version.to_string(),
                latest_version: String::from("1"),
                default_version: String::from("1"),
                document_format: String::from("JSON"),
                tags: Vec::new(),
            },
        })
    }
}
