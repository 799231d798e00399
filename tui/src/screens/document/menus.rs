//! What can be chosen: versions, reviews, actions, texts to copy.

use super::form::Form;
use super::keys::Msg;
use super::list::in_words;
use super::state::Document;
use crate::effect::{Choice, Effect};
use crate::manuscript;
use crate::route::DocumentTab;
use crate::screen::{Cx, Screen};
use crate::times;

impl Document {
    pub(super) fn version_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let default = Choice {
            detail: "whichever that is".to_owned(),
            ..Choice::new("the default version", Msg::Version(None))
        };
        let items = self.versions().iter().map(|it| {
            let name = it.version_name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            let is_default = if it.is_default_version { ", default" } else { "" };
            Choice {
                detail: format!("made {}{is_default}", times::instant(it.created_date.0, cx)),
                ..Choice::new(
                    format!("{}{name}", it.document_version),
                    Msg::Version(Some(it.document_version.clone())),
                )
            }
        });
        Effect::Pick { title: "Version".to_owned(), items: std::iter::once(default).chain(items).collect() }
    }

    pub(super) fn review_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let now = self.known.description.value().and_then(|it| it.review_status.clone()).unwrap_or_default();
        let steps = [
            ("send it for review", "SendForReview"),
            ("approve it", "Approve"),
            ("reject it", "Reject"),
            ("comment on it", "UpdateReview"),
        ];
        let items = steps.map(|(label, action)| Choice {
            disabled: self.reason(&Msg::Review(action), cx),
            ..Choice::new(label, Msg::Review(action))
        });
        let title = if now.is_empty() { "Review".to_owned() } else { format!("Review: {}", in_words(&now)) };
        Effect::Pick { title, items: items.into() }
    }

    /// What can be added where the tab does not say it.
    pub(super) fn add_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("a tag", Msg::Fill(Box::new(Form::tag(&self.name, ""))), DocumentTab::Tags),
            ("share it", Msg::Fill(Box::new(Form::share(&self.name))), DocumentTab::Permissions),
        ];
        let items = rows.map(|(label, msg, tab)| Choice {
            disabled: self.why_not_in(tab, cx),
            ..Choice::new(label, msg)
        });
        Effect::Pick { title: "Add".to_owned(), items: items.into() }
    }

    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let mut rows = vec![
            ("run this version on nodes", Msg::Run),
            ("write a new version", Msg::Edit),
            ("copy it under a name of your own", Msg::Duplicate),
            ("choose the version to look at", Msg::PickVersion),
        ];
        if self.tab == DocumentTab::Versions {
            rows.push(("compare the version", Msg::Compare));
            rows.push(("make the version the default one", Msg::Default));
            rows.push(("delete the version", Msg::Remove));
        }
        rows.push(("look at versions", Msg::Tab(DocumentTab::Versions)));
        rows.push(("look at with whom it is shared", Msg::Tab(DocumentTab::Permissions)));
        rows.push(("look at reviews", Msg::Tab(DocumentTab::Reviews)));
        rows.push(("delete the document", Msg::Delete));
        let items = rows
            .into_iter()
            .map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let region = cx.mirror.region();
        let mut texts = manuscript::copies(&self.name, self.owner(), region, self.version.as_deref());
        if let Some(content) = self.known.content.value() {
            texts.insert(0, ("text", content.content.clone()));
        }
        if let Some(known) = self.known.description.value() {
            texts.push(("SHA-256 of the text", known.hash.clone()));
        }
        if let Some(file) =
            self.row().and_then(|row| self.files().get(row)).filter(|_| self.tab == DocumentTab::Files)
        {
            texts.push(("SHA-256 of the file", file.sha256.clone()));
        }
        texts.push(("locator", Screen::route(self).to_string()));
        let items = texts.into_iter().map(|(label, text)| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        });
        Effect::Pick { title: "Copy".to_owned(), items: items.collect() }
    }
}
