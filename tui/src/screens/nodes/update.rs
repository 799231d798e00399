//! The only mutation.

use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_kit::input::Line;

use super::batch::Settled;
use super::columns::Column;
use super::fleet::Fleet;
use super::invite::{Activation, Invite, Wish};
use super::keys::Msg;
use super::state::Nodes;
use super::tagging::requests;
use crate::effect::{CallError, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::facts;
use crate::route::{Route, RunSpec};
use crate::screen::{Cx, Input};

/// The most nodes to which something is done at once: each is a call.
const MAX_BATCH: usize = 100;

impl Nodes {
    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::List(msg) => {
                let fleet =
                    Fleet { nodes: &cx.mirror.nodes, columns: &self.columns, newest: &self.summary.newest };
                let effects = self.list.update(msg, &fleet, Msg::List);
                self.list.first_column = self.list.first_column.min(self.columns.len().saturating_sub(2));
                effects
            }
            Msg::Open => self.list.on().map(|id| Effect::Open(Route::Node(id))).into_iter().collect(),
            Msg::Run => {
                let spec = RunSpec { nodes: self.list.meant(), ..RunSpec::default() };
                vec![Effect::Open(Route::Run(spec))]
            }
            Msg::Copy => self.ask_copy(cx),
            Msg::CopyText(text) => vec![Effect::Copy(text)],
            Msg::Actions => vec![self.ask_action(cx)],
            Msg::Columns => vec![self.ask_column(cx)],
            Msg::Toggle(column) => {
                self.toggle(column);
                self.refresh(cx);
                Vec::new()
            }
            msg => self.change(msg, cx),
        }
    }

    /// What changes the fleet.
    fn change(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Register => {
                self.invite = Some(Invite::Asked(Wish::default()));
                Vec::new()
            }
            Msg::TypedInvite(input) => self.take_wish(&input),
            Msg::CopyInvite => {
                self.invite.iter().filter_map(|it| it.line(cx.mirror)).map(Effect::Copy).collect()
            }
            Msg::CloseInvite => {
                self.invite = None;
                Vec::new()
            }
            Msg::Deregister => self.ask_removal(cx).map(Effect::Ask).into_iter().collect(),
            Msg::Remove(ids) => {
                let requests = ids.into_iter().map(|id| {
                    let instance_id = id.to_string();
                    (id, Request::DeregisterManagedInstance(DeregisterManagedInstance { instance_id }))
                });
                self.batch.begin("deregistered", requests, &mut self.next)
            }
            Msg::EditTags => {
                self.tagging = Some(Line::default());
                Vec::new()
            }
            Msg::TypedTags(input) => self.take_tags(&input, cx),
            Msg::ChangeTags(ids, changes) => {
                self.batch.begin("tagged", requests(ids, &changes), &mut self.next)
            }
            _ => Vec::new(),
        }
    }

    fn take_wish(&mut self, input: &Input) -> Effects<Msg> {
        let Some(Invite::Asked(wish)) = &mut self.invite else { return Vec::new() };
        match wish.take(input) {
            None => Vec::new(),
            Some(Err(why)) => vec![Effect::Toast(Level::Warn, why)],
            Some(Ok(request)) => {
                self.invite = None;
                self.invited = request.registration_limit.unwrap_or(1);
                let ticket = self.ticket();
                vec![Effect::Call(ticket, Request::CreateActivation(request))]
            }
        }
    }

    pub(super) fn hear_answer(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        match result {
            Ok(Reply::CreateActivation(activation)) => {
                self.invite = Some(Invite::Made(Activation::new(activation, self.invited)));
                Vec::new()
            }
            result => {
                match self.batch.take(ticket, result.map(drop), |id| cx.mirror.nodes.name(id).to_owned()) {
                    Settled::Stranger(Err(error)) => vec![Effect::Toast(Level::Error, error.message)],
                    Settled::Stranger(Ok(())) | Settled::Waiting => Vec::new(),
                    Settled::Done(level, said) => vec![Effect::Toast(level, said)],
                }
            }
        }
    }

    /// Why it makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let nothing = || self.list.meant().is_empty().then(|| "there is no node to do it on".to_owned());
        let unlinked = || (!cx.mirror.link.is_live()).then(|| "the server is not reached".to_owned());
        match msg {
            Msg::Open | Msg::Copy | Msg::Run => nothing(),
            Msg::Deregister | Msg::EditTags => nothing().or_else(unlinked).or_else(|| {
                let many = self.list.meant().len() > MAX_BATCH;
                many.then(|| format!("at most {MAX_BATCH} nodes at a time"))
            }),
            Msg::Register => unlinked(),
            _ => None,
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.next += 1;
        Ticket(self.next)
    }

    fn toggle(&mut self, column: Column) {
        let sorted = self.columns.get(self.list.sort.0).cloned();
        match self.columns.iter().position(|shown| *shown == column) {
            Some(0) => return,
            Some(at) => drop(self.columns.remove(at)),
            None => self.columns.push(column),
        }
        let again = sorted.and_then(|sorted| self.columns.iter().position(|shown| *shown == sorted));
        self.list.sort = again.map_or((0, false), |at| (at, self.list.sort.1));
    }

    fn ask_removal(&self, cx: &Cx<'_>) -> Option<Question<Msg>> {
        let ids = self.list.meant();
        let nodes = self.meant_nodes(cx);
        let first = nodes.first()?;
        let ladder = if nodes.len() == 1 { first.name.clone() } else { nodes.len().to_string() };
        Some(Question {
            title: format!("Deregister {}?", self.meant_in_words(cx)),
            card: facts::removal(&nodes),
            ladder: Ladder::Typed(ladder),
            yes: Msg::Remove(ids),
        })
    }
}
