//! Output that is read on demand, beside what is told of it: where its topics go on from, and what answers to calls bring.

use std::collections::BTreeMap;

use pilothouse_api::commands::{ReadOutput, ReadOutputResult, SearchQuery};
use pilothouse_api::protocol::{CommandId, InstanceId, Millis};
use pilothouse_api::topics::Topic;

use super::{Hits, Mirror, Output, bare, hits_key, output_key};

/// The most output of all nodes that is told from before a merged topic was opened, in bytes.
const MERGED: u64 = 4 << 20;
/// The least of it that each node has a part of.
const LEAST: u64 = 2 << 10;

impl Mirror {
    /// What was found of a search, once a room that wants it was opened.
    #[must_use]
    pub fn hits(&self, command: &CommandId, query: &SearchQuery) -> Option<&Hits> {
        self.hits.get(&(command.clone(), query.clone()))
    }

    /// Takes in output that was read, for whoever looks at it.
    pub fn read(&mut self, asked: &ReadOutput, read: ReadOutputResult, now: Millis) {
        let (Ok(command_id), Ok(instance_id)) =
            (asked.command_id.parse(), asked.instance_id.parse::<InstanceId>())
        else {
            return;
        };
        self.generation += 1;
        let topic = Topic::Output { command_id, instance_id: instance_id.clone(), from: 0 };
        let output = self.output_entry(&topic);
        output.closed_at = now;
        // Who asks for so many lines goes there; who asks for bytes goes on from what is here.
        let goes = asked.max_lines.is_some();
        if output.read(&instance_id, read, goes, &topic) && output.followed {
            self.overtaken.push(topic);
        }
    }

    /// Topics that must be opened anew, as what is kept of them is elsewhere now.
    pub fn take_overtaken(&mut self) -> Vec<Topic> {
        std::mem::take(&mut self.overtaken)
    }

    pub(super) fn output_entry(&mut self, topic: &Topic) -> &mut Output {
        self.outputs.entry(output_key(topic)).or_insert_with(|| match topic {
            Topic::Output { .. } => Output::windowed(),
            _ => Output::default(),
        })
    }

    pub(super) fn output_opened(&mut self, topic: &Topic) -> Topic {
        let begin = match topic {
            Topic::Merged { command_id, .. } if !self.outputs.contains_key(&output_key(topic)) => {
                self.last_of_all(command_id)
            }
            _ => BTreeMap::new(),
        };
        let output = self.output_entry(topic);
        output.followed = true;
        output.follow();
        if !begin.is_empty() {
            output.begin_merged(begin);
        }
        output.cursor(topic)
    }

    /// Where to begin with each node's output so that it is not too much in all; nothing if all of it is little enough.
    fn last_of_all(&self, command: &CommandId) -> BTreeMap<InstanceId, u64> {
        let Some(detail) = self.details.get(command) else { return BTreeMap::new() };
        let all: u64 = detail.runs().iter().map(|run| run.output_end).sum();
        if all <= MERGED {
            return BTreeMap::new();
        }
        let part = (MERGED / detail.len().max(1) as u64).max(LEAST);
        let longer = detail.runs().iter().filter(|run| run.output_end > part);
        longer.map(|run| (run.instance_id.clone(), run.output_end - part)).collect()
    }

    pub(super) fn search_opened(&mut self, topic: &Topic) -> Topic {
        let hits = self.hits.entry(hits_key(topic)).or_default();
        hits.followed = true;
        hits.cursor(&bare(topic))
    }
}
