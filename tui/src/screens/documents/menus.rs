//! What can be chosen, and what is asked before a document is deleted.

use std::collections::BTreeMap;

use pilothouse_api::documents::DocumentIdentifier;

use super::keys::Msg;
use super::state::Documents;
use super::table::{is_own, owner};
use crate::effect::{Choice, Effect, Ladder, Question};
use crate::manuscript;
use crate::screen::{Cx, Screen};
use crate::words;

impl Documents {
    /// Whose documents, which types and platforms there are, with how many of each.
    pub(super) fn narrow_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let documents = &self.library.documents;
        let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
        for document in documents {
            let owned =
                if is_own(&document.owner, cx) { "own".to_owned() } else { owner(&document.owner, cx) };
            *counts.entry((0, format!("owner={owned}"))).or_default() += 1;
            *counts.entry((1, format!("type={}", document.document_type))).or_default() += 1;
            for platform in &document.platform_types {
                *counts.entry((2, format!("platform:{platform}"))).or_default() += 1;
            }
        }
        let plain = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let all = Choice {
            detail: words::count(plain(documents.len()), "document"),
            ..Choice::new("all", Msg::Filter(String::new()))
        };
        let items = counts.into_iter().map(|((_, filter), count)| {
            let label = filter.replace(['=', ':'], " ");
            Choice { detail: words::grouped(plain(count)), ..Choice::new(label, Msg::Filter(filter)) }
        });
        Effect::Pick { title: "Show".to_owned(), items: std::iter::once(all).chain(items).collect() }
    }

    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("look at it", Msg::Open),
            ("run it on nodes", Msg::Run),
            ("write a new version", Msg::Edit),
            ("copy it under a name of your own", Msg::Duplicate),
            ("write a new document", Msg::New),
            ("delete it", Msg::Remove),
        ];
        let items = rows
            .into_iter()
            .map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, document: &DocumentIdentifier, cx: &Cx<'_>) -> Effect<Msg> {
        let region = cx.mirror.region();
        let mut texts = manuscript::copies(&document.name, &document.owner, region, None);
        texts.push(("locator", Screen::route(self).to_string()));
        let items = texts
            .into_iter()
            .map(|(label, text)| Choice { detail: text.clone(), ..Choice::new(label, Msg::CopyText(text)) });
        Effect::Pick { title: "Copy".to_owned(), items: items.collect() }
    }

    pub(super) fn ask_removal(&self, document: &DocumentIdentifier) -> Effect<Msg> {
        let name = &document.name;
        let versions = match self.glance.of(name) {
            Some(Ok(known)) => format!("versions: up to {}, all of which go", known.latest_version),
            _ => "All its versions go.".to_owned(),
        };
        let card = vec![
            format!("type: {}, default version {}", document.document_type, document.document_version),
            versions,
            "Commands that were sent keep what they run; nothing can be sent with it any more.".to_owned(),
            "It cannot be brought back.".to_owned(),
        ];
        let ladder = if document.document_version == "1" { Ladder::Yes } else { Ladder::Card };
        let title = format!("Delete document {name}?");
        Effect::Ask(Question { title, card, ladder, yes: Msg::Removed(name.clone()) })
    }
}
