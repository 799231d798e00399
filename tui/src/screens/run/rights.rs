//! What the server would say to a run on these nodes, asked before it is sent: allowed, to be armed or approved first, or not
//! permitted, and why.
//!
//! In: the resolved nodes, answers of SimulateAccess. Out: a verdict per node, and their tally in words.
//! Never here: a decision. The server makes it when the command is sent.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::access::{Decision, MAX_SIMULATED, SimulateAccess, SimulateAccessResult, Simulated};
use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::NodeView;
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;

use crate::screen::Cx;
use crate::{look, words};

/// What a run needs.
const PERMISSION: &str = "ssm:SendCommand";
/// So many nodes are named before the rest is counted.
const NAMED: usize = 3;

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rights {
    asked: Option<(u32, Stamp)>,
    answered: Option<Stamp>,
    verdicts: BTreeMap<InstanceId, Verdict>,
    /// Counts over the nodes.
    pub tally: RightsTally,
}

/// What an answer holds for: these nodes, and what was told of armings and rights at that time.
#[derive(Clone, Debug, Default, PartialEq)]
struct Stamp {
    nodes: Vec<InstanceId>,
    told: u64,
}

/// What the server would say of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// In one word.
    pub decision: Decision,
    /// In a sentence.
    pub why: String,
}

/// Counts over the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightsTally {
    /// Nodes on which it may run, if only somebody arms or approves it where that is needed.
    pub allowed: usize,
    /// Names of those on which it may not.
    pub refused: Vec<String>,
    /// Why not, as the server says of the first.
    pub why_refused: String,
    /// Environments that must be armed first, with the number of nodes.
    pub unarmed: BTreeMap<String, usize>,
    /// Nodes for which somebody else must approve it.
    pub unapproved: usize,
    /// Why, as the server says of the first.
    pub why_unapproved: String,
    /// Too many to ask before.
    pub too_many: bool,
}

impl Rights {
    /// What is to be asked now, if anything. While a question is under way it waits.
    pub(super) fn ask(&mut self, nodes: &[NodeView], ticket: u32, cx: &Cx<'_>) -> Option<SimulateAccess> {
        if cx.mirror.caller.principal().is_empty() || self.asked.is_some() {
            return None;
        }
        let stamp = Stamp {
            nodes: nodes.iter().map(|node| node.instance_id.clone()).collect(),
            told: cx.mirror.armings.generation(),
        };
        if self.answered.as_ref() == Some(&stamp) {
            return None;
        }
        if nodes.is_empty() || nodes.len() > MAX_SIMULATED {
            *self = Self { answered: Some(stamp), ..Self::default() };
            self.tally.too_many = nodes.len() > MAX_SIMULATED;
            return None;
        }
        let resources = nodes.iter().map(|node| format!("node/{}", node.instance_id)).collect();
        self.asked = Some((ticket, stamp));
        Some(SimulateAccess { action: PERMISSION.to_owned(), resources, ..SimulateAccess::default() })
    }

    /// Whether a ticket is that of the question under way.
    pub(super) fn is_asked(&self, ticket: u32) -> bool {
        self.asked.as_ref().is_some_and(|(asked, _)| *asked == ticket)
    }

    /// Whether a question is under way.
    pub(super) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes the answer; without one the server decides when it is sent.
    pub(super) fn take(&mut self, answer: Option<SimulateAccessResult>, nodes: &[NodeView]) {
        let Some((_, stamp)) = self.asked.take() else { return };
        let results = answer.map(|answer| answer.results).unwrap_or_default();
        let verdict = |Simulated { decision, explanation: why, .. }| Verdict { decision, why };
        self.verdicts = stamp.nodes.iter().cloned().zip(results.into_iter().map(verdict)).collect();
        self.answered = Some(stamp);
        self.count(nodes);
    }

    fn count(&mut self, nodes: &[NodeView]) {
        let mut tally = RightsTally::default();
        for node in nodes {
            let Some(verdict) = self.verdicts.get(&node.instance_id) else { continue };
            match verdict.decision {
                Decision::Forbidden | Decision::NotPermitted => {
                    if tally.refused.is_empty() {
                        tally.why_refused.clone_from(&verdict.why);
                    }
                    tally.refused.push(node.name.clone());
                    continue;
                }
                Decision::NeedsArming => {
                    let environment = look::environment(node).unwrap_or_default().to_owned();
                    *tally.unarmed.entry(environment).or_default() += 1;
                }
                Decision::NeedsApproval => {
                    if tally.unapproved == 0 {
                        tally.why_unapproved.clone_from(&verdict.why);
                    }
                    tally.unapproved += 1;
                }
                Decision::Allowed => {}
            }
            tally.allowed += 1;
        }
        self.tally = tally;
    }

