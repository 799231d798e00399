//! One question to Cedar: may this principal do this to that?

use std::sync::Arc;

use cedar_policy::{AuthorizationError, Context, Decision, Effect, Entities, EntityUid, Request};
use pilothouse_api::access::Because;

use super::entity;
use super::slice::Slice;
use crate::access::{Kind, Resource};

/// A resource that is asked about, in whatever circumstances.
pub(super) struct Question<'a> {
    slice: &'a Slice,
    resource: EntityUid,
    entities: Entities,
}

/// What Cedar says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) allowed: bool,
    /// In order of policy and line.
    pub(super) because: Vec<Because>,
}

impl<'a> Question<'a> {
    /// Nothing, if the question cannot be put: then it is not allowed.
    pub(super) fn about(slice: &'a Slice, resource: &Resource) -> Option<Self> {
        let uid = entity::uid(resource.kind, &resource.id);
        let groups: &[EntityUid] = if uid == slice.principal { &slice.groups } else { &[] };
        let itself = entity::entity(resource, groups)?;
        // Only these can be the principal or one of its groups, and then there must not be two of one.
        let is_being = matches!(resource.kind, Kind::User | Kind::Role | Kind::Group);
        let company = slice.company.iter().filter(|entity| !is_being || entity.uid() != uid).cloned();
        let entities = Entities::from_entities(company.chain([itself]), None)
            .inspect_err(|error| tracing::error!(%resource, %error, "a question cannot be put"))
            .ok()?;
        Some(Self { slice, resource: uid, entities })
    }

    /// Asks it. A `forbid` that fails counts as one that forbids; a `permit` that fails permits nothing. Nothing, if it cannot be
    /// asked.
    pub(super) fn ask(&self, context: Context) -> Option<Answer> {
        let slice = self.slice;
        let (principal, action) = (slice.principal.clone(), slice.action.clone());
        let request = Request::new(principal, action, self.resource.clone(), context, None)
            .inspect_err(
                |error| tracing::error!(resource = %self.resource, %error, "a question cannot be put"),
            )
            .ok()?;
        let response = slice.authorizer.is_authorized(&request, &slice.set, &self.entities);
        let failed = response.diagnostics().errors().filter_map(|error| {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            tracing::debug!(resource = %self.resource, %error, "a statement cannot be decided");
            slice.origins.get(error.policy_id())
        });
        let failed: Vec<&Arc<Because>> = of(failed, Effect::Forbid).collect();
        let allowed = response.decision() == Decision::Allow && failed.is_empty();
        let decided = response.diagnostics().reason().filter_map(|id| slice.origins.get(id));
        let decided = of(decided, if allowed { Effect::Permit } else { Effect::Forbid });
        let mut because: Vec<Because> =
            decided.chain(failed).map(|because| Because::clone(because)).collect();
        because.sort_by(|a, b| (&a.policy, a.line).cmp(&(&b.policy, b.line)));
        because.dedup();
        Some(Answer { allowed, because })
    }
}

type Origin = (Effect, Arc<Because>);

fn of<'a>(
    origins: impl Iterator<Item = &'a Origin>,
    effect: Effect,
) -> impl Iterator<Item = &'a Arc<Because>> {
    origins.filter(move |(is, _)| *is == effect).map(|(_, because)| because)
}
