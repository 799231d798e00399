//! The only mutation.

use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::NodeView;

use super::columns::Column;
use super::fleet::Fleet;
use super::invite::{self, Invite};
use super::keys::Msg;
use super::state::Nodes;
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::facts;
use crate::route::{Route, RunSpec};
use crate::screen::Cx;

/// The most nodes that are removed at once: each is a call.
const MAX_REMOVED: usize = 100;

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
            Msg::Register => {
                let ticket = self.ticket();
                vec![Effect::Call(ticket, Request::CreateActivation(invite::request()))]
            }
            Msg::CopyInvite => {
                self.invite.iter().map(|invite| Effect::Copy(invite.line(&cx.mirror.server))).collect()
            }
            Msg::CloseInvite => {
                self.invite = None;
                Vec::new()
            }
            Msg::Deregister => self.ask_removal(cx).map(Effect::Ask).into_iter().collect(),
            Msg::Remove(ids) => self.remove(ids),
            Msg::Nothing => Vec::new(),
        }
    }

    pub(super) fn hear_answer(
        &mut self,
        ticket: Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let removed = self.removing.remove(&ticket.0);
        match (result, removed) {
            (Ok(Reply::CreateActivation(activation)), _) => {
                self.invite = Some(Invite::new(activation));
                Vec::new()
            }
            (Ok(_), Some(id)) if self.removing.is_empty() => {
                self.list.hand.marks.remove(&id);
                vec![Effect::Toast(Level::Good, "deregistered".to_owned())]
            }
            (Ok(_), _) => Vec::new(),
            (Err(error), Some(id)) => {
                let name = cx.mirror.nodes.name(&id);
                vec![Effect::Toast(Level::Error, format!("{name} was not deregistered: {error}"))]
            }
            (Err(error), None) => vec![Effect::Toast(Level::Error, error.message)],
        }
    }

    /// Why it makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let nothing = || self.list.meant().is_empty().then(|| "there is no node to do it on".to_owned());
        let unlinked = || (!cx.mirror.link.is_live()).then(|| "the server is not reached".to_owned());
        match msg {
            Msg::Open | Msg::Copy | Msg::Run => nothing(),
            Msg::Deregister => nothing().or_else(unlinked).or_else(|| {
                let many = self.list.meant().len() > MAX_REMOVED;
                many.then(|| format!("at most {MAX_REMOVED} nodes at a time"))
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

    fn ask_column(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let tags = cx.mirror.nodes.tag_keys();
        // The name stays: without it no row could be told from another.
        let known = Column::ALL.into_iter().skip(1).chain(tags.keys().cloned().map(Column::Tag));
        // A chosen tag that no node has (any more) can be taken away too.
        let orphans =
            self.columns.iter().filter(|shown| matches!(shown, Column::Tag(key) if !tags.contains_key(key)));
        let items = known.chain(orphans.cloned()).map(|column| {
            let shown = if self.columns.contains(&column) { "shown" } else { "" };
            let detail = match &column {
                Column::Tag(key) => format!("tag of {} nodes  {shown}", tags.get(key).copied().unwrap_or(0)),
                _ => shown.to_owned(),
            };
            let label = column.title().to_owned();
            Choice { detail, ..Choice::new(label, Msg::Toggle(column)) }
        });
        Effect::Pick { title: "Show or hide a column".to_owned(), items: items.collect() }
    }

    fn ask_copy(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(node) = self.node(cx) else { return Vec::new() };
        let mut items: Vec<_> = facts::copies(node)
            .into_iter()
            .map(|(what, text)| Choice { detail: text.clone(), ..Choice::new(what, Msg::CopyText(text)) })
            .collect();
        let marks = &self.list.hand.marks;
        if !marks.is_empty() {
            let ids: Vec<&str> = marks.iter().map(InstanceId::as_str).collect();
            let names: Vec<&str> = marks.iter().map(|id| cx.mirror.nodes.name(id)).collect();
            for (what, texts) in [("ids", ids), ("names", names)] {
                let label = format!("{what} of the {} marked", marks.len());
                items.push(Choice::new(label, Msg::CopyText(texts.join("\n"))));
            }
        }
        vec![Effect::Pick { title: format!("Copy of {}", node.name), items }]
    }

    fn ask_action(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let meant = self.meant_in_words(cx);
        let on = self.node(cx).map_or_else(|| "the node".to_owned(), |node| node.name.clone());
        let marks = self.list.hand.marks.len();
        let items = [
            (format!("Run a command on {meant}"), "r", Msg::Run),
            (format!("Open {on}"), "Enter", Msg::Open),
            (format!("Copy from {on}"), "y", Msg::Copy),
            (format!("Take away {marks} marks"), "u", Msg::List(crate::screens::rows::ListMsg::Unmark)),
            ("Add a node".to_owned(), "a", Msg::Register),
            (format!("Deregister {meant}"), "D", Msg::Deregister),
        ];
        let items = items.into_iter().map(|(label, key, msg)| {
            let disabled = match &msg {
                Msg::List(_) if marks == 0 => Some("nothing is marked".to_owned()),
                msg => self.reason(msg, cx),
            };
            Choice { detail: key.to_owned(), disabled, ..Choice::new(label, msg) }
        });
        Effect::Pick { title: format!("Do on {meant}"), items: items.collect() }
    }

    fn ask_removal(&self, cx: &Cx<'_>) -> Option<Question<Msg>> {
        let ids = self.list.meant();
        let nodes: Vec<&NodeView> = ids.iter().filter_map(|id| cx.mirror.nodes.get(id)).collect();
        let first = nodes.first()?;
        let ladder = if nodes.len() == 1 { first.name.clone() } else { nodes.len().to_string() };
        Some(Question {
            title: format!("Deregister {}?", self.meant_in_words(cx)),
            card: facts::removal(&nodes),
            ladder: Ladder::Typed(ladder),
            yes: Msg::Remove(ids),
        })
    }

    fn remove(&mut self, ids: Vec<InstanceId>) -> Effects<Msg> {
        let mut effects = Vec::with_capacity(ids.len());
        for id in ids {
            let ticket = self.ticket();
            let instance_id = id.to_string();
            self.removing.insert(ticket.0, id);
            let request = Request::DeregisterManagedInstance(DeregisterManagedInstance { instance_id });
            effects.push(Effect::Call(ticket, request));
        }
        effects
    }
}
