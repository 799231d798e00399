//! Whose output is shown: what it is called, whose can be shown instead, whose is saved.

use pilothouse_api::folding::{Group, Normal};
use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::InvocationView;

use super::super::keys::Msg;
use super::lines::name;
use super::{OutputMsg, OutputTab};
use crate::effect::{Choice, Effect};
use crate::screen::Cx;
use crate::times;
use crate::words;

/// The most nodes that are offered to choose from; the list of nodes has all of them.
const OFFERED: usize = 1_000;

/// Whose output is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All nodes', merged.
    All,
    /// One node's.
    One(InstanceId),
    /// What all nodes of a group say alike.
    Group {
        /// The one of them whose output is read.
        sample: InstanceId,
        /// How many they were when it was chosen.
        count: u32,
        /// How outputs were compared for it.
        normal: Normal,
    },
}

impl OutputTab {
    /// The node's name, if it is one.
    pub(super) fn name(&self, cx: &Cx<'_>) -> Option<String> {
        Some(name(self.detail(cx), self.node()?, cx).to_owned())
    }

    /// The group that is shown, as it is now, with its place among the others.
    pub(super) fn group<'a>(&self, cx: &Cx<'a>) -> Option<(usize, &'a Group)> {
        let Whose::Group { sample, normal, .. } = self.whose.as_ref()? else { return None };
        let groups = cx.mirror.folded(&self.command, *normal)?.groups();
        groups.iter().enumerate().find(|(_, group)| group.sample == *sample)
    }

    pub(super) fn whose_words(&self, cx: &Cx<'_>) -> String {
        match self.name(cx) {
            Some(name) => format!("the output of {name}"),
            None => "the output of all nodes".to_owned(),
        }
    }

    pub(super) fn file_name(&self, cx: &Cx<'_>) -> String {
        let whose = self.name(cx).unwrap_or_else(|| "all".to_owned());
        let id: String = self.command.as_str().chars().take(8).collect();
        format!("{id}-{whose}")
    }

    /// The nodes whose output is saved: those that said something.
    pub(super) fn saved(&self, cx: &Cx<'_>) -> Vec<(InstanceId, String)> {
        let Some(detail) = self.detail(cx) else { return Vec::new() };
        let here = |node: &InstanceId| self.node().is_none_or(|it| it == node);
        let said = |node: &InstanceId| cx.mirror.output(&self.command, node).is_some_and(|it| !it.is_empty());
        let runs = detail.runs().iter().filter(|run| here(&run.instance_id));
        runs.filter(|run| run.output_end > 0 || said(&run.instance_id))
            .map(|run| (run.instance_id.clone(), detail.name(run).to_owned()))
            .collect()
    }

    /// The node, or the group, beside the one that is shown.
    pub(super) fn neighbour(&self, forward: bool, cx: &Cx<'_>) -> Option<Whose> {
        let beside = |at: Option<usize>, len: usize| match at {
            Some(at) if forward => (at + 1) % len,
            Some(at) => (at + len - 1) % len,
            None => 0,
        };
        if let Some(Whose::Group { normal, .. }) = &self.whose {
            let groups = cx.mirror.folded(&self.command, *normal)?.groups();
            let at = self.group(cx).map(|(at, _)| at);
            return Some(of_group(groups.get(beside(at, groups.len().max(1)))?, *normal));
        }
        let detail = self.detail(cx)?;
        let at = self.node().and_then(|node| detail.position(node));
        let run = detail.runs().get(beside(at, detail.len().max(1)))?;
        Some(Whose::One(run.instance_id.clone()))
    }

    /// Whose output can be shown.
    pub(super) fn choices(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let choice = |label: String, detail: String, whose: Whose| Choice {
            detail,
            ..Choice::new(label, Msg::Output(OutputMsg::Show(whose)))
        };
        let mut items = vec![choice("all nodes, merged".to_owned(), String::new(), Whose::All)];
        let normal = match &self.whose {
            Some(Whose::Group { normal, .. }) => *normal,
            _ => Normal::default(),
        };
        for group in cx.mirror.folded(&self.command, normal).map_or(&[][..], |folded| folded.groups()) {
            let nodes = words::count(group.count.into(), "node");
            items.push(choice(
                format!("{nodes} like {}", group.names.join(", ")),
                String::new(),
                of_group(group, normal),
            ));
        }
        if let Some(detail) = self.detail(cx) {
            let one = |run: &InvocationView| {
                let said = times::bytes(run.output_end);
                choice(detail.name(run).to_owned(), said, Whose::One(run.instance_id.clone()))
            };
            items.extend(detail.runs().iter().take(OFFERED).map(one));
        }
        Effect::Pick { title: "Output of".to_owned(), items }
    }
}

fn of_group(group: &Group, normal: Normal) -> Whose {
    Whose::Group { sample: group.sample.clone(), count: group.count, normal }
}
