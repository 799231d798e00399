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
mod groups;
mod hits;
mod link;
mod nodes;
mod output;
mod parameters;
mod reads;
mod rights;
mod trust;

use std::collections::BTreeMap;

use pilothouse_api::audit::AuditFilter;
use pilothouse_api::folding::Normal;
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
pub use groups::Folded;
pub use hits::{Found, Hits, MAX_FOUND, MAX_HITS};
pub use link::Link;
pub use nodes::Nodes;
pub use output::{Line, MAX_LINES, Output, Said};
pub use parameters::{MAX_EVENTS, Parameters};
use trust::stale;

/// How many commands, outputs and trails are kept after the last room that showed them closed.
const KEPT: usize = 8;
/// How many outputs and searches of them: they are large, and soon read again.
const KEPT_OUTPUTS: usize = 3;

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
    hits: BTreeMap<hits::HitsKey, Hits>,
    /// Topics of which what is kept does not continue what is told any more.
    overtaken: Vec<Topic>,
    folded: BTreeMap<(CommandId, Normal), Folded>,
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

    /// What the nodes of a command say, folded in one way, once a room that wants it was opened.
    #[must_use]
    pub fn folded(&self, command: &CommandId, normal: Normal) -> Option<&Folded> {
        self.folded.get(&(command.clone(), normal))
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
            Topic::Output { .. } | Topic::Merged { .. } => self.output_opened(topic),
            Topic::Search { .. } => self.search_opened(topic),
            Topic::Groups { command_id, normal, .. } => {
                let folded = self.folded.entry((command_id.clone(), *normal)).or_default();
                folded.followed = true;
                Topic::Groups { command_id: command_id.clone(), normal: *normal, after: folded.cursor() }
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
        if let Topic::Search { .. } = topic
            && let Some(hits) = self.hits.get_mut(&hits_key(topic))
        {
            (hits.followed, hits.closed_at) = (false, now);
        }
        if let Topic::Groups { command_id, normal, .. } = topic
            && let Some(folded) = self.folded.get_mut(&(command_id.clone(), *normal))
        {
            (folded.followed, folded.closed_at) = (false, now);
        }
        if let Topic::Audit { filter, .. } = topic
            && let Some(trail) = self.trails.get_mut(filter)
        {
            (trail.followed, trail.closed_at) = (false, now);
        }
        if let Some(freshness) = self.freshness_mut(topic) {
            stale(freshness, now);
        }
        forget_oldest(&mut self.details, KEPT, |detail| (!detail.followed).then_some(detail.closed_at));
        forget_oldest(&mut self.outputs, KEPT_OUTPUTS, |output| {
            (!output.followed).then_some(output.closed_at)
        });
        forget_oldest(&mut self.hits, KEPT_OUTPUTS, |hits| (!hits.followed).then_some(hits.closed_at));
        forget_oldest(&mut self.folded, KEPT, |folded| (!folded.followed).then_some(folded.closed_at));
        forget_oldest(&mut self.trails, KEPT, |trail| (!trail.followed).then_some(trail.closed_at));
    }

    fn hear_groups(&mut self, news: News, next: &Topic) {
        if let News::Groups { groups, nodes, running, more_groups, complete } = news
            && let Topic::Groups { command_id, normal, after } = next
        {
            let folded = self.folded.entry((command_id.clone(), *normal)).or_default();
            folded.take(groups, (nodes, running, more_groups), complete, *after);
        }
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
                let output = self.output_entry(next);
                output.hear(chunks.into_iter().map(|chunk| (instance_id.clone(), chunk)), complete, next);
            }
            (News::Merged { chunks, complete }, Topic::Merged { .. }) => {
                self.output_entry(next).hear(chunks.into_iter(), complete, next);
            }
            (News::Hits { hits, scanned_bytes, total_bytes, complete }, Topic::Search { .. }) => {
                let found = self.hits.entry(hits_key(next)).or_default();
                found.take(hits, (scanned_bytes, total_bytes), complete, next);
            }
            (news @ News::Groups { .. }, Topic::Groups { .. }) => self.hear_groups(news, next),
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
        self.freshness_mut(next).filter(|_| !more).into_iter().for_each(|it| *it = Freshness::Fresh);
    }
}

fn output_key(topic: &Topic) -> OutputKey {
    match topic {
        Topic::Output { command_id, instance_id, .. } => (command_id.clone(), Some(instance_id.clone())),
        Topic::Merged { command_id, .. } | Topic::Command { command_id, .. } => (command_id.clone(), None),
        _ => unreachable!("only topics of output have an output"),
    }
}

fn hits_key(topic: &Topic) -> hits::HitsKey {
    match topic {
        Topic::Search { command_id, query, .. } => (command_id.clone(), query.clone()),
        _ => unreachable!("only searches have hits"),
    }
}

fn forget_oldest<K: Ord + Clone, V>(
    map: &mut BTreeMap<K, V>,
    kept: usize,
    closed_at: impl Fn(&V) -> Option<Millis>,
) {
    let mut idle: Vec<(Millis, K)> =
        map.iter().filter_map(|(key, v)| Some((closed_at(v)?, key.clone()))).collect();
    idle.sort();
    for (_, key) in idle.iter().take(idle.len().saturating_sub(kept)) {
        map.remove(key);
    }
}

#[cfg(test)]
mod tests;
