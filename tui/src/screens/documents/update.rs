//! What the room does when it is told something.

use pilothouse_api::documents::{DeleteDocument, DocumentIdentifier};

use super::keys::Msg;
use super::state::Documents;
use super::table::{Shelf, is_built_in, is_own};
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Ticket};
use crate::route::{DocumentSpot, Draft, Route, RunSpec};
use crate::screen::Cx;

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Documents {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let Some(document) = self.document() else {
            let needs_one = matches!(
                msg,
                Msg::Open | Msg::Edit | Msg::Duplicate | Msg::Run | Msg::Remove | Msg::Copy | Msg::Actions
            );
            return if needs_one { words("there is no document under the cursor") } else { None };
        };
        match msg {
            Msg::Run if document.document_type != "Command" => {
                words("only documents of type Command run on nodes")
            }
            Msg::Edit | Msg::Remove if is_built_in(&document.owner) => {
                words("it is built in: C copies it under a name of your own")
            }
            Msg::Edit | Msg::Remove if !is_own(&document.owner, cx) => {
                Some(format!("it belongs to account {}", document.owner))
            }
            Msg::Remove if !cx.mirror.link.is_live() => words("the server is not reached"),
            Msg::Remove if self.removing.is_some() => words("a deletion is under way"),
            _ => None,
        }
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::List(msg) => {
                self.refresh(cx);
                let rows = Shelf::of(&self.library, cx);
                let effects = self.list.update(msg, &rows, Msg::List);
                self.refresh(cx);
                effects
            }
            Msg::New => vec![Effect::Open(Route::Editor(Draft::New { kind: None, copy_of: None }))],
            Msg::Narrow => vec![self.narrow_menu(cx)],
            Msg::Filter(text) => {
                self.list.filter.set(text);
                self.list.typing = false;
                self.refresh(cx);
                Vec::new()
            }
            Msg::Removed(name) => self.remove(name),
            Msg::CopyText(text) => vec![Effect::Copy(text)],
            Msg::Actions => vec![self.actions_menu(cx)],
            msg => self.document().and_then(|document| self.of_one(&msg, document, cx)).into_iter().collect(),
        }
    }

    /// What is done with one document.
    fn of_one(&self, msg: &Msg, document: &DocumentIdentifier, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let name = document.name.clone();
        Some(match msg {
            Msg::Open => Effect::Open(Route::Document(DocumentSpot::of(name))),
            Msg::Edit => Effect::Open(Route::Editor(Draft::Version { name, from: None })),
            Msg::Duplicate => {
                let copy_of = Some((name, None));
                Effect::Open(Route::Editor(Draft::New { kind: None, copy_of }))
            }
            Msg::Run => Effect::Open(Route::Run(RunSpec { document: Some(name), ..RunSpec::default() })),
            Msg::Remove => self.ask_removal(document),
            Msg::Copy => self.copy_menu(document, cx),
            _ => return None,
        })
    }

    fn remove(&mut self, name: String) -> Effects<Msg> {
        let ticket = self.ticket();
        self.removing = Some((ticket, name.clone()));
        let request = DeleteDocument { name, ..DeleteDocument::default() };
        vec![Effect::Call(Ticket(ticket), Request::DeleteDocument(request))]
    }

    /// Asks for everything anew.
    pub(super) fn ask_all(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.changes = cx.mirror.document_changes();
        self.live = cx.mirror.link.is_live();
        self.glance.forget();
        let ticket = self.ticket();
        let question = self.library.ask(ticket);
        question.into_iter().map(|request| Effect::Call(Ticket(ticket), request)).collect()
    }

    /// Whatever must be asked now: everything when documents changed or the link is back, and what the cursor rests on.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let live = cx.mirror.link.is_live();
        let was_live = std::mem::replace(&mut self.live, live);
        let is_back = live && !was_live;
        let mut effects = Vec::new();
        if is_back || self.changes != cx.mirror.document_changes() || self.library.must_ask_again() {
            effects.extend(self.ask_all(cx));
        }
        if live {
            let ticket = self.ticket();
            let question = self.glance.question(cx.now, ticket);
            effects.extend(question.map(|request| Effect::Call(Ticket(ticket), request)));
        }
        effects
    }

    pub(super) fn hear_answer(
        &mut self,
        Ticket(ticket): Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.library.awaits(ticket) {
            let next = self.ticket();
            let page = result.and_then(|reply| match reply {
                Reply::ListDocuments(page) => Ok(page),
                _ => Err(unexpected()),
            });
            let question = self.library.take(page, next, cx.now);
            self.refresh(cx);
            let mut effects: Effects<Msg> =
                question.into_iter().map(|request| Effect::Call(Ticket(next), request)).collect();
            effects.extend(self.look_again(cx));
            return effects;
        }
        if let Some((_, name)) = self.removing.take_if(|(asked, _)| *asked == ticket) {
            return match result {
                Ok(_) => {
                    let mut effects = vec![Effect::Toast(Level::Good, format!("document {name} is deleted"))];
                    effects.extend(self.look_again(cx));
                    effects
                }
                Err(error) => vec![Effect::Toast(Level::Error, format!("{name} is not deleted: {error}"))],
            };
        }
        let described = result.and_then(|reply| match reply {
            Reply::DescribeDocument(answer) => Ok(answer.document),
            _ => Err(unexpected()),
        });
        self.glance.take(ticket, described);
        self.look_again(cx)
    }
}

fn unexpected() -> CallError {
    CallError {
        code: "InternalServerError".to_owned(),
        message: "the server answered something else".to_owned(),
    }
}
