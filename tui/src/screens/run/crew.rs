//! The nodes that a run is for: asked of the server while one types, and counted.

use std::collections::BTreeSet;

use pilothouse_api::fleet::{ResolveTargets, ResolveTargetsResult};
use pilothouse_api::language;
use pilothouse_api::protocol::{InstanceId, PingStatus, Platform};
use pilothouse_api::topics::NodeView;
use serde::{Deserialize, Serialize};

use super::targets::Query;
use crate::effect::CallError;
use crate::mirror::Nodes;
use crate::screens::rows::natural;
use crate::{facts, look};

/// What is known of the nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Resolved {
    /// Nothing was asked: no target is named, or it is not understood.
    #[default]
    Nothing,
    /// Asked for the first time.
    Asking,
    /// As the server answered, in order of name.
    Nodes(Vec<NodeView>),
    /// The server refused, or was not reached.
    Failed(String),
}

/// The nodes, and the question that is under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crew {
    /// What is known.
    #[serde(skip)]
    pub resolved: Resolved,
    /// Names and ids that are no nodes.
    #[serde(skip)]
    pub unknown: Vec<String>,
    /// What is counted over them.
    #[serde(skip)]
    pub tally: Tally,
    /// The systems on which it runs; any but Windows, if that is not known.
    #[serde(skip)]
    systems: Option<Vec<language::Platform>>,
    /// The question that the answer shown belongs to.
    #[serde(skip)]
    answered: Option<Question>,
    /// The question under way, with its ticket.
    #[serde(skip)]
    asked: Option<(u32, Question)>,
}

/// A question to the server, with what only we know.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Question {
    pub request: ResolveTargets,
    pub online_only: bool,
    pub strangers: Vec<String>,
}

impl Question {
    /// Whether it is made of names only, and nobody has one of them.
    fn names_nobody(&self) -> bool {
        !self.strangers.is_empty() && self.request == ResolveTargets::default()
    }
}

/// Counts over the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    generation: u64,
    /// Nodes that answer.
    pub online: usize,
    /// Nodes on which it does not run.
    pub misfits: usize,
    /// How many are in which environment, in words.
    pub environments: String,
    /// The production environment that is among them.
    pub production: Option<String>,
}

impl Crew {
    /// The nodes, as the server named them.
    #[must_use]
    pub fn nodes(&self) -> &[NodeView] {
        match &self.resolved {
            Resolved::Nodes(nodes) => nodes,
            _ => &[],
        }
    }

    /// Whether nothing but another question could change it.
    pub(super) fn is_complete(&self) -> bool {
        self.asked.is_some() || (matches!(self.resolved, Resolved::Nodes(_)) && self.unknown.is_empty())
    }

    /// Whether what is shown belongs to an older question.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.asked.is_some()
    }

    /// Counts again if the fleet changed.
    pub fn refresh(&mut self, fleet: &Nodes) {
        if self.tally.generation != fleet.generation() {
            self.count(fleet);
        }
    }

    /// Nothing is asked for any more.
    pub(super) fn clear(&mut self) {
        *self = Self { systems: self.systems.take(), ..Self::default() };
    }

    /// Takes a question; returns it if it must be asked now. While another is under way it waits: the latest wins.
    pub(super) fn ask(&mut self, question: &Question, ticket: u32) -> Option<ResolveTargets> {
        if self.asked.is_some() || self.answered.as_ref() == Some(question) {
            return None;
        }
        if question.names_nobody() {
            // Without any id the server would name every node.
            self.resolved = Resolved::Nodes(Vec::new());
            self.unknown.clone_from(&question.strangers);
            self.tally = Tally::default();
            self.answered = Some(question.clone());
            return None;
        }
        self.asked = Some((ticket, question.clone()));
        if !matches!(self.resolved, Resolved::Nodes(_)) {
            self.resolved = Resolved::Asking;
        }
        Some(question.request.clone())
    }

    /// Takes the answer; says whether it was one.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: Result<ResolveTargetsResult, CallError>,
        fleet: &Nodes,
    ) -> bool {
        let Some((_, question)) = self.asked.take_if(|(asked, _)| *asked == ticket) else { return false };
        self.unknown.clone_from(&question.strangers);
        match result {
            Ok(mut answer) => {
                self.unknown.append(&mut answer.unknown);
                if question.online_only {
                    answer.nodes.retain(|node| now(node, fleet).ping == PingStatus::Online);
                }
                answer.nodes.sort_by(|a, b| natural(&a.name, &b.name));
                self.resolved = Resolved::Nodes(answer.nodes);
            }
            Err(error) => {
                let again = error.is_unreachable();
                self.resolved = Resolved::Failed(error.message);
                if again {
                    self.answered = None;
                    return true;
                }
            }
        }
        self.answered = Some(question);
        self.count(fleet);
        true
    }

    /// It runs on these systems only.
    pub(super) fn runs_on(&mut self, systems: Vec<language::Platform>, fleet: &Nodes) {
        self.systems = Some(systems);
        self.count(fleet);
    }

    /// Whether it can run there; what is not known is tried.
    pub(super) fn fits(&self, node: &NodeView) -> bool {
        match (&self.systems, node.platform) {
            (_, None) => true,
            (None, Some(platform)) => platform != Platform::Windows,
            (Some(systems), Some(platform)) => systems.iter().any(|it| it.as_str() == platform.as_str()),
        }
    }

    fn count(&mut self, fleet: &Nodes) {
        let nodes = self.nodes().iter().map(|node| now(node, fleet));
        let mut tally = Tally { generation: fleet.generation(), ..Tally::default() };
        for node in nodes.clone() {
            tally.online += usize::from(node.ping == PingStatus::Online);
            tally.misfits += usize::from(!self.fits(node));
            let production = || look::env_of(node).filter(|env| look::is_prod(env)).map(str::to_owned);
            tally.production = tally.production.take().or_else(production);
        }
        tally.environments = facts::environments(nodes);
        self.tally = tally;
    }
}

