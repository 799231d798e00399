//! The room's menus: what can be copied, on whom it can be run again, what can be done.
//!
//! In: a command with its runs, what is marked, where the cursor is. Out: choices with the message that each sends.
//! Never here: carrying anything out.

use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::InvocationView;

use super::keys::Msg;
use super::progress::Bucket;
use super::state::Command;
use crate::effect::{Choice, Effect};
use crate::route::Route;
use crate::screen::Cx;
use crate::words;

/// On whom a command is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// What is marked.
    Marked,
    /// Those whose runs came out so.
    Bucket(Bucket),
    /// On whom it was run first: the same targets, resolved anew.
    Everyone,
}

impl Command {
    /// On whom to run it again.
    pub(super) fn again_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let runs = self.detail(cx).map_or(&[][..], |detail| detail.runs());
        let mut items = Vec::new();
        let marked = self.list.hand.marks.len();
        if marked > 0 {
            items.push(choice("what is marked".to_owned(), marked, Msg::RunOn(Again::Marked)));
        }
        for bucket in Bucket::ALL {
            let nodes = runs.iter().filter(|run| bucket.holds(run.state)).count();
            items.push(choice(bucket.label().to_owned(), nodes, Msg::RunOn(Again::Bucket(bucket))));
        }
        items.push(Choice {
            detail: "the same targets, looked up anew".to_owned(),
            ..Choice::new("everyone", Msg::RunOn(Again::Everyone))
        });
        Effect::Pick { title: "Run again on".to_owned(), items }
    }

    /// The nodes that are meant; none for everyone.
    pub(super) fn nodes_again(&self, again: Again, cx: &Cx<'_>) -> Vec<InstanceId> {
        match again {
            Again::Marked => self.list.hand.marks.iter().cloned().collect(),
            Again::Bucket(bucket) => {
                self.detail(cx).map_or_else(Vec::new, |it| bucket.nodes(it.runs().iter()))
            }
            Again::Everyone => Vec::new(),
        }
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
            text("locator", Route::Command(self.id.clone()).to_string()),
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
        let output = self.output_shown(cx);
        items.push(Choice {
            detail: output.map_or_else(String::new, |output| words::count(output.len() as u64, "line")),
            disabled: output.is_none_or(|it| it.is_empty()).then(|| "there is none".to_owned()),
            ..Choice::new("output shown", Msg::CopyOutput)
        });
        Effect::Pick { title: "Copy".to_owned(), items }
    }

    /// What can be done.
    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let marked = self.list.hand.marks.len() as u64;
        let stop = if marked == 0 {
            "stop everywhere".to_owned()
        } else {
            format!("stop on {}", words::count(marked, "marked node"))
        };
        let rows = [
            ("output of this node", Msg::Enter),
            ("go to the node", Msg::Describe),
            ("run again on", Msg::Again),
            (stop.as_str(), Msg::Stop),
            ("copy", Msg::Copy),
            ("save the output", Msg::Output(super::output::OutputMsg::Save)),
        ];
        let items =
            rows.map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.into() }
    }

    /// The run under the cursor.
    pub(super) fn run<'a>(&self, cx: &Cx<'a>) -> Option<&'a InvocationView> {
        self.detail(cx)?.run(&self.list.on()?)
    }
}

fn choice(label: String, nodes: usize, msg: Msg) -> Choice<Msg> {
    Choice {
        detail: words::count(nodes as u64, "node"),
        disabled: (nodes == 0).then(|| "none".to_owned()),
        ..Choice::new(label, msg)
    }
}
