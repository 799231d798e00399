//! How far what is known can be trusted, topic by topic: what becomes of it when the link breaks, or when the server refuses it.

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;

use super::{CommandDetail, Folded, Freshness, Link, Mirror, Output, Trail, hits_key, output_key};

impl Mirror {
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
            self.folded.values_mut().for_each(|folded| stale(&mut folded.freshness, now));
            self.outputs.values_mut().for_each(|output| stale(&mut output.freshness, now));
            self.hits.values_mut().for_each(|hits| stale(&mut hits.freshness, now));
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
            Topic::Search { .. } => drop(self.hits.remove(&hits_key(topic))),
            Topic::Groups { command_id, normal, .. } => {
                let key = (command_id.clone(), *normal);
                self.folded.get_mut(&key).into_iter().for_each(Folded::forget);
            }
            Topic::Armings { .. } => self.armings.take(Vec::new(), 0),
            Topic::Approvals { .. } => self.approvals.forget(),
            Topic::Audit { filter, .. } => {
                self.trails.get_mut(filter).into_iter().for_each(Trail::forget);
            }
            Topic::Parameters { .. } => self.parameters.forget(),
        }
    }

    pub(super) fn freshness_mut(&mut self, topic: &Topic) -> Option<&mut Freshness> {
        match topic {
            Topic::Nodes { .. } => Some(&mut self.nodes.freshness),
            Topic::Commands { .. } => Some(&mut self.commands.freshness),
            Topic::Command { command_id, .. } => self.details.get_mut(command_id).map(|it| &mut it.freshness),
            Topic::Output { .. } | Topic::Merged { .. } => {
                self.outputs.get_mut(&output_key(topic)).map(|it| &mut it.freshness)
            }
            Topic::Search { .. } => Some(&mut self.hits.entry(hits_key(topic)).or_default().freshness),
            Topic::Groups { command_id, normal, .. } => {
                self.folded.get_mut(&(command_id.clone(), *normal)).map(|it| &mut it.freshness)
            }
            Topic::Armings { .. } => Some(&mut self.armings.freshness),
            Topic::Approvals { .. } => Some(&mut self.approvals.freshness),
            Topic::Audit { filter, .. } => self.trails.get_mut(filter).map(|it| &mut it.freshness),
            Topic::Parameters { .. } => Some(&mut self.parameters.freshness),
        }
    }
}

pub(super) fn stale(freshness: &mut Freshness, since: Millis) {
    if *freshness == Freshness::Fresh {
        *freshness = Freshness::Stale { since };
    }
}
