//! ListDocuments.

use pilothouse_api::Fault;
use pilothouse_api::documents::{DocumentIdentifier, ListDocuments, ListDocumentsResult};
use pilothouse_protocol::Millis;

use super::builtin::{self, Builtin, CREATED};
use crate::capabilities::{page, resources};
use crate::cx::Cx;
use crate::door::{Guard, Run};

/// Documents on a page, if the caller does not say.
const PAGE: usize = 50;

impl Run for ListDocuments {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListDocumentsResult, Fault> {
        let old = self.document_filter_list.into_iter().map(|f| (f.key, vec![f.value]));
        let filters: Vec<_> = old.chain(self.filters.into_iter().map(|f| (f.key, f.values))).collect();
        let after: String = page::cursor(self.next_token.as_deref())?.unwrap_or_default();
        let mut sifter = cx.sifter(cx.permission).await?;
        let mut found = Vec::new();
        for document in builtin::all().iter().filter(|document| document.name > after.as_str()) {
            let mut fits = true;
            for (key, values) in &filters {
                fits &= holds(document, key, values)?;
            }
            if fits && sifter.shows(&resources::document(document.name, resources::AMAZON)) {
                found.push(identifier(document));
            }
        }
        let limit = page::limit(self.max_results, PAGE);
        let (document_identifiers, next_token) = page::cut(found, limit, |row| row.name.clone());
        Ok(ListDocumentsResult { document_identifiers, next_token })
    }
}

fn holds(document: &Builtin, key: &str, values: &[String]) -> Result<bool, Fault> {
    let any = |holds: &dyn Fn(&str) -> bool| values.iter().any(|value| holds(value));
    Ok(match key {
        "Name" => any(&|value| document.name.starts_with(value)),
        "Owner" => any(&|value| matches!(value, resources::AMAZON | "Public" | "All")),
        "PlatformTypes" => any(&|value| builtin::platforms(&document.document).iter().any(|p| p == value)),
        "DocumentType" => any(&|value| value == "Command"),
        "SearchKeyword" => any(&|value| document.name.to_lowercase().contains(&value.to_lowercase())),
        // No built-in document has a target type or a tag.
        "TargetType" => false,
        _ if key.starts_with("tag:") => false,
        _ => {
            return Err(Fault::caller(
                "InvalidFilterKey",
                format!(
                    "{key:?} is no filter: use Name, Owner, PlatformTypes, DocumentType, TargetType, SearchKeyword or tag:<key>"
                ),
            ));
        }
    })
}

fn identifier(document: &Builtin) -> DocumentIdentifier {
    DocumentIdentifier {
        name: document.name.to_owned(),
        created_date: Millis(CREATED).into(),
        owner: resources::AMAZON.to_owned(),
        platform_types: builtin::platforms(&document.document),
        document_version: String::from("1"),
        document_type: String::from("Command"),
        schema_version: document.document.schema_version.to_string(),
        document_format: String::from("JSON"),
        tags: Vec::new(),
    }
}
