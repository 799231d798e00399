//! The statements that can matter to one principal and one action, ready to be asked.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::pst::ResourceConstraint;
use cedar_policy::{Authorizer, Effect, Entity, EntityUid, Policy, PolicyId, PolicySet};
use pilothouse_api::access::Because;

use super::entity;
use super::looks::Looks;
use super::schema;
use super::scope::{is_about, speaks_of};
use super::statement::Statement;
use crate::access::{Kind, Who};

/// What root is permitted by.
const BUILT_IN: &str = "(built in)";
const ROOT_MAY: &str = "permit (principal == Pilothouse::User::\"root\", action, resource);";

/// Who asks what, and what there is to say to it.
#[derive(Debug)]
pub(super) struct Slice {
    /// Tells it from the others of the same policies.
    pub(super) number: u64,
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
        let caller = Caller::of(who, groups)?;
        let action_groups: &[&str] = schema::action(action).map_or(&[], |action| action.groups.as_slice());
        let is_root = *who == Who::Root;
        let is_exempt = is_root && action_groups.iter().any(|group| ["access", "read"].contains(group));
        let mut cut = Cut::default();
        if is_root {
            cut.add_root()?;
        }
        let mut trees = Vec::new();
        for statement in statements {
            let binds = statement.effect == Effect::Permit || !is_exempt;
            if binds
                && speaks_of(&statement.tree.action, action, action_groups)
                && cut.add(statement, &caller.chain)?
            {
                trees.push(&statement.tree);
            }
        }
        let mut company = caller.entities()?;
        let parents = action_groups.iter().map(|group| entity::action(group)).collect();
        company.push(Entity::new_no_attrs(entity::action(action), parents));
        let (principal, groups) = caller.chain.split_first()?;
        Some(Self {
            number: 0,
            name: action.to_owned(),
            looks: Looks::of(trees.into_iter(), &caller.names),
            principal: principal.clone(),
            action: entity::action(action),
            groups: groups.to_vec(),
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

/// Who asks: the principal, then its groups.
struct Caller<'a> {
    names: Vec<(Kind, &'a str)>,
    chain: Vec<EntityUid>,
}

impl<'a> Caller<'a> {
    fn of(who: &'a Who, groups: &'a [String]) -> Option<Self> {
        let mut names = vec![entity::caller(who)?];
        if let Who::User(_) = who {
            names.extend(groups.iter().map(|group| (Kind::Group, group.as_str())));
        }
        let chain = names.iter().map(|(kind, name)| entity::uid(*kind, name)).collect();
        Some(Self { names, chain })
    }

    fn entities(&self) -> Option<Vec<Entity>> {
        let groups_of = |nth: usize| if nth == 0 { &self.chain[1..] } else { &[] };
        let named = self.names.iter().enumerate();
        named.map(|(nth, (kind, name))| entity::principal(*kind, name, groups_of(nth))).collect()
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