    /// What the server would say of a node, in a word.
    #[must_use]
    pub fn word(&self, node: &InstanceId) -> Option<(Role, &'static str)> {
        Some(match self.verdicts.get(node)?.decision {
            Decision::Allowed => (Role::Good, "yes"),
            Decision::NeedsArming => (Role::Warn, "arm first"),
            Decision::NeedsApproval => (Role::Warn, "approval"),
            Decision::Forbidden => (Role::Bad, "forbidden"),
            Decision::NotPermitted => (Role::Bad, "no"),
        })
    }

    /// Whether it must be said what the server would say: when it is not simply yes.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let RightsTally { refused, unarmed, unapproved, .. } = &self.tally;
        !refused.is_empty() || !unarmed.is_empty() || *unapproved > 0
    }

    /// Those of the nodes on which it may run, as far as is known.
    pub(super) fn allowed(&self, nodes: &[NodeView]) -> Vec<InstanceId> {
        let refused = |node: &&NodeView| {
            let verdict = self.verdicts.get(&node.instance_id);
            verdict.is_some_and(|it| matches!(it.decision, Decision::Forbidden | Decision::NotPermitted))
        };
        nodes.iter().filter(|node| !refused(node)).map(|node| node.instance_id.clone()).collect()
    }

    /// What stands on the card before it is sent.
    pub(super) fn card(&self) -> Vec<String> {
        let tally = &self.tally;
        let mut lines = Vec::new();
        if tally.too_many {
            let most = words::grouped(u64::try_from(MAX_SIMULATED).unwrap_or(u64::MAX));
            lines.push(format!("rights        more than {most} nodes: the server decides when it is sent"));
        }
        if !tally.refused.is_empty() {
            let all = tally.allowed + tally.refused.len();
            lines.push(format!(
                "rights        not on {} of {all}: {}",
                tally.refused.len(),
                named(&tally.refused)
            ));
            lines.extend(indented(&tally.why_refused));
        }
        for (environment, nodes) in &tally.unarmed {
            let nodes = words::count(u64::try_from(*nodes).unwrap_or(u64::MAX), "node");
            lines.push(format!("arming        {environment} must be armed first: {nodes}"));
        }
        if tally.unapproved > 0 {
            lines.push("approval      it waits until somebody else approves it".to_owned());
            lines.extend(indented(&tally.why_unapproved));
        }
        lines
    }

    /// The same in few words, for the line under the targets.
    pub(super) fn said(&self) -> Vec<(Role, String)> {
        let tally = &self.tally;
        let mut said = Vec::new();
        if !tally.refused.is_empty() {
            said.push((Role::Bad, format!("{} not permitted", tally.refused.len())));
        }
        for environment in tally.unarmed.keys() {
            said.push((Role::Warn, format!("{environment} must be armed")));
        }
        if tally.unapproved > 0 {
            said.push((Role::Warn, "needs an approval".to_owned()));
        }
        if tally.too_many {
            said.push((Role::TextMuted, "the server decides who may".to_owned()));
        }
        said
    }
}

/// The nodes that a refusal does not name, if it names all that it means; those that are known to be refused are never among
/// them.
pub(super) fn spared(message: &str, nodes: Vec<InstanceId>) -> Option<Vec<InstanceId>> {
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let named: BTreeSet<&str> = message.split(word).filter(|word| word.starts_with("mi-")).collect();
    let is_cut = [" more)", " more, ", " that you may not see)"].iter().any(|cut| message.contains(cut));
    let before = nodes.len();
    let left: Vec<InstanceId> = nodes.into_iter().filter(|id| !named.contains(id.as_str())).collect();
    (!is_cut && !named.is_empty() && !left.is_empty() && left.len() < before).then_some(left)
}

/// A sentence under the second column of the card, on as many lines as it takes.
fn indented(why: &str) -> impl Iterator<Item = String> {
    safe::wrap(why, 58).into_iter().map(|line| format!("              {line}"))
}

fn named(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
