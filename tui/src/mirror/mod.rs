//! What we know of the server, and how fresh it is. Rooms read it through `Cx`; only the shell writes it, with what `remote` brings.
//!
//! In: news of a topic, with the topic's cursor moved past it; the link's state. Out: one file per noun, each of which says
//! `Loading`, `Fresh`, `Stale` or `Failed`. Data and cursor are kept together, so what is forgotten is also asked for again.
//! Everything that a node told (names, tags, output) is untrusted; output is stored made harmless, names are made harmless
//! where they are drawn.
//!
//! Never here: I/O, calls, styles.

mod approvals;
mod armings;
mod audit;
mod bare;
mod caller;
mod changed;
mod command;
mod commands;
mod freshness;
mod link;
mod nodes;
mod output;
mod parameters;
mod rights;

use std::collections::BTreeMap;

use pilothouse_api::audit::AuditFilter;
use pilothouse_api::protocol::{CommandId, InstanceId, Millis};
use pilothouse_api::topics::{News, Topic};

pub use approvals::Approvals;
pub use armings::Armings;
pub use audit::{MAX_RECORDS, Trail};
pub use bare::bare;
pub use caller::Caller;
pub use command::CommandDetail;
pub use commands::Commands;
pub use freshness::Freshness;
pub use link::Link;
pub use nodes::Nodes;
pub use output::{Line, MAX_LINES, Output, Said};
pub use parameters::{MAX_EVENTS, Parameters};

/// How many commands, outputs and trails are kept after the last room that showed them closed.
const KEPT: usize = 8;

/// What a run's output is kept under: one node's, or all nodes' merged.
pub type OutputKey = (CommandId, Option<InstanceId>);

/// What we know of the server.
#[derive(Debug, Default)]
pub struct Mirror {
    /// The fleet.
    pub nodes: Nodes,
    /// The history.
    pub commands: Commands,
    /// Who has armed what.
    pub armings: Armings,
    /// Requests for approval.
    pub approvals: Approvals,
    /// What happened to parameters.
    pub parameters: Parameters,
    /// Who we are to the server.
    pub caller: Caller,
    /// Whether we hear the server.
    pub link: Link,
    /// The server's URL, for lines that people type elsewhere; empty while it is not known.
    pub server: String,
    /// The region that we work in; empty while it is not known.
    pub region: String,
    /// How often documents were changed from here.
    document_changes: u64,
    details: BTreeMap<CommandId, CommandDetail>,
    outputs: BTreeMap<OutputKey, Output>,
    trails: BTreeMap<AuditFilter, Trail>,
    /// How far the server's clock is before ours, in milliseconds.
    clock_ahead: i64,
    generation: u64,
}

impl Mirror {
    /// Counts every change of anything: what has seen this number has seen all.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// A command with its runs, once a room that wants it was opened.
    #[must_use]
    pub fn command(&self, id: &CommandId) -> Option<&CommandDetail> {
        self.details.get(id)
    }

    /// Output of one run.
    #[must_use]
    pub fn output(&self, command: &CommandId, node: &InstanceId) -> Option<&Output> {
        self.outputs.get(&(command.clone(), Some(node.clone())))
    }

    /// Output of all runs of a command, in order of arrival.
    #[must_use]
    pub fn merged(&self, command: &CommandId) -> Option<&Output> {
        self.outputs.get(&(command.clone(), None))
    }

    /// Calls that a filter lets through, once a room that wants them was opened.
    #[must_use]
    pub fn trail(&self, filter: &AuditFilter) -> Option<&Trail> {
        self.trails.get(filter)
    }

