//! Stopping: what was not sent, everything, or single nodes; and what became of the requests.
//!
//! In: the runs that are not over, marks, the cursor, answers. Out: a menu, questions with whom they hit, requests, toasts.
//! Never here: the pace.

use std::collections::BTreeMap;

use pilothouse_api::commands::CancelCommand;
use pilothouse_api::protocol::{InstanceId, InvocationState};
use pilothouse_api::runs::AbortCommand;

use super::keys::Msg;
use super::state::{Command, Deed};
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::look;
use crate::route::CommandTab;
use crate::screen::Cx;
use crate::words;

/// The most nodes that one request to stop may name.
const PER_REQUEST: usize = 50;

impl Command {
    /// What can be stopped.
    pub(super) fn stop_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let unsent = self.count(InvocationState::Pending, cx);
        let all = self.stoppable(&[], cx).len() as u64;
        let mut items = vec![
            Choice {
                detail: format!("{} not sent: never begun; what runs runs on", words::count(unsent, "node")),
                disabled: self.reason(&Msg::Abort, cx),
                ..Choice::new("abort", Msg::Abort)
            },
            Choice {
                detail: format!("{} not over: never begun, or killed", words::count(all, "node")),
                disabled: self.reason(&Msg::Cancel(Vec::new()), cx),
                ..Choice::new("cancel everywhere", Msg::Cancel(Vec::new()))
            },
        ];
        let marks: Vec<InstanceId> = self.marked();
        if !marks.is_empty() {
            let msg = Msg::Cancel(marks);
            let Msg::Cancel(marks) = &msg else { return Effect::Close };
            items.push(Choice {
                detail: words::count(self.stoppable(marks, cx).len() as u64, "node") + " not over",
                disabled: self.reason(&msg, cx),
                ..Choice::new("cancel on what is marked", msg)
            });
        }
        items.extend(self.stop_one(cx));
        Effect::Pick { title: "Stop".to_owned(), items }
    }

    /// The choice to stop the run under the cursor.
    fn stop_one(&self, cx: &Cx<'_>) -> Option<Choice<Msg>> {
        // A group's sample is not what one points at.
        let run = self.run(cx).filter(|_| self.tab() != CommandTab::Summary)?;
        let name = self.detail(cx)?.name(run);
        let (label, detail) = match run.state {
            InvocationState::Pending => (format!("withdraw {name}"), "queued: it never begins there"),
            InvocationState::Delayed => (format!("withdraw {name}"), "sent, not answered"),
            _ => (format!("cancel on {name}"), "its processes are killed"),
        };
        let msg = Msg::Cancel(vec![run.instance_id.clone()]);
        Some(Choice { detail: detail.to_owned(), disabled: self.reason(&msg, cx), ..Choice::new(label, msg) })
    }

    fn count(&self, state: InvocationState, cx: &Cx<'_>) -> u64 {
        let command = self.detail(cx).and_then(|detail| detail.command.as_ref());
        command.and_then(|command| command.counts.get(&state)).copied().unwrap_or_default().into()
    }

    /// What is marked in the list of nodes.
    pub(super) fn marked(&self) -> Vec<InstanceId> {
        self.list.hand.marks.iter().cloned().collect()
    }

    /// Runs that can be stopped: of these nodes, or of all if there are none.
    pub(super) fn stoppable(&self, nodes: &[InstanceId], cx: &Cx<'_>) -> Vec<(InstanceId, InvocationState)> {
        let Some(detail) = self.detail(cx) else { return Vec::new() };
        let live = |run: &&pilothouse_api::topics::InvocationView| !run.state.is_terminal();
        let said = |run: &pilothouse_api::topics::InvocationView| (run.instance_id.clone(), run.state);
        if nodes.is_empty() {
            return detail.runs().iter().filter(live).map(said).collect();
        }
        nodes.iter().filter_map(|node| detail.run(node)).filter(live).map(said).collect()
    }

    pub(super) fn ask_to_cancel(&self, nodes: &[InstanceId], cx: &Cx<'_>) -> Effect<Msg> {
        let runs = self.stoppable(nodes, cx);
        let detail = self.detail(cx);
        let whom = match runs.as_slice() {
            [(node, _)] => match detail.and_then(|detail| Some(detail.name(detail.run(node)?))) {
                Some(name) => name.to_owned(),
                None => node.to_string(),
            },
            many => words::count(many.len() as u64, "node"),
        };
        let only_queued = runs.iter().all(|(_, state)| *state == InvocationState::Pending);
        let title = if only_queued && !nodes.is_empty() {
            format!("Withdraw it from {whom}?")
        } else {
            format!("Stop it on {whom}?")
        };
        // Asked for by name, only what was meant is stopped, whatever is added to the command meanwhile.
        let named =
            if nodes.is_empty() { Vec::new() } else { runs.iter().map(|(it, _)| it.clone()).collect() };
        self.question(title, &runs, Msg::Cancelled(named), cx)
    }

    pub(super) fn ask_to_abort(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let mut runs = self.stoppable(&[], cx);
        runs.retain(|(_, state)| *state == InvocationState::Pending);
        let title =
            format!("Give up the {} to which it was not sent?", words::count(runs.len() as u64, "node"));
        self.question(title, &runs, Msg::Aborted, cx)
    }

    /// A question with what it hits.
    fn question(
        &self,
        title: String,
        runs: &[(InstanceId, InvocationState)],
        yes: Msg,
        cx: &Cx<'_>,
    ) -> Effect<Msg> {
        let (mut states, mut envs) = (BTreeMap::new(), BTreeMap::new());
        for (node, state) in runs {
            *states.entry(*state).or_insert(0_u64) += 1;
            let env = cx.mirror.nodes.get(node).and_then(look::env_of).unwrap_or("no environment");
            *envs.entry(env).or_insert(0_u64) += 1;
        }
        let what = self.detail(cx).and_then(|detail| detail.command.as_ref()).map(words::first_line);
        let mut card: Vec<String> = what.into_iter().collect();
        card.extend(states.iter().map(|(state, n)| {
            let then = match state {
                InvocationState::Pending => "never sent",
                InvocationState::Delayed => "stopped as soon as the node answers",
                InvocationState::Cancelling => "asked to stop once more",
                _ => "the processes are killed; what they did stays done",
            };
            format!("{} {}: {then}", words::grouped(*n), look::invocation(*state, cx.theme.symbols()).word)
        }));
        card.extend(envs.iter().map(|(env, n)| format!("{} in {env}", words::count(*n, "node"))));
        let prod = envs.keys().find(|env| look::is_prod(env));
        let ladder = match (runs.len(), prod) {
            (_, Some(env)) => Ladder::Typed((*env).to_owned()),
            (n, None) if n >= cx.typed_from.max(2) => Ladder::Typed(n.to_string()),
            (1, None) => Ladder::Yes,
            _ => Ladder::Card,
        };
        Effect::Ask(Question { title, card, ladder, yes })
    }

    pub(super) fn cancel(&mut self, nodes: &[InstanceId]) -> Effects<Msg> {
        let all: &[&[InstanceId]] = &[&[]];
        let parts: Vec<&[InstanceId]> =
            if nodes.is_empty() { all.to_vec() } else { nodes.chunks(PER_REQUEST).collect() };
        let mut effects = Vec::new();
        for part in parts {
            let request = CancelCommand {
                command_id: self.id.to_string(),
                instance_ids: part.iter().map(ToString::to_string).collect(),
            };
            let ticket = self.ticket();
            self.deeds.insert(ticket, Deed::Cancel(u32::try_from(part.len()).unwrap_or(u32::MAX)));
            effects.push(Effect::Call(Ticket(ticket), Request::CancelCommand(request)));
        }
        effects
    }

    pub(super) fn abort(&mut self) -> Effects<Msg> {
        let ticket = self.ticket();
        self.deeds.insert(ticket, Deed::Abort);
        let request = AbortCommand { command_id: self.id.to_string() };
        vec![Effect::Call(Ticket(ticket), Request::AbortCommand(request))]
    }

    /// What became of a request to stop, or to go on otherwise.
    pub(super) fn hear_of_deed(deed: &Deed, result: Result<Reply, CallError>) -> Effects<Msg> {
        let on = |nodes: u32| match nodes {
            0 => String::new(),
            nodes => format!(" on {}", words::count(nodes.into(), "node")),
        };
        let (done, undone) = match deed {
            Deed::Cancel(nodes) => {
                (format!("asked to stop{}", on(*nodes)), format!("not stopped{}", on(*nodes)))
            }
            Deed::Abort => ("aborted: nothing more is sent".to_owned(), "not aborted".to_owned()),
            Deed::Update(said) => (said.clone(), "not changed".to_owned()),
        };
        vec![match result {
            Ok(_) => Effect::Toast(Level::Good, done),
            Err(error) => Effect::Toast(Level::Error, format!("{undone}: {error}")),
        }]
    }
}
