//! A policy's statements, read.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::pst::{self, PolicyID, SlotId, Template};
use cedar_policy::{Effect, EntityUid, Policy, PolicyId, PolicySet};
use pilothouse_api::access::{Because, Finding, Severity};

use super::PolicySource;
use super::entity::holder;
use super::text::{outline, place};
use super::validate::told;

/// A statement as it stands in a text.
pub(super) struct Parsed {
    /// The byte at which its effect stands.
    pub(super) at: usize,
    pub(super) effect: Effect,
    pub(super) template: Template,
}

/// Reads a text.
///
/// # Errors
/// What Cedar's grammar has against it.
pub(super) fn parse(text: &str) -> Result<(PolicySet, Vec<Parsed>), Vec<Finding>> {
    let set: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| -> Vec<Finding> {
        errors.iter().map(|error| told(text, &DetailedError::from(error), Severity::Error)).collect()
    })?;
    // Cedar numbers the statements of a text in their order.
    let places = outline(text).statements;
    let parsed = places.into_iter().enumerate().map(|(nth, at)| {
        let id = PolicyId::new(format!("policy{nth}"));
        let (effect, template) = match (set.policy(&id), set.template(&id)) {
            (Some(policy), _) => (policy.effect(), policy.to_pst().map(|policy| policy.body().clone())),
            (None, Some(template)) => (template.effect(), template.to_pst()),
            (None, None) => {
                return Err(unreadable(text, at, "the statements of this text cannot be told apart"));
            }
        };
        let template = template.map_err(|error| unreadable(text, at, &error.to_string()))?;
        Ok(Parsed { at, effect, template })
    });
    let parsed = parsed.collect::<Result<Vec<_>, Finding>>().map_err(|finding| vec![finding])?;
    if parsed.len() != set.num_of_policies() + set.num_of_templates() {
        return Err(vec![unreadable(text, 0, "the statements of this text cannot be told apart")]);
    }
    Ok((set, parsed))
}

fn unreadable(text: &str, at: usize, message: &str) -> Finding {
    let (line, column) = place(text, at);
    Finding { line, column, message: message.to_owned(), help: None, severity: Severity::Error }
}

/// A statement of a stored policy.
#[derive(Debug)]
pub(super) struct Statement {
    /// `policy#3`.
    pub(super) id: String,
    pub(super) origin: Arc<Because>,
    pub(super) effect: Effect,
    pub(super) template: Template,
    /// Who fills its `?principal`.
    pub(super) holders: Arc<Vec<EntityUid>>,
}

/// Reads a stored policy.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn statements(source: &PolicySource) -> Result<Vec<Statement>, Finding> {
    let (_, parsed) = parse(&source.text).map_err(|findings| {
        findings.into_iter().next().unwrap_or_else(|| unreadable(&source.text, 0, "it cannot be read"))
    })?;
    let holders = Arc::new(source.attached_to.iter().filter_map(|it| holder(it)).collect::<Vec<_>>());
    let statement = |(nth, parsed): (usize, Parsed)| Statement {
        id: format!("{}#{nth}", source.name),
        origin: Arc::new(Because {
            policy: source.name.clone(),
            line: place(&source.text, parsed.at).0,
            effect: if parsed.effect == Effect::Permit { "permit" } else { "forbid" }.to_owned(),
            reason: parsed
                .template
                .annotations
                .get("reason")
                .map(ToString::to_string)
                .filter(|it| !it.is_empty()),
        }),
        effect: parsed.effect,
        template: parsed.template,
        holders: Arc::clone(&holders),
    };
    Ok(parsed.into_iter().enumerate().map(statement).collect())
}

impl Statement {
    /// The statement for one principal: its slot filled, its id unique. Nothing, if Cedar does not take it.
    pub(super) fn link(&self, principal: Option<&EntityUid>) -> Option<Policy> {
        let (id, values) = match principal {
            Some(uid) => {
                (format!("{}@{uid}", self.id), HashMap::from([(SlotId::Principal, uid.clone().into())]))
            }
            None => (self.id.clone(), HashMap::new()),
        };
        let linked = self.template.clone().with_id(PolicyID(id.into())).link(&values);
        let policy = linked.map_err(|error| error.to_string()).and_then(|linked| {
            Policy::from_pst(pst::Policy::Static(linked)).map_err(|error| error.to_string())
        });
        policy
            .inspect_err(|error| tracing::error!(statement = self.id, %error, "a statement cannot be linked"))
            .ok()
    }
}
