//! Whom and what a statement is about, by its head alone.

use cedar_policy::EntityUid;
use cedar_policy::pst::{ActionConstraint, EntityOrSlot, EntityUID, PrincipalConstraint};

use super::entity::NAMESPACE;

/// Whether it is about a principal and its groups (the principal comes first), its slot filled by this holder.
pub(super) fn is_about(scope: &PrincipalConstraint, holder: Option<&EntityUid>, chain: &[EntityUid]) -> bool {
    let Some(own) = chain.first() else { return false };
    let named = |it: &EntityOrSlot| match it {
        EntityOrSlot::Entity(uid) => Some(uid.clone()),
        EntityOrSlot::Slot(_) => holder.map(|uid| uid.clone().into()),
    };
    let is = |uid: &EntityUid, it: &EntityOrSlot| named(it) == Some(uid.clone().into());
    match scope {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::Eq(it) => is(own, it),
        PrincipalConstraint::In(it) => chain.iter().any(|uid| is(uid, it)),
        PrincipalConstraint::Is(kind) => kind.to_string() == own.type_name().to_string(),
        PrincipalConstraint::IsIn(kind, it) => {
            kind.to_string() == own.type_name().to_string() && chain.iter().any(|uid| is(uid, it))
        }
    }
}

/// Whether it is about an action that is in these groups.
pub(super) fn speaks_of(scope: &ActionConstraint, action: &str, groups: &[&str]) -> bool {
    let names = |uid: &EntityUID| uid.ty.to_string() == format!("{NAMESPACE}::Action");
    match scope {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => names(uid) && uid.eid.as_str() == action,
        ActionConstraint::In(uids) => uids
            .iter()
            .any(|uid| names(uid) && (uid.eid.as_str() == action || groups.contains(&uid.eid.as_str()))),
    }
}
