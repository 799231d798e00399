//! ListDocuments: what people made and what came with the server, in one order.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::documents::{DocumentIdentifier, ListDocuments, ListDocumentsResult};
use pilothouse_store::documents::{self, DocumentRecord, VersionRecord};

use super::filters::{self, Candidate, Filters};
use super::{builtin, told};
use crate::access::Resource;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, Sifter, store_fault};
use crate::door::{Guard, Run};

/// Documents on a page, if the caller does not say.
const PAGE: usize = 50;
/// Rows fetched at a time.
const FETCH: usize = 100;

impl Run for ListDocuments {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListDocumentsResult, Fault> {
        let filters = filters::read(&self)?;
        let mut after: String = page::cursor(self.next_token.as_deref())?.unwrap_or_default();
        let sifter = cx.sifter(cx.permission).await?;
        let region = cx.region().to_owned();
        let public = documents::public(cx.tx, &region).await.map_err(store_fault)?;
        let account_id = cx.account_id.to_owned();
        let mut sieve = Sieve { filters, sifter, public, account_id };
        let (limit, mut found) = (page::limit(self.max_results, PAGE), Vec::new());
        loop {
            let own = documents::list(cx.tx, &region, &after, FETCH).await.map_err(store_fault)?;
            let is_last = own.len() < FETCH;
            let up_to = own.last().filter(|_| !is_last).map(|(document, _)| document.name.clone());
            sieve.sift(own, &after, up_to.as_deref(), &mut found);
            match up_to {
                Some(last) if found.len() <= limit => after = last,
                _ => break,
            }
        }
        let (document_identifiers, next_token) = page::cut(found, limit, |row| row.name.clone());
        Ok(ListDocumentsResult { document_identifiers, next_token })
    }
}

/// What is looked for, and what the caller may see.
struct Sieve {
    filters: Filters,
    sifter: Sifter,
    public: BTreeSet<String>,
    account_id: String,
}

impl Sieve {
    /// Adds what fits of these documents and of those that came with the server, of which the names lie between two.
    fn sift(
        &mut self,
        own: Vec<(DocumentRecord, VersionRecord)>,
        after: &str,
        up_to: Option<&str>,
        to: &mut Vec<DocumentIdentifier>,
    ) {
        let names: BTreeSet<&str> = own.iter().map(|(document, _)| document.name.as_str()).collect();
        let is_here = |name: &str| name > after && up_to.is_none_or(|last| name <= last);
        let builtins = builtin::all().iter().filter(|it| is_here(&it.document.name));
        let mut all: Vec<(DocumentRecord, VersionRecord, bool)> = builtins
            .filter(|it| !names.contains(it.document.name.as_str()))
            .map(|it| (it.document.clone(), it.version.clone(), true))
            .collect();
        all.extend(own.into_iter().map(|(document, version)| (document, version, false)));
        all.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        for (document, version, is_builtin) in all {
            let candidate = Candidate {
                document: &document,
                version: &version,
                is_builtin,
                is_public: self.public.contains(&document.name),
                account_id: &self.account_id,
            };
            if !self.filters.hold_of(&candidate)
                || !self.sifter.shows(&seen(&document, is_builtin, &self.account_id))
            {
                continue;
            }
            let owner = if is_builtin { resources::AMAZON } else { &self.account_id };
            to.push(told::identifier(document, version, owner));
        }
    }
}

/// As policies see it.
fn seen(document: &DocumentRecord, is_builtin: bool, account_id: &str) -> Resource {
    if is_builtin {
        resources::document(&document.name, resources::AMAZON).with("type", document.kind.clone())
    } else {
        resources::own_document(document, account_id)
    }
}