    /// Notes that a topic is followed from now on, and says from where: the cursor of what is kept of it.
    pub fn opened(&mut self, topic: &Topic) -> Topic {
        self.generation += 1;
        match topic {
            Topic::Nodes { .. } => self.nodes.cursor(),
            Topic::Commands { .. } => self.commands.cursor(),
            Topic::Command { command_id, .. } => {
                let detail = self.details.entry(command_id.clone()).or_default();
                detail.followed = true;
                Topic::Command { command_id: command_id.clone(), after: detail.revision() }
            }
            Topic::Output { .. } | Topic::Merged { .. } => {
                let output = self.outputs.entry(output_key(topic)).or_default();
                output.followed = true;
                output.cursor(topic)
            }
            Topic::Armings { .. } => Topic::Armings { after: self.armings.revision() },
            Topic::Approvals { .. } => Topic::Approvals { after: self.approvals.revision() },
            Topic::Audit { filter, .. } => {
                let trail = self.trails.entry(filter.clone()).or_default();
                trail.followed = true;
                Topic::Audit { filter: filter.clone(), after: trail.after() }
            }
            Topic::Parameters { .. } => self.parameters.cursor(),
        }
    }

    /// Notes that nobody looks at a topic any more; what is known of it is kept for a while.
    pub fn closed(&mut self, topic: &Topic, now: Millis) {
        self.generation += 1;
        if let Topic::Command { command_id, .. } = topic
            && let Some(detail) = self.details.get_mut(command_id)
        {
            (detail.followed, detail.closed_at) = (false, now);
        }
        if let Topic::Output { .. } | Topic::Merged { .. } = topic
            && let Some(output) = self.outputs.get_mut(&output_key(topic))
        {
            (output.followed, output.closed_at) = (false, now);
        }
        if let Topic::Audit { filter, .. } = topic
            && let Some(trail) = self.trails.get_mut(filter)
        {
            (trail.followed, trail.closed_at) = (false, now);
        }
        if let Some(freshness) = self.freshness_mut(topic) {
            stale(freshness, now);
        }
        forget_oldest(&mut self.details, |detail| (!detail.followed).then_some(detail.closed_at));
        forget_oldest(&mut self.outputs, |output| (!output.followed).then_some(output.closed_at));
        forget_oldest(&mut self.trails, |trail| (!trail.followed).then_some(trail.closed_at));
    }

    /// Takes in news. `next` is the topic with its cursor moved past them; with `more`, further news follow at once.
    pub fn news(&mut self, news: News, next: &Topic, more: bool) {
        self.generation += 1;
        match (news, next) {
            (News::Nodes { nodes, gone, reset }, Topic::Nodes { after, under }) => {
                self.nodes.hear(nodes, &gone, reset, (*after, *under));
            }
            (News::Commands { commands, reset }, Topic::Commands { after, under }) => {
                self.commands.hear(commands, reset, (*after, *under));
            }
            (News::Command { command, invocations }, Topic::Command { command_id, after }) => {
                self.details.entry(command_id.clone()).or_default().take(command, invocations, *after);
            }
            (News::Output { chunks, complete }, Topic::Output { instance_id, .. }) => {
                let output = self.outputs.entry(output_key(next)).or_default();
                output.take(chunks.into_iter().map(|chunk| (instance_id.clone(), chunk)), complete, next);
            }
            (News::Merged { chunks, complete }, Topic::Merged { .. }) => {
                self.outputs.entry(output_key(next)).or_default().take(chunks.into_iter(), complete, next);
            }
            (News::Armings { armings }, Topic::Armings { after }) => self.armings.take(armings, *after),
            (News::Approvals { approvals }, Topic::Approvals { after }) => {
                self.approvals.take(approvals, *after);
            }
            (News::Audit { records }, Topic::Audit { filter, after }) => {
                self.trails.entry(filter.clone()).or_default().take(records, *after);
            }
            (News::Parameters { events, reset }, Topic::Parameters { after, under }) => {
                self.parameters.take(events, reset, *after, *under);
            }
            // A newer server may tell what this cockpit did not ask for.
            _ => return,
        }
        if !more && let Some(freshness) = self.freshness_mut(next) {
            *freshness = Freshness::Fresh;
        }
    }

