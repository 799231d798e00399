//! What the server has of the document that a new version is written of, or that is copied.

use pilothouse_api::documents::{DescribeDocument, DocumentDescription, GetDocument, GetDocumentResult};
use pilothouse_api::protocol::Millis;

use crate::asked::Asked;
use crate::effect::{CallError, Reply, Request};

/// What the server has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The newest version, without its text.
    pub newest: Asked<DocumentDescription>,
    /// The text to begin with.
    pub text: Asked<GetDocumentResult>,
    /// The text of a version that somebody saved meanwhile, to compare with.
    pub theirs: Asked<GetDocumentResult>,
    /// The version that a new one replaces: the newest when the text came.
    pub replaces: Option<String>,
}

/// What an answer was of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The newest version.
    Newest,
    /// The text to begin with.
    Text,
    /// Somebody else's.
    Theirs,
}

fn text_of(name: &str, version: Option<&str>, format: Option<&str>) -> Request {
    Request::GetDocument(GetDocument {
        name: name.to_owned(),
        document_version: version.map(str::to_owned),
        document_format: format.map(str::to_owned),
        ..GetDocument::default()
    })
}

impl Origin {
    /// The question for the newest version.
    pub(super) fn ask_newest(&mut self, name: &str, ticket: u32) -> (u32, Request) {
        let request = DescribeDocument {
            name: name.to_owned(),
            document_version: Some("$LATEST".to_owned()),
            ..DescribeDocument::default()
        };
        (self.newest.ask(ticket), Request::DescribeDocument(request))
    }

    /// The question for the text to begin with.
    pub(super) fn ask_text(&mut self, name: &str, version: Option<&str>, ticket: u32) -> (u32, Request) {
        (self.text.ask(ticket), text_of(name, version, None))
    }

    /// The question for the newest text, in the format that ours is in.
    pub(super) fn ask_theirs(&mut self, name: &str, format: &str, ticket: u32) -> (u32, Request) {
        (self.theirs.ask(ticket), text_of(name, Some("$LATEST"), Some(format)))
    }

    /// Takes an answer; says which it was.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: &Result<Reply, CallError>,
        now: Millis,
    ) -> Option<Heard> {
        let text = || match result {
            Ok(Reply::GetDocument(answer)) => Some(Ok(answer.clone())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        if self.text.awaits(ticket) {
            self.text.take(ticket, text()?, now);
            return Some(Heard::Text);
        }
        if self.theirs.awaits(ticket) {
            self.theirs.take(ticket, text()?, now);
            return Some(Heard::Theirs);
        }
        if !self.newest.awaits(ticket) {
            return None;
        }
        match result {
            Ok(Reply::DescribeDocument(answer)) => self.newest.take(ticket, Ok(answer.document.clone()), now),
            Ok(_) => return None,
            Err(error) => self.newest.take(ticket, Err(error), now),
        };
        Some(Heard::Newest)
    }

    /// The version that somebody saved since the text came, if anybody did.
    #[must_use]
    pub fn newer(&self) -> Option<&str> {
        let latest = self.newest.value()?.latest_version.as_str();
        self.replaces.as_deref().filter(|replaces| *replaces != latest).map(|_| latest)
    }
}
