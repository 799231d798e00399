//! The room's menus: what can be copied, on whom it can be run next, what can be done; and the nodes of a group, page by page.
//!
//! In: a command with its runs and groups, what is marked, where the cursor is, pages. Out: choices with the message that each
//! sends, and the place where the next run is prepared.
//! Never here: stopping.

use pilothouse_api::folding::{Bucket as Part, ListBucket, Normal};
use pilothouse_api::protocol::InstanceId;

use super::keys::Msg;
use super::progress::Bucket;
use super::state::Command;
use crate::effect::{CallError, Choice, Effect, Effects, Level, Reply, Request, Ticket};
use crate::route::{CommandTab, Route, RunSpec};
use crate::screen::Cx;
use crate::words;

/// The most ids that are asked for at a time.
const PAGE: i64 = 10_000;

/// On whom it is run next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// What is marked.
    Marked,
    /// The node under the cursor.
    One(InstanceId),
    /// Those whose runs came out so.
    Bucket(Bucket),
    /// Those that say the same.
    Group {
        /// The group's id.
        id: String,
        /// How outputs were compared for it.
        normal: Normal,
    },
    /// On whom it was run first: the same targets, resolved anew.
    Everyone,
}

/// A group whose nodes are being read, page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gathering {
    ticket: u32,
    part: Part,
    nodes: Vec<InstanceId>,
}

impl Command {
    /// On whom to run next.
    pub(super) fn again_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let runs = self.detail(cx).map_or(&[][..], |detail| detail.runs());
        let mut items = Vec::new();
        if self.tab() == CommandTab::Summary
            && let Some(group) = self.summary.on(cx)
        {
            let again = Again::Group { id: group.id.clone(), normal: self.summary.normal };
            let name = group.names.first().map_or("", String::as_str);
            let label =
                if group.count > 1 { format!("those that say what {name} says") } else { name.to_owned() };
            items.push(choice(label, group.count as usize, Msg::RunOn(again)));
        } else if let Some(run) = self.run(cx) {
            let name = self.detail(cx).map_or(run.node_name.as_str(), |detail| detail.name(run));
            items.push(choice(name.to_owned(), 1, Msg::RunOn(Again::One(run.instance_id.clone()))));
        }
        let marked = self.list.hand.marks.len();
        if marked > 0 {
            items.push(choice("what is marked".to_owned(), marked, Msg::RunOn(Again::Marked)));
        }
        for bucket in Bucket::ALL {
            let nodes = runs.iter().filter(|run| bucket.holds(run)).count();
            items.push(choice(bucket.label().to_owned(), nodes, Msg::RunOn(Again::Bucket(bucket))));
        }
        items.push(Choice {
            detail: "the same targets, looked up anew".to_owned(),
            ..Choice::new("everyone", Msg::RunOn(Again::Everyone))
        });
        Effect::Pick { title: "Run next on".to_owned(), items }
    }

    /// Prepares a run on those that are meant; the nodes of a group are asked for first.
    pub(super) fn run_on(&mut self, again: Again, cx: &Cx<'_>) -> Effects<Msg> {
        let nodes = match again {
            Again::Marked => self.marked(),
            Again::One(node) => vec![node],
            Again::Bucket(bucket) => {
                self.detail(cx).map_or_else(Vec::new, |it| bucket.nodes(it.runs().iter()))
            }
            Again::Everyone => Vec::new(),
            Again::Group { id, normal } => {
                return vec![self.gather(Part::Group { id, normal }, Vec::new(), None)];
            }
        };
        vec![self.prepare(nodes)]
    }

    fn prepare(&self, nodes: Vec<InstanceId>) -> Effect<Msg> {
        let spec = RunSpec { nodes, from: Some(self.id.clone()), ..RunSpec::default() };
        Effect::Open(Route::Run(spec))
    }

    fn gather(&mut self, part: Part, nodes: Vec<InstanceId>, next: Option<String>) -> Effect<Msg> {
        let ticket = self.ticket();
        let request = ListBucket {
            command_id: self.id.to_string(),
            bucket: part.clone(),
            max_results: Some(PAGE),
            next_token: next,
        };
        self.gathering = Some(Gathering { ticket, part, nodes });
        Effect::Call(Ticket(ticket), Request::ListBucket(request))
    }

    /// A page of a group's nodes came; an answer that is not waited for any more is not heard.
    pub(super) fn hear_of_nodes(&mut self, ticket: u32, result: Result<Reply, CallError>) -> Effects<Msg> {
        let Some(mut gathering) = self.gathering.take_if(|it| it.ticket == ticket) else { return Vec::new() };
        let page = match result {
            Ok(Reply::ListBucket(page)) => page,
            Ok(_) => return Vec::new(),
            Err(error) => {
                return vec![Effect::Toast(Level::Error, format!("its nodes are not known: {error}"))];
            }
        };
        gathering.nodes.extend(page.instance_ids.iter().filter_map(|id| id.parse().ok()));
        if page.next_token.is_some() {
            return vec![self.gather(gathering.part, gathering.nodes, page.next_token)];
        }
        if gathering.nodes.is_empty() {
            return vec![Effect::Toast(Level::Warn, "no node is in it any more".to_owned())];
        }
        vec![self.prepare(gathering.nodes)]
    }

    /// What can be copied.
    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let command = self.detail(cx).and_then(|detail| detail.command.as_ref());
        let mut items = vec![
            text("command id", self.id.to_string()),
            text("locator", Route::Command(self.spot()).to_string()),
        ];
        if let Some(command) = command {
            items.extend(words::script(command).map(|script| text("script", script)));
            items.extend(words::run_line(command).map(|line| text("line to run it again", line)));
        }
        items.push(text("aws line, all nodes", words::aws_line(&self.id, None)));
        if let Some(run) = self.run(cx) {
            items.push(text("aws line, this node", words::aws_line(&self.id, Some(&run.instance_id))));
            items.push(text("node id", run.instance_id.to_string()));
            items.push(text("node name", run.node_name.clone()));
            if !run.message.is_empty() {
                items.push(text("what it says", run.message.clone()));
            }
        }
        if self.tab() == CommandTab::Diff {
            items.extend(self.diff.text().map(|lines| text("comparison", lines)));
        }
        let output = self.output.shown(cx);
        items.push(Choice {
            detail: output.map_or_else(String::new, |output| words::count(output.len() as u64, "line")),
            disabled: self.reason(&Msg::CopyOutput, cx),
            ..Choice::new("output shown", Msg::CopyOutput)
        });
        Effect::Pick { title: "Copy".to_owned(), items }
    }

    /// What can be done.
    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let paused = self.detail(cx).and_then(|it| it.command.as_ref()).is_some_and(|command| command.paused);
        let rows = [
            ("what it says", Msg::Enter),
            ("compare with what most nodes say", Msg::Compare),
            ("go to the node", Msg::Describe),
            ("run next on", Msg::Again),
            (if paused { "go on" } else { "pause" }, Msg::Pause),
            ("more at a time", Msg::Faster(true)),
            ("fewer at a time", Msg::Faster(false)),
            ("limits", Msg::Limits),
            ("stop", Msg::Stop),
            ("copy", Msg::Copy),
            ("save the output", Msg::Output(super::output::OutputMsg::Save)),
        ];
        let items =
            rows.map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.into() }
    }
}

fn choice(label: String, nodes: usize, msg: Msg) -> Choice<Msg> {
    Choice {
        detail: words::count(nodes as u64, "node"),
        disabled: (nodes == 0).then(|| "none".to_owned()),
        ..Choice::new(label, msg)
    }
}