/// The node as it is known now.
pub(super) fn now<'a>(node: &'a NodeView, fleet: &'a Nodes) -> &'a NodeView {
    fleet.get(&node.instance_id).unwrap_or(node)
}

/// The question that a target line is; names are looked up in the fleet.
pub(super) fn question(query: &Query, fleet: &Nodes) -> Question {
    let mut ids = Vec::new();
    let mut strangers = Vec::new();
    for name in &query.names {
        let before = ids.len();
        ids.extend(
            fleet.list().iter().filter(|node| is_called(node, name)).map(|node| node.instance_id.clone()),
        );
        if ids.len() == before {
            strangers.push(name.clone());
        }
    }
    Question { request: query.question(&ids), online_only: query.online_only, strangers }
}

/// The question that chosen nodes are.
pub(super) fn question_of_nodes(nodes: &[InstanceId]) -> Question {
    let ids: BTreeSet<String> = nodes.iter().map(ToString::to_string).collect();
    let request = ResolveTargets { instance_ids: ids.into_iter().collect(), ..ResolveTargets::default() };
    Question { request, ..Question::default() }
}

/// Whether a node has this name or host name; a star stands for any letters.
fn is_called(node: &NodeView, name: &str) -> bool {
    [&node.name, &node.computer_name].iter().any(|called| matches(called, name))
}

fn matches(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::{fleet, id, node};

    #[test]
    fn only_the_latest_question_counts_and_only_one_is_under_way() {
        let mirror = fleet(4);
        let (one, two) = (question_of_nodes(&[id(1)]), question_of_nodes(&[id(2)]));
        let mut crew = Crew::default();
        assert_eq!(crew.ask(&one, 1), Some(one.request.clone()));
        assert_eq!((crew.ask(&two, 2), &crew.resolved), (None, &Resolved::Asking), "it waits for its turn");
        let answer = |n| Ok(ResolveTargetsResult { nodes: vec![node(n)], unknown: Vec::new() });
        assert!(!crew.take(7, answer(3), &mirror.nodes), "nobody asked that");
        assert!(crew.take(1, answer(1), &mirror.nodes));
        assert_eq!(crew.ask(&two, 2), Some(two.request.clone()));
        assert!(crew.is_outdated(), "what is shown is not yet the answer");
        assert!(crew.take(2, answer(2), &mirror.nodes));
        assert_eq!((crew.nodes(), crew.is_outdated()), (&[node(2)][..], false));
        assert_eq!(crew.ask(&two, 3), None, "it was answered");
    }

    #[test]
    fn names_are_looked_up_and_a_star_stands_for_any_letters() {
        let mirror = fleet(9);
        let query = Query::parse("web-0* db-01 nobody").unwrap();
        let asked = question(&query, &mirror.nodes);
        assert_eq!(asked.request.instance_ids, [0, 1, 4, 8].map(|n| id(n).to_string()));
        assert_eq!(asked.strangers, ["nobody"]);
        for (text, pattern, fits) in [
            ("web-01", "*", true),
            ("web-01", "w*1", true),
            ("web-01", "*b-*", true),
            ("web-01", "*2", false),
            ("a", "a*a", false),
        ] {
            assert_eq!(matches(text, pattern), fits, "{text} {pattern}");
        }
    }
}
