//! What is known of one parameter: its value, its metadata, its versions with who made them, its tags.
//!
//! In: a name, the server's answers. Out: calls, and what they told. What is asked anew stays visible until the answer is there.
//! Never here: drawing, a second parameter.

use pilothouse_api::parameters::{
    DescribeParameters, GetParameter, GetParameterBlame, GetParameterBlameResult, ParameterMetadata,
    ParameterStringFilter,
};
use pilothouse_api::protocol::Millis;
use pilothouse_api::tags::{ListTagsForResource, Tag};

use super::naming;
use super::value::Value;
use crate::effect::{CallError, Reply, Request, Secret};

/// What AWS calls the kind of thing that a parameter is.
pub(super) const KIND: &str = "Parameter";
/// The type of what is secret.
pub(super) const SECURE: &str = "SecureString";

/// Something that the server is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer<T> {
    known: Option<T>,
    asked: Option<u32>,
    /// Why it is not told.
    pub(super) refused: Option<String>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self { known: None, asked: None, refused: None }
    }
}

impl<T> Answer<T> {
    pub(super) fn get(&self) -> Option<&T> {
        self.known.as_ref()
    }

    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.asked == Some(ticket)
    }

    pub(super) fn ask(&mut self, ticket: u32) {
        self.asked = Some(ticket);
    }

    pub(super) fn take(&mut self, answer: Result<T, String>) {
        self.asked = None;
        match answer {
            Ok(known) => (self.known, self.refused) = (Some(known), None),
            Err(why) => (self.known, self.refused) = (None, Some(why)),
        }
    }
}

/// Calls with their tickets.
pub(super) type Calls = Vec<(u32, Request)>;

/// What is known of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dossier {
    /// As it is asked for.
    pub(super) name: String,
    /// Its type, once it is known.
    pub(super) kind: String,
    pub(super) value: Value,
    /// What was asked for the value, if it is no secret.
    reading: Option<u32>,
    pub(super) metadata: Answer<ParameterMetadata>,
    pub(super) blame: Answer<GetParameterBlameResult>,
    pub(super) tags: Answer<Vec<Tag>>,
}

impl Dossier {
    pub(super) fn of(name: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned(), ..Self::default() }
    }

    pub(super) fn is_secret(&self) -> bool {
        self.kind == SECURE
    }

    /// Its newest version, as far as it is known.
    pub(super) fn version(&self) -> Option<i64> {
        let blamed = self.blame.get().and_then(|blame| blame.versions.first()).map(|it| it.version);
        self.metadata.get().map(|it| it.version).max(blamed)
    }

    /// Its tags, as far as they are known.
    pub(super) fn tag_list(&self) -> &[Tag] {
        self.tags.get().map_or(&[], Vec::as_slice)
    }

    /// The environment that it belongs to.
    pub(super) fn environment(&self) -> Option<String> {
        naming::environment(&self.name, self.tag_list())
    }

    /// Asks for everything but what is secret.
    pub(super) fn ask(&mut self, ticket: &mut impl FnMut() -> u32) -> Calls {
        let name = self.name.clone();
        let mut calls = Vec::new();
        let mut call = |answer: &mut dyn FnMut(u32), request| {
            let ticket = ticket();
            answer(ticket);
            calls.push((ticket, request));
        };
        let filter = ParameterStringFilter {
            key: "Name".to_owned(),
            option: Some("Equals".to_owned()),
            values: vec![name.clone()],
        };
        let describe =
            DescribeParameters { parameter_filters: vec![filter], ..DescribeParameters::default() };
        call(&mut |it| self.metadata.ask(it), Request::DescribeParameters(describe));
        let blame = GetParameterBlame { name: name.clone() };
        call(&mut |it| self.blame.ask(it), Request::GetParameterBlame(blame));
        let tags = ListTagsForResource { resource_type: KIND.to_owned(), resource_id: name };
        call(&mut |it| self.tags.ask(it), Request::ListTagsForResource(tags));
        if self.is_secret() {
            // What was shown is perhaps another one now.
            self.value = Value::Sealed;
        } else if !self.kind.is_empty() {
            calls.extend(self.ask_value(ticket()));
        }
        calls
    }

    /// Asks for the value: one that is secret is not told in plain text.
    fn ask_value(&mut self, ticket: u32) -> Calls {
        // What was read stays visible until its successor is there.
        self.reading = Some(ticket);
        vec![(ticket, Request::GetParameter(GetParameter { name: self.name.clone(), with_decryption: None }))]
    }

    /// Asks for what is secret, to show it.
    pub(super) fn open(&mut self, ticket: u32) -> Calls {
        self.value = Value::Opening(ticket);
        let request = GetParameter { name: self.name.clone(), with_decryption: Some(true) };
        vec![(ticket, Request::GetParameter(request))]
    }

    /// Whether this is the ticket of something asked here.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        let about = self.metadata.awaits(ticket) || self.blame.awaits(ticket) || self.tags.awaits(ticket);
        about || self.reading == Some(ticket) || self.value.awaits(ticket)
    }

    /// Takes an answer to something asked here; further calls may come of it.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        now: Millis,
        next: &mut impl FnMut() -> u32,
    ) -> Calls {
        if self.metadata.awaits(ticket) {
            return self.describe(result, next);
        }
        if self.blame.awaits(ticket) {
            self.blame.take(match result {
                Ok(Reply::GetParameterBlame(blame)) => Ok(blame),
                other => Err(why(other)),
            });
        } else if self.tags.awaits(ticket) {
            self.tags.take(match result {
                Ok(Reply::ListTagsForResource(tags)) => Ok(tags.tag_list),
                other => Err(why(other)),
            });
        } else {
            let opens = self.value.awaits(ticket);
            self.reading.take_if(|reading| *reading == ticket);
            self.read(opens, result, now);
        }
        Vec::new()
    }

    /// Its metadata are there: of something that is no secret the value is asked for then.
    fn describe(&mut self, result: Result<Reply, CallError>, next: &mut impl FnMut() -> u32) -> Calls {
        self.metadata.take(match result {
            Ok(Reply::DescribeParameters(page)) => {
                page.parameters.into_iter().next().ok_or_else(|| "there is no such parameter".to_owned())
            }
            other => Err(why(other)),
        });
        let Some(metadata) = self.metadata.get() else { return Vec::new() };
        if metadata.r#type == self.kind {
            return Vec::new();
        }
        self.kind.clone_from(&metadata.r#type);
        if self.is_secret() {
            self.value = Value::Sealed;
            return Vec::new();
        }
        self.ask_value(next())
    }

    fn read(&mut self, opens: bool, result: Result<Reply, CallError>, now: Millis) {
        match result {
            Ok(Reply::GetParameter(mut read)) => {
                let text = Secret::new(std::mem::take(&mut read.parameter.value));
                match (opens, read.parameter.r#type == SECURE) {
                    (true, true) => self.value.show(text, now),
                    (false, true) => self.value = Value::Sealed,
                    (_, false) => self.value = Value::Open(text),
                }
            }
            other => self.value = Value::Failed(why(other)),
        }
    }
}

/// Why an answer is none.
pub(super) fn why(result: Result<Reply, CallError>) -> String {
    match result {
        Ok(_) => "the server answered something else".to_owned(),
        Err(error) => error.message,
    }
}
