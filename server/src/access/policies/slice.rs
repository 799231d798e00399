//! The statements that can matter to one principal and one action, ready to be asked.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::pst::{ActionConstraint, EntityOrSlot, EntityUID, PrincipalConstraint, ResourceConstraint};
use cedar_policy::{Authorizer, Effect, Entity, EntityUid, Policy, PolicyId, PolicySet};
use pilothouse_api::access::Because;

use super::entity::{self, NAMESPACE};
use super::looks::Looks;
use super::schema;
use super::statement::Statement;
use crate::access::{Kind, Who};

/// What root is permitted by.
const BUILT_IN: &str = "(built in)";
const ROOT_MAY: &str = "permit (principal == Pilothouse::User::\"root\", action, resource);";

/// Who asks what, and what there is to say to it.
#[derive(Debug)]
pub(super) struct Slice {
    /// The action's name.
    pub(super) name: String,
    /// What the statements look at.
    pub(super) looks: Looks,
    pub(super) principal: EntityUid,
    pub(super) action: EntityUid,
    pub(super) groups: Vec<EntityUid>,
    /// The principal, its groups, the action.
    pub(super) company: Vec<Entity>,
    pub(super) set: PolicySet,
    /// Where the statements of the set stand.
    pub(super) origins: HashMap<PolicyId, (Effect, Arc<Because>)>,
    pub(super) authorizer: Authorizer,
    permits: bool,
    /// A statement that forbids it on everything, always.
    never: Option<Arc<Because>>,
}

impl Slice {
    /// Cuts it. Nothing, if there is no such principal, or if Cedar does not take a part of it.
    pub(super) fn cut(statements: &[Statement], who: &Who, groups: &[String], action: &str) -> Option<Self> {
        let (kind, name) = entity::caller(who)?;
        let groups: &[String] = if kind == Kind::User && *who != Who::Root { groups } else { &[] };
        let principal = entity::uid(kind, name);
        let parents: Vec<EntityUid> = groups.iter().map(|group| entity::uid(Kind::Group, group)).collect();
        let asked = schema::action(action);
        let action_groups: &[&str] = asked.map_or(&[], |action| action.groups.as_slice());
        let exempt =
            *who == Who::Root && action_groups.iter().any(|group| ["access", "read"].contains(group));

        let mut cut = Cut::default();
        let mut company = vec![entity::principal(kind, name, &parents)?];
        for group in groups {
            company.push(entity::principal(Kind::Group, group, &[])?);
        }
        let action_parents = action_groups.iter().map(|group| entity::action(group)).collect();
        company.push(Entity::new_no_attrs(entity::action(action), action_parents));
        if *who == Who::Root {
            cut.add_root()?;
        }
        let chain: Vec<EntityUid> =
            std::iter::once(principal.clone()).chain(parents.iter().cloned()).collect();
        let mut relevant = Vec::new();
        for statement in statements {
            if (exempt && statement.effect == Effect::Forbid)
                || !speaks_of(&statement.tree.action, action, action_groups)
            {
                continue;
            }
            if cut.add(statement, &chain)? {
                relevant.push(&statement.tree);
            }
        }
        let names: Vec<(Kind, &str)> = std::iter::once((kind, name))
            .chain(groups.iter().map(|group| (Kind::Group, group.as_str())))
            .collect();
        Some(Self {
            name: action.to_owned(),
            looks: Looks::of(relevant.into_iter(), &names),
            principal,
            action: entity::action(action),
            groups: parents,
            company,
            set: cut.set,
            origins: cut.origins,
            permits: cut.permits,
            never: cut.never,
            authorizer: Authorizer::new(),
        })
    }

    /// Whether a statement could permit it on something.
    pub(super) fn could(&self) -> Result<(), Option<&Because>> {
        match &self.never {
            Some(because) => Err(Some(because)),
            None if self.permits => Ok(()),
            None => Err(None),
        }
    }
}

/// A slice in the making.
#[derive(Default)]
struct Cut {
    set: PolicySet,
    origins: HashMap<PolicyId, (Effect, Arc<Because>)>,
    permits: bool,
    never: Option<Arc<Because>>,
}

impl Cut {
    fn add_root(&mut self) -> Option<()> {
        let id = PolicyId::new(BUILT_IN);
        self.set.add(Policy::parse(Some(id.clone()), ROOT_MAY).ok()?).ok()?;
        let because = Because {
            policy: BUILT_IN.to_owned(),
            line: 1,
            effect: String::from("permit"),
            reason: Some(String::from("root may do everything that is not forbidden")),
        };
        self.origins.insert(id, (Effect::Permit, Arc::new(because)));
        self.permits = true;
        Some(())
    }

    /// Adds a statement for each way in which it is about these; says whether there was one.
    fn add(&mut self, statement: &Statement, chain: &[EntityUid]) -> Option<bool> {
        let scope = &statement.tree.principal;
        let mut added = false;
        let holders: Vec<Option<&EntityUid>> =
            if scope.has_slot() { statement.holders.iter().map(Some).collect() } else { vec![None] };
        for holder in holders {
            if !is_about(scope, holder, chain) {
                continue;
            }
            let id = statement.add_to(&mut self.set, holder)?;
            self.origins.insert(id, (statement.effect, Arc::clone(&statement.origin)));
            added = true;
        }
        if added && statement.effect == Effect::Permit {
            self.permits = true;
        }
        let always =
            statement.tree.clauses().is_empty() && statement.tree.resource == ResourceConstraint::Any;
        if added && always && statement.effect == Effect::Forbid && self.never.is_none() {
            self.never = Some(Arc::clone(&statement.origin));
        }
        Some(added)
    }
}

fn is_about(scope: &PrincipalConstraint, holder: Option<&EntityUid>, chain: &[EntityUid]) -> bool {
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

fn speaks_of(scope: &ActionConstraint, action: &str, groups: &[&str]) -> bool {
    let names = |uid: &EntityUID| uid.ty.to_string() == format!("{NAMESPACE}::Action");
    match scope {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => names(uid) && uid.eid.as_str() == action,
        ActionConstraint::In(uids) => uids
            .iter()
            .any(|uid| names(uid) && (uid.eid.as_str() == action || groups.contains(&uid.eid.as_str()))),
    }
}
