//! What the room does when it is told something.

use std::collections::BTreeMap;

use pilothouse_api::commands::CancelCommand;
use pilothouse_api::protocol::{InstanceId, InvocationState};
use pilothouse_kit::pager::PagerMsg;

use super::keys::Msg;
use super::output::{OutputMsg, Source, file};
use super::state::{Command, Focus};
use super::table::Runs;
use crate::effect::{CallError, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::look;
use crate::mirror::Output;
use crate::route::{Route, RunSpec};
use crate::screen::Cx;
use crate::screens::rows::{ListMsg, Step};
use crate::words;

/// The most nodes that one request to stop may name.
const PER_REQUEST: usize = 50;

impl Command {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let said = match msg {
            Msg::Stop if self.stoppable(cx).is_empty() => match self.list.hand.marks.is_empty() {
                true => "it is over everywhere",
                false => "it is over on what is marked",
            },
            Msg::Enter | Msg::Describe if self.list.on().is_none() => "there is no node",
            Msg::Enter if self.zoom && self.focus == Focus::Output => "it has the whole room already",
            Msg::Merge
                if self.merged != Some(true) && self.detail(cx).is_none_or(|detail| detail.len() < 2) =>
            {
                "there is only one node"
            }
            Msg::Again if self.detail(cx).is_none_or(|detail| detail.command.is_none()) => "not loaded yet",
            Msg::Output(OutputMsg::Save) if self.output_shown(cx).is_none_or(Output::is_empty) => {
                "there is no output"
            }
            _ => return None,
        };
        Some(said.to_owned())
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        let effects = match msg {
            Msg::List(msg) => self.list_or_output(msg, cx),
            Msg::Output(msg) => self.tell_output(msg, cx),
            Msg::Enter => self.enter(),
            Msg::Describe => self.list.on().map(|node| Effect::Open(Route::Node(node))).into_iter().collect(),
            Msg::Switch => {
                self.focus = if self.focus == Focus::Nodes { Focus::Output } else { Focus::Nodes };
                Vec::new()
            }
            Msg::Zoom => {
                self.zoom = !self.zoom;
                Vec::new()
            }
            Msg::Merge => {
                self.merged = Some(self.merged != Some(true));
                Vec::new()
            }
            Msg::Stop => vec![self.ask_to_stop(cx)],
            Msg::Stopped(nodes) => self.stop(&nodes),
            Msg::Again => vec![self.again_menu(cx)],
            Msg::RunOn(again) => {
                let nodes = self.nodes_again(again, cx);
                vec![Effect::Open(Route::Run(RunSpec {
                    nodes,
                    from: Some(self.id.clone()),
                    ..RunSpec::default()
                }))]
            }
            Msg::Copy => vec![self.copy_menu(cx)],
            Msg::CopyText(text) => vec![Effect::Copy(text)],
            Msg::CopyOutput => vec![Effect::Copy(file(&self.lines(cx)))],
            Msg::Actions => vec![self.actions_menu(cx)],
        };
        self.refresh(cx);
        effects
    }

    /// What moves belongs to the pane that has the keys.
    fn list_or_output(&mut self, msg: ListMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let way = |down: bool| if down { 1 } else { -1 };
        let to_pager = match msg {
            _ if self.focus == Focus::Nodes => None,
            ListMsg::Filter => return self.tell_output(OutputMsg::Search, cx),
            ListMsg::Step(Step::By(rows)) => Some(PagerMsg::Scroll(rows)),
            ListMsg::Step(Step::First) => Some(PagerMsg::First),
            ListMsg::Step(Step::Last) => Some(PagerMsg::Last),
            ListMsg::Half(down) => Some(PagerMsg::HalfPage(way(down))),
            ListMsg::Page(down) => Some(PagerMsg::Page(way(down))),
            ListMsg::Sideways(right) => Some(PagerMsg::Sideways(way(right))),
            // What is not seen must not be marked.
            ListMsg::Mark => Some(PagerMsg::Page(1)),
            _ => None,
        };
        match (to_pager, Runs::of(&self.id, cx)) {
            (Some(msg), _) => self.tell_output(OutputMsg::Pager(msg), cx),
            (None, Some(rows)) => self.list.update(msg, &rows, Msg::List),
            (None, None) => Vec::new(),
        }
    }

    fn tell_output(&mut self, msg: OutputMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let name = self.file_name(cx);
        let source = self.source();
        self.output.update(msg, &Source::of(&self.id, source.as_ref(), cx), &name)
    }

    /// The lines that are shown.
    pub(super) fn lines<'a>(&self, cx: &'a Cx<'a>) -> Source<'a> {
        Source::of(&self.id, self.source().as_ref(), cx)
    }

    /// The output that is shown.
    pub(super) fn output_shown<'a>(&self, cx: &Cx<'a>) -> Option<&'a Output> {
        match self.source() {
            Some(node) => cx.mirror.output(&self.id, &node),
            None => cx.mirror.merged(&self.id),
        }
    }

    fn file_name(&self, cx: &Cx<'_>) -> String {
        let whose = match self.source() {
            Some(_) => self.detail(cx).and_then(|detail| Some(detail.name(self.run(cx)?))).unwrap_or("node"),
            None => "all",
        };
        let id: String = self.id.as_str().chars().take(8).collect();
        format!("{id}-{whose}")
    }

    fn enter(&mut self) -> Effects<Msg> {
        if self.focus == Focus::Nodes {
            (self.merged, self.focus) = (Some(false), Focus::Output);
        }
        self.zoom = true;
        Vec::new()
    }

    /// Runs that can be stopped: of the marked ones, or of all.
    fn stoppable(&self, cx: &Cx<'_>) -> Vec<(InstanceId, InvocationState)> {
        let Some(detail) = self.detail(cx) else { return Vec::new() };
        let marks = &self.list.hand.marks;
        let live = detail.runs().iter().filter(|run| !run.state.is_terminal());
        live.filter(|run| marks.is_empty() || marks.contains(&run.instance_id))
            .map(|run| (run.instance_id.clone(), run.state))
            .collect()
    }

    fn ask_to_stop(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let runs = self.stoppable(cx);
        let (mut states, mut envs) = (BTreeMap::new(), BTreeMap::new());
        for (node, state) in &runs {
            *states.entry(*state).or_insert(0_u64) += 1;
            let env = cx.mirror.nodes.get(node).and_then(look::env_of).unwrap_or("no environment");
            *envs.entry(env).or_insert(0_u64) += 1;
        }
        let whom = match runs.as_slice() {
            [(node, _)] => cx.mirror.nodes.name(node).to_owned(),
            many => words::count(many.len() as u64, "node"),
        };
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
        // Asked for by name, only what was marked is stopped, whatever is added to the command meanwhile.
        let nodes = if self.list.hand.marks.is_empty() {
            Vec::new()
        } else {
            runs.into_iter().map(|(it, _)| it).collect()
        };
        Effect::Ask(Question { title: format!("Stop it on {whom}?"), card, ladder, yes: Msg::Stopped(nodes) })
    }

    fn stop(&mut self, nodes: &[InstanceId]) -> Effects<Msg> {
        let all: &[&[InstanceId]] = &[&[]];
        let parts: Vec<&[InstanceId]> =
            if nodes.is_empty() { all.to_vec() } else { nodes.chunks(PER_REQUEST).collect() };
        let mut effects = Vec::new();
        for part in parts {
            let request = CancelCommand {
                command_id: self.id.to_string(),
                instance_ids: part.iter().map(ToString::to_string).collect(),
            };
            self.stopping.insert(self.next, u32::try_from(part.len()).unwrap_or(u32::MAX));
            effects.push(Effect::Call(Ticket(self.next), Request::CancelCommand(request)));
            self.next += 1;
        }
        effects
    }

    pub(super) fn hear_answer(&mut self, ticket: Ticket, result: Result<Reply, CallError>) -> Effects<Msg> {
        let Some(nodes) = self.stopping.remove(&ticket.0) else { return Vec::new() };
        let on = if nodes == 0 {
            String::new()
        } else {
            format!(" on {}", words::count(u64::from(nodes), "node"))
        };
        vec![match result {
            Ok(_) => Effect::Toast(Level::Good, format!("asked to stop{on}")),
            Err(error) => Effect::Toast(Level::Error, format!("not stopped{on}: {error}")),
        }]
    }
}
