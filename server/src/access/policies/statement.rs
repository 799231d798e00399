//! A policy's statements, read.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::pst::Template as Tree;
use cedar_policy::{Effect, EntityUid, Policy, PolicyId, PolicySet, SlotId, Template};
use pilothouse_api::access::{Because, Finding, Severity};

use super::PolicySource;
use super::entity::holder;
use super::finding::{finding, told};
use super::text::{outline, place};

/// A statement as it stands in a text.
pub(super) struct Parsed {
    /// The byte at which its effect stands.
    pub(super) at: usize,
    pub(super) effect: Effect,
    /// Its tree, to look at.
    pub(super) tree: Tree,
    /// As Cedar decides it.
    law: Law,
}

/// With a slot, or without one.
#[derive(Clone, Debug)]
enum Law {
    Template(Template),
    Static(Policy),
}

/// Reads a text. To be called on a [`deep`](super::text::deep) stack.
///
/// # Errors
/// What Cedar's grammar has against it.
pub(super) fn parse(text: &str) -> Result<(PolicySet, Vec<Parsed>), Vec<Finding>> {
    let outline = outline(text);
    if let Some(at) = outline.too_intricate {
        return Err(vec![wrong(text, at, "this statement is too long from here on: split it into several")]);
    }
    let set: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| -> Vec<Finding> {
        errors.iter().map(|error| told(text, &DetailedError::from(error), Severity::Error)).collect()
    })?;
    // Cedar numbers the statements of a text in their order.
    let parsed = outline.statements.into_iter().enumerate().map(|(nth, at)| {
        let id = PolicyId::new(format!("policy{nth}"));
        let (effect, tree, law) = match (set.policy(&id), set.template(&id)) {
            (Some(policy), _) => {
                (policy.effect(), policy.to_pst().map(|it| it.body().clone()), Law::Static(policy.clone()))
            }
            (None, Some(template)) => (template.effect(), template.to_pst(), Law::Template(template.clone())),
            (None, None) => return Err(wrong(text, at, "the statements of this text cannot be told apart")),
        };
        let tree = tree.map_err(|error| wrong(text, at, &error.to_string()))?;
        Ok(Parsed { at, effect, tree, law })
    });
    let parsed = parsed.collect::<Result<Vec<_>, Finding>>().map_err(|finding| vec![finding])?;
    if parsed.len() != set.num_of_policies() + set.num_of_templates() {
        return Err(vec![wrong(text, 0, "the statements of this text cannot be told apart")]);
    }
    Ok((set, parsed))
}

fn wrong(text: &str, at: usize, message: &str) -> Finding {
    finding(text, at, Severity::Error, message)
}

/// A statement of a stored policy.
#[derive(Debug)]
pub(super) struct Statement {
    /// `policy#3`.
    id: PolicyId,
    law: Law,
    pub(super) origin: Arc<Because>,
    pub(super) effect: Effect,
    /// Its tree, to look at.
    pub(super) tree: Tree,
    /// Who fills its `?principal`.
    pub(super) holders: Arc<Vec<EntityUid>>,
}

/// Reads a stored policy.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn statements(source: &PolicySource) -> Result<Vec<Statement>, Finding> {
    let (_, parsed) = parse(&source.text).map_err(|findings| {
        findings.into_iter().next().unwrap_or_else(|| wrong(&source.text, 0, "it cannot be read"))
    })?;
    let holders = Arc::new(source.attached_to.iter().filter_map(|it| holder(it)).collect::<Vec<_>>());
    let id = |nth: usize| PolicyId::new(format!("{}#{nth}", source.name));
    let statement = |(nth, parsed): (usize, Parsed)| Statement {
        law: match parsed.law {
            Law::Static(policy) => Law::Static(policy.new_id(id(nth))),
            Law::Template(template) => Law::Template(template.new_id(id(nth))),
        },
        id: id(nth),
        origin: Arc::new(Because {
            policy: source.name.clone(),
            line: place(&source.text, parsed.at).0,
            effect: if parsed.effect == Effect::Permit { "permit" } else { "forbid" }.to_owned(),
            reason: parsed
                .tree
                .annotations
                .get("reason")
                .map(ToString::to_string)
                .filter(|it| !it.is_empty()),
        }),
        effect: parsed.effect,
        tree: parsed.tree,
        holders: Arc::clone(&holders),
    };
    Ok(parsed.into_iter().enumerate().map(statement).collect())
}

impl Statement {
    /// Adds it to a set, its slot filled by this holder, and says under which id. Nothing, if Cedar does not take it.
    ///
    /// The parsed statement is used as it is: to build it anew from its tree would go as deep as the statement does.
    pub(super) fn add_to(&self, set: &mut PolicySet, holder: Option<&EntityUid>) -> Option<PolicyId> {
        let added = match (&self.law, holder) {
            (Law::Static(policy), _) => set.add(policy.clone()).map(|()| self.id.clone()),
            (Law::Template(template), Some(holder)) => {
                if set.template(&self.id).is_none() {
                    set.add_template(template.clone())
                        .inspect_err(|error| tracing::error!(statement = %self.id, %error, "a statement cannot be added"))
                        .ok()?;
                }
                let linked = PolicyId::new(format!("{}@{holder}", self.id));
                let values = HashMap::from([(SlotId::principal(), holder.clone())]);
                set.link(self.id.clone(), linked.clone(), values).map(|()| linked)
            }
            (Law::Template(_), None) => return None,
        };
        added
            .inspect_err(|error| tracing::error!(statement = %self.id, %error, "a statement cannot be added"))
            .ok()
    }
}