    /// Notes that the server refuses a topic: what was told on it before is nothing that may be shown any more.
    pub fn refused(&mut self, topic: &Topic, why: &str) {
        self.generation += 1;
        self.forget(topic);
        if let Some(freshness) = self.freshness_mut(topic) {
            *freshness = Freshness::Failed { why: why.to_owned() };
        }
    }

    /// Notes what became of the link. When it breaks, everything is stale until it was told anew.
    pub fn linked(&mut self, link: Link, now: Millis) {
        self.generation += 1;
        if self.link.is_live() && !link.is_live() {
            stale(&mut self.nodes.freshness, now);
            stale(&mut self.commands.freshness, now);
            stale(&mut self.armings.freshness, now);
            stale(&mut self.approvals.freshness, now);
            stale(&mut self.parameters.freshness, now);
            self.parameters.broke();
            self.trails.values_mut().for_each(|trail| stale(&mut trail.freshness, now));
            self.details.values_mut().for_each(|detail| stale(&mut detail.freshness, now));
            self.outputs.values_mut().for_each(|output| stale(&mut output.freshness, now));
        }
        self.link = link;
    }

    fn forget(&mut self, topic: &Topic) {
        match topic {
            Topic::Nodes { .. } => self.nodes.forget(),
            Topic::Commands { .. } => self.commands.forget(),
            Topic::Command { command_id, .. } => {
                self.details.get_mut(command_id).into_iter().for_each(CommandDetail::forget);
            }
            Topic::Output { .. } | Topic::Merged { .. } => {
                self.outputs.get_mut(&output_key(topic)).into_iter().for_each(Output::forget);
            }
            Topic::Armings { .. } => self.armings.take(Vec::new(), 0),
            Topic::Approvals { .. } => self.approvals.forget(),
            Topic::Audit { filter, .. } => {
                self.trails.get_mut(filter).into_iter().for_each(Trail::forget);
            }
            Topic::Parameters { .. } => self.parameters.forget(),
        }
    }

    fn freshness_mut(&mut self, topic: &Topic) -> Option<&mut Freshness> {
        match topic {
            Topic::Nodes { .. } => Some(&mut self.nodes.freshness),
            Topic::Commands { .. } => Some(&mut self.commands.freshness),
            Topic::Command { command_id, .. } => self.details.get_mut(command_id).map(|it| &mut it.freshness),
            Topic::Output { .. } | Topic::Merged { .. } => {
                self.outputs.get_mut(&output_key(topic)).map(|it| &mut it.freshness)
            }
            Topic::Armings { .. } => Some(&mut self.armings.freshness),
            Topic::Approvals { .. } => Some(&mut self.approvals.freshness),
            Topic::Audit { filter, .. } => self.trails.get_mut(filter).map(|it| &mut it.freshness),
            Topic::Parameters { .. } => Some(&mut self.parameters.freshness),
        }
    }
}

fn output_key(topic: &Topic) -> OutputKey {
    match topic {
        Topic::Output { command_id, instance_id, .. } => (command_id.clone(), Some(instance_id.clone())),
        Topic::Merged { command_id, .. } | Topic::Command { command_id, .. } => (command_id.clone(), None),
        _ => unreachable!("only topics of output have an output"),
    }
}

fn stale(freshness: &mut Freshness, since: Millis) {
    if *freshness == Freshness::Fresh {
        *freshness = Freshness::Stale { since };
    }
}

fn forget_oldest<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, closed_at: impl Fn(&V) -> Option<Millis>) {
    let mut idle: Vec<(Millis, K)> =
        map.iter().filter_map(|(key, v)| Some((closed_at(v)?, key.clone()))).collect();
    idle.sort();
    for (_, key) in idle.iter().take(idle.len().saturating_sub(KEPT)) {
        map.remove(key);
    }
}

#[cfg(test)]
mod tests;
