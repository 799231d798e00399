//! What is asked before something is taken away, or made public.

use pilothouse_api::documents::DeleteDocument;
use pilothouse_api::tags::RemoveTagsFromResource;

use super::form;
use super::keys::Msg;
use super::state::Document;
use crate::effect::{Effect, Ladder, Question, Request};
use crate::errand::Step;
use crate::route::DocumentTab;

fn ask(title: String, card: Vec<String>, ladder: Ladder, yes: Msg) -> Effect<Msg> {
    Effect::Ask(Question { title, card, ladder, yes })
}

impl Document {
    /// What is taken away without asking, as it can be given back.
    pub(super) fn taken_at_once(&self) -> Option<Msg> {
        let row = self.row()?;
        match self.tab {
            DocumentTab::Permissions => {
                self.accounts().get(row).map(|it| Msg::Unshare(it.account_id.clone()))
            }
            DocumentTab::Tags => self.tags().get(row).map(|it| Msg::Untag(it.key.clone())),
            _ => None,
        }
    }

    /// Asks before the version under the cursor goes, or all of it.
    pub(super) fn ask_removal(&self) -> Effect<Msg> {
        match self.version_here() {
            Some(version) if self.versions().len() > 1 => self.ask_version(&version.document_version),
            _ => self.ask_delete(),
        }
    }

    fn ask_version(&self, version: &str) -> Effect<Msg> {
        let title = format!("Delete version {version} of {}?", self.name);
        let card = vec![
            "The other versions stay.".to_owned(),
            "Commands that were sent with it keep what they run.".to_owned(),
            "It cannot be brought back, and its number is not given again.".to_owned(),
        ];
        ask(title, card, Ladder::Yes, Msg::Deleted(Some(version.to_owned())))
    }

    /// Everything of it goes: the more there is, the harder it is to say yes.
    pub(super) fn ask_delete(&self) -> Effect<Msg> {
        let versions = self.versions().len();
        let mut card = vec![format!("versions: {versions}, all of which go")];
        let accounts: Vec<&str> = self.accounts().iter().map(|it| it.account_id.as_str()).collect();
        if !accounts.is_empty() {
            card.push(format!("shared with: {}", accounts.join(", ")));
        }
        card.push(
            "Commands that were sent keep what they run; nothing can be sent with it any more.".to_owned(),
        );
        card.push("It cannot be brought back.".to_owned());
        let ladder = if versions > 1 || !accounts.is_empty() { Ladder::Card } else { Ladder::Yes };
        ask(format!("Delete document {}?", self.name), card, ladder, Msg::Deleted(None))
    }

    pub(super) fn ask_public(&self, version: &'static str) -> Effect<Msg> {
        let card = vec![
            "Everybody who can reach this account's documents may read it and run it.".to_owned(),
            form::ONE_ACCOUNT.to_owned(),
        ];
        let yes = Msg::Share("all".to_owned(), version);
        ask(format!("Make {} public?", self.name), card, Ladder::Card, yes)
    }

    pub(super) fn deletion(&self, version: Option<String>) -> Step {
        let done = match &version {
            Some(version) => format!("version {version} of {} is deleted", self.name),
            None => format!("document {} is deleted", self.name),
        };
        let name = self.name.clone();
        let request = DeleteDocument { name, document_version: version, ..DeleteDocument::default() };
        Step::new(Request::DeleteDocument(request), done)
    }

    pub(super) fn untagging(&self, key: String) -> Step {
        let done = format!("tag {key} is taken from {}", self.name);
        let request = RemoveTagsFromResource {
            resource_type: "Document".to_owned(),
            resource_id: self.name.clone(),
            tag_keys: vec![key],
        };
        Step::new(Request::RemoveTagsFromResource(request), done)
    }
}
