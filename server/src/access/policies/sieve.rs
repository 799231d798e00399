//! Decides about resources, those that look the same to the statements once.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use cedar_policy::Context;
use pilothouse_api::access::{Because, Decision};

use super::entity;
use super::question::{Answer, Question};
use super::slice::Slice;
use super::verdicts::{self, Verdicts};
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
    /// The circumstances as Cedar takes them, once it is asked.
    now: OnceLock<Option<Context>>,
    verdicts: Verdicts,
    /// What begins every key.
    prefix: Vec<u8>,
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
    pub(super) fn new(law: Law, circumstances: &Circumstances, verdicts: Verdicts) -> Self {
        let prefix = match &law {
            Law::Slice(slice) => verdicts::prefix(slice.number, circumstances),
            Law::Closed(_) => Vec::new(),
        };
        let (circumstances, now) = (circumstances.clone(), OnceLock::new());
        Self { law, circumstances, now, verdicts, prefix, key: Vec::new(), asked: 0 }
    }

    /// Whether it is allowed on this resource.
    pub fn shows(&mut self, resource: &Resource) -> bool {
        self.verdict(resource).is_allowed()
    }

    /// What is decided about this resource.
    pub fn verdict(&mut self, resource: &Resource) -> Arc<Verdict> {
        let slice = match &self.law {
            Law::Slice(slice) => slice,
            Law::Closed(because) if because.is_empty() => return Arc::new(NOT_PERMITTED),
            Law::Closed(because) => {
                return Arc::new(Verdict { decision: Decision::Forbidden, because: because.clone() });
            }
        };
        self.key.clear();
        self.key.extend_from_slice(&self.prefix);
        slice.looks.write(resource, &mut self.key);
        if let Some(known) = self.verdicts.find(&self.key) {
            return known;
        }
        let verdict = Arc::new(self.decide(slice, resource));
        self.asked += 1;
        self.verdicts.keep(&self.key, &verdict);
        verdict
    }

    /// How many resources were not like one before, whoever asked about that.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked
    }

    fn now(&self) -> Option<Context> {
        let Circumstances { armed, approved, .. } = &self.circumstances;
        self.now.get_or_init(|| entity::context(&self.circumstances, armed, *approved)).clone()
    }

    fn decide(&self, slice: &Slice, resource: &Resource) -> Verdict {
        let Some(question) = Question::about(slice, resource) else { return NOT_PERMITTED };
        let Some(now) = self.now().and_then(|now| question.ask(now)) else { return NOT_PERMITTED };
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
