//! Decides about resources, those that look the same to the statements once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cedar_policy::Context;
use pilothouse_api::access::{Because, Decision};

use super::entity;
use super::question::{Answer, Question};
use super::slice::Slice;
use crate::access::{Circumstances, Kind, Resource, Value, Verdict};

/// What no lease can help: it is what takes one.
const ARMS: &str = "pilothouse:Arm";
/// What nobody needs to approve: it is how approval is given, or given up.
const APPROVES: [&str; 2] = ["pilothouse:DecideApproval", "pilothouse:WithdrawApproval"];

/// Decides about one resource after the other, for one principal, action and circumstances.
#[derive(Debug)]
pub struct Sieve {
    law: Law,
    circumstances: Circumstances,
    now: Option<Context>,
    known: HashMap<Vec<u8>, Verdict>,
    key: Vec<u8>,
    asked: usize,
}

/// What holds for who asks.
#[derive(Debug)]
pub(super) enum Law {
    /// These statements.
    Slice(Arc<Slice>),
    /// Nothing is allowed: there is a policy that cannot be read and forbade something, or no such principal.
    Closed(Vec<Because>),
}

impl Sieve {
    pub(super) fn new(law: Law, circumstances: &Circumstances) -> Self {
        let now = entity::context(circumstances, &circumstances.armed, circumstances.approved);
        Self {
            law,
            circumstances: circumstances.clone(),
            now,
            known: HashMap::new(),
            key: Vec::new(),
            asked: 0,
        }
    }

    /// Whether it is allowed on this resource.
    pub fn shows(&mut self, resource: &Resource) -> bool {
        self.known(resource).is_allowed()
    }

    /// What is decided about this resource.
    pub fn verdict(&mut self, resource: &Resource) -> Verdict {
        self.known(resource).clone()
    }

    /// How many resources were not like one before.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked
    }

    fn known(&mut self, resource: &Resource) -> &Verdict {
        match &self.law {
            Law::Slice(slice) => slice.looks.write(resource, &mut self.key),
            Law::Closed(_) => self.key.clear(),
        }
        if !self.known.contains_key(&self.key) {
            self.asked += 1;
            let verdict = self.decide(resource);
            self.known.insert(self.key.clone(), verdict);
        }
        self.known.entry(self.key.clone()).or_insert(NOT_PERMITTED)
    }

    fn decide(&self, resource: &Resource) -> Verdict {
        let slice = match &self.law {
            Law::Slice(slice) => slice,
            Law::Closed(because) if because.is_empty() => return NOT_PERMITTED,
            Law::Closed(because) => {
                return Verdict { decision: Decision::Forbidden, because: because.clone() };
            }
        };
        let Some(question) = Question::about(slice, resource) else { return NOT_PERMITTED };
        let Some(now) = self.now.clone().and_then(|now| question.ask(now)) else { return NOT_PERMITTED };
        if now.allowed {
            return Verdict { decision: Decision::Allowed, because: now.because };
        }
        for (decision, armed, approved) in self.ways_out(slice, resource) {
            let context = entity::context(&self.circumstances, &armed, approved);
            if let Some(then) = context.and_then(|context| question.ask(context)).filter(|then| then.allowed)
            {
                let because = match (now.because.is_empty(), decision) {
                    (true, _) => then.because,
                    (false, Decision::NeedsArming) => self.lifted_by(&armed, &question, now.because),
                    (false, _) => now.because,
                };
                return Verdict { decision, because };
            }
        }
        let Answer { because, .. } = now;
        let decision = if because.is_empty() { Decision::NotPermitted } else { Decision::Forbidden };
        Verdict { decision, because }
    }

    /// Those of the statements that arming alone takes away: where an approval is needed, too, arming is not what that asks for.
    fn lifted_by(
        &self,
        armed: &BTreeSet<String>,
        question: &Question<'_>,
        forbids: Vec<Because>,
    ) -> Vec<Because> {
        let context = entity::context(&self.circumstances, armed, self.circumstances.approved);
        let left = context.and_then(|context| question.ask(context)).map(|answer| answer.because);
        let left = left.unwrap_or_default();
        forbids.into_iter().filter(|because| !left.contains(because)).collect()
    }

    /// What could be done about a refusal, arming first: it is the quicker, and of two that are needed the first.
    fn ways_out(&self, slice: &Slice, resource: &Resource) -> Vec<(Decision, BTreeSet<String>, bool)> {
        let (already, approved) = (&self.circumstances.armed, self.circumstances.approved);
        let all: BTreeSet<String> = already.iter().cloned().chain(environments(resource)).collect();
        let by_arming = slice.looks.armed && all.len() > already.len() && slice.name != ARMS;
        let by_approval = slice.looks.approved && !approved && !APPROVES.contains(&slice.name.as_str());
        let mut ways = Vec::new();
        if by_arming {
            ways.push((Decision::NeedsArming, all.clone(), approved));
        }
        if by_approval {
            ways.push((Decision::NeedsApproval, already.clone(), true));
        }
        if by_arming && by_approval {
            ways.push((Decision::NeedsArming, all, true));
        }
        ways
    }
}

const NOT_PERMITTED: Verdict = Verdict { decision: Decision::NotPermitted, because: Vec::new() };

/// Environments that a resource belongs to.
pub(crate) fn environments(resource: &Resource) -> BTreeSet<String> {
    let mut found = match resource.attributes.get("environments") {
        Some(Value::Texts(environments)) => environments.clone(),
        _ => BTreeSet::new(),
    };
    found.extend(resource.environment().map(str::to_owned));
    if resource.kind == Kind::Environment {
        found.insert(resource.name.clone());
    }
    found.remove("");
    found
}
