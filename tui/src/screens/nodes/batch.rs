//! The same done to several nodes, a call each; said once, when all were answered.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::protocol::InstanceId;

use super::keys::Msg;
use crate::effect::{CallError, Effect, Effects, Level, Request, Ticket};
use crate::words;

/// Calls under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// What is done to the nodes, as in "3 nodes ...".
    what: &'static str,
    waiting: BTreeMap<u32, InstanceId>,
    nodes: BTreeSet<InstanceId>,
    failed: BTreeSet<InstanceId>,
    /// The first failure, in words.
    why: Option<String>,
}

/// What an answer settled.
pub(super) enum Settled {
    /// Nothing of this batch.
    Stranger(Result<(), CallError>),
    /// More answers are to come.
    Waiting,
    /// All were answered: what to say.
    Done(Level, String),
}

impl Batch {
    /// Makes the calls; what was under way before is said together with them.
    pub(super) fn begin(
        &mut self,
        what: &'static str,
        requests: impl Iterator<Item = (InstanceId, Request)>,
        next: &mut u32,
    ) -> Effects<Msg> {
        self.what = what;
        let mut calls = Vec::new();
        for (id, request) in requests {
            *next += 1;
            self.nodes.insert(id.clone());
            self.waiting.insert(*next, id);
            calls.push(Effect::Call(Ticket(*next), request));
        }
        calls
    }

    pub(super) fn take(
        &mut self,
        ticket: Ticket,
        result: Result<(), CallError>,
        name: impl Fn(&InstanceId) -> String,
    ) -> Settled {
        let Some(id) = self.waiting.remove(&ticket.0) else { return Settled::Stranger(result) };
        if let Err(error) = result {
            self.why.get_or_insert_with(|| format!("{}: {error}", name(&id)));
            self.failed.insert(id);
        }
        if !self.waiting.is_empty() {
            return Settled::Waiting;
        }
        let batch = std::mem::take(self);
        let count =
            |nodes: &BTreeSet<_>| words::count(u64::try_from(nodes.len()).unwrap_or(u64::MAX), "node");
        let all = count(&batch.nodes);
        match batch.why {
            None => Settled::Done(Level::Good, format!("{all} {}", batch.what)),
            Some(why) => {
                let failed = batch.failed.len();
                Settled::Done(Level::Error, format!("{failed} of {all} not {}; {why}", batch.what))
            }
        }
    }
}
