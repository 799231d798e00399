//! The question before a run: how many nodes, of which environments, what else runs there; and how hard it is to say yes.

use std::collections::HashSet;

use pilothouse_api::commands::Target;
use pilothouse_api::topics::{CommandView, NodeView};

use super::crew::now;
use super::form::Field;
use super::keys::Msg;
use super::state::Run;
use crate::effect::{Ladder, Question};
use crate::screen::Cx;
use crate::words;
use pilothouse_kit::safe;

/// So many of the commands that run there are named.
const NAMED: usize = 3;
/// Cells of a value.
const VALUE: usize = 48;

impl Run {
    /// The question, with everything that it will touch.
    pub(super) fn question(&self, cx: &Cx<'_>) -> Question<Msg> {
        let all = self.crew.nodes().len();
        let runs = if self.is_by_tags() { all } else { all - self.crew.tally.misfits };
        let what = self.document.as_ref().map(|document| format!("{} ", document.name)).unwrap_or_default();
        let waits = self.rights.tally.unapproved > 0;
        let title = match self.crew.nodes().iter().find(|node| self.crew.fits(now(node, &cx.mirror.nodes))) {
            _ if waits => format!("Ask for approval to run {what}on {}?", words::count(count(runs), "node")),
            Some(only) if runs == 1 => format!("Run {what}on {}?", only.name),
            _ => format!("Run {what}on {}?", words::count(count(runs), "node")),
        };
        Question {
            title,
            card: self.card(cx),
            ladder: Ladder::of(runs, self.crew.tally.production.as_deref(), cx.typed_from),
            yes: Msg::Confirmed,
        }
    }

    fn card(&self, cx: &Cx<'_>) -> Vec<String> {
        let tally = &self.crew.tally;
        let nodes: Vec<&NodeView> =
            self.crew.nodes().iter().map(|node| now(node, &cx.mirror.nodes)).collect();
        let mut card = self.what_in_words();
        card.push(format!("environments  {}", tally.environments));
        let silent = nodes.len() - tally.online;
        if silent > 0 {
            let wait = self.said(Field::Delivery);
            let verb = if silent == 1 { "does" } else { "do" };
            card.push(format!(
                "not there     {} {verb} not answer now: sent when back within {wait}",
                words::count(count(silent), "node")
            ));
        }
        if tally.misfits > 0 {
            let becomes = match (self.is_by_tags(), tally.misfits) {
                (true, 1) => "ends as InvalidPlatform",
                (true, _) => "end as InvalidPlatform",
                (false, 1) => "is left out",
                (false, _) => "are left out",
            };
            let (misfits, why) = match self.document {
                Some(_) => (words::count(count(tally.misfits), "node"), "does not fit"),
                None => (words::count(count(tally.misfits), "Windows node"), "no shell"),
            };
            card.push(format!("{why:<12}  {misfits} {becomes}"));
        }
        card.extend(self.rights.card());
        card.push(format!("at a time     {}", self.said(Field::Concurrency)));
        card.push(format!("errors        {}", self.errors_in_words()));
        card.extend(busy(&nodes, cx));
        card
    }

    /// What stands in a field, or what it is when nothing does.
    fn said(&self, field: Field) -> &str {
        let text = self.form.line(field).map_or("", |line| line.text().trim());
        if text.is_empty() { field.placeholder() } else { text }
    }

    fn errors_in_words(&self) -> String {
        match self.said(Field::Errors) {
            "0" => "the first one stops what is not yet sent".to_owned(),
            said => format!("more than {said} stop what is not yet sent"),
        }
    }

    /// The script, or the document with the values that are not its own.
    fn what_in_words(&self) -> Vec<String> {
        let Some(document) = &self.document else {
            return vec![format!("script        {}", self.script_in_words())];
        };
        let version = document.version_to_send().map(|version| format!(", version {version}"));
        let mut said = vec![format!("document      {}{}", document.name, version.unwrap_or_default())];
        let values = document.values();
        said.extend(values.iter().take(NAMED).map(|(name, texts)| {
            let mut lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty());
            let first = safe::cut(lines.next().unwrap_or_default(), VALUE, "...").into_owned();
            match lines.count() {
                0 => format!("parameter     {name} = {first}"),
                more => format!("parameter     {name} = {first}  (+{})", words::count(count(more), "line")),
            }
        }));
        if values.len() > NAMED {
            said.push(format!("parameter     {} more", values.len() - NAMED));
        }
        said
    }

    fn script_in_words(&self) -> String {
        let lines = self.form.script.lines().iter().filter(|line| !line.trim().is_empty());
        let first = lines.clone().find(|line| !line.trim_start().starts_with('#'));
        let first = first.or(self.form.script.lines().first()).map_or("", |line| line.trim());
        match lines.count() {
            0 | 1 => first.to_owned(),
            n => format!("{first}  (+{})", words::count(count(n - 1), "line")),
        }
    }
}

/// Commands that are not over on these nodes, in lines.
fn busy(nodes: &[&NodeView], cx: &Cx<'_>) -> Vec<String> {
    let here: HashSet<&str> = nodes.iter().map(|node| node.instance_id.as_str()).collect();
    let open = cx.mirror.commands.iter().filter(|command| !command.state.is_terminal());
    let busy: Vec<(&CommandView, usize)> = open
        .map(|command| (command, touched(command, nodes, &here)))
        .filter(|(_, touched)| *touched > 0)
        .collect();
    let mut lines: Vec<String> = busy
        .iter()
        .take(NAMED)
        .map(|(command, touched)| {
            let what = words::first_line(command);
            format!("also running  {what}, by {}, on {touched} of them", command.requested_by)
        })
        .collect();
    if busy.len() > NAMED {
        lines.push(format!("also running  {} more commands", busy.len() - NAMED));
    }
    lines
}

/// On how many of these nodes a command is meant to run.
fn touched(command: &CommandView, nodes: &[&NodeView], here: &HashSet<&str>) -> usize {
    if command.targets.is_empty() {
        command.instance_ids.iter().filter(|id| here.contains(id.as_str())).count()
    } else {
        nodes.iter().filter(|node| command.targets.iter().all(|target| hits(target, node))).count()
    }
}

fn hits(target: &Target, node: &NodeView) -> bool {
    if target.key.eq_ignore_ascii_case("InstanceIds") {
        return target.values.iter().any(|id| id == "*" || id == node.instance_id.as_str());
    }
    match target.key.strip_prefix("tag:") {
        Some(key) => {
            node.tags.get(key).is_some_and(|value| target.values.is_empty() || target.values.contains(value))
        }
        None => target.key == "tag-key" && target.values.iter().any(|key| node.tags.contains_key(key)),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
