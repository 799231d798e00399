//! Users, groups, roles, policies and answers as rows of lists.
//!
//! In: what the server said, by position. Out: what a list asks of its rows, columns, and the cells of a row.
//! Never here: the cursor, what is shown: those are the list's.

mod cells;
mod columns;

use std::cmp::Ordering;

use pilothouse_api::access::{Decision, Group, KeyStatus, Policy, Role as AccessRole, Simulated, User};
use pilothouse_kit::table::Column;

use super::directory::Directory;
use super::simulation::Simulation;
use crate::mirror::Nodes;
use crate::route::AccessTab;
use crate::screen::Cx;
use crate::screens::rows::{Fields, Rows, natural};

pub use cells::{cells, decision, last_used, resource};
pub use columns::columns;

/// The first column, by which every list is sorted at first.
pub const NAME: usize = 0;

/// A row's thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thing<'a> {
    /// Somebody who can sign.
    User(&'a User),
    /// Several of them.
    Group(&'a Group),
    /// What is taken on for a while.
    Role(&'a AccessRole),
    /// What is permitted and forbidden.
    Policy(&'a Policy),
    /// The answer for a resource.
    Answer(&'a Simulated),
}

impl<'a> Thing<'a> {
    /// What it is known by.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::User(user) => &user.user_name,
            Self::Group(group) => &group.group_name,
            Self::Role(role) => &role.role_name,
            Self::Policy(policy) => &policy.policy_name,
            Self::Answer(answer) => &answer.resource,
        }
    }

    /// How policies and the audit trail call it, if they do.
    #[must_use]
    pub fn reference(self) -> Option<String> {
        Some(match self {
            Self::User(user) => format!("user/{}", user.user_name),
            Self::Group(group) => format!("group/{}", group.group_name),
            Self::Role(role) => format!("role/{}", role.role_name),
            Self::Policy(policy) => format!("policy/{}", policy.policy_name),
            Self::Answer(_) => return None,
        })
    }

    /// Names of the policies attached to it.
    #[must_use]
    pub fn policies(self) -> &'a [String] {
        match self {
            Self::User(user) => &user.policies,
            Self::Group(group) => &group.policies,
            Self::Role(role) => &role.policies,
            Self::Policy(_) | Self::Answer(_) => &[],
        }
    }

    fn comment(self) -> &'a str {
        match self {
            Self::User(user) => &user.comment,
            Self::Group(group) => &group.comment,
            Self::Role(role) => &role.comment,
            Self::Policy(policy) => &policy.comment,
            Self::Answer(answer) => &answer.explanation,
        }
    }
}

/// The rows of a tab.
#[derive(Clone, Copy)]
pub struct Things<'a> {
    tab: AccessTab,
    directory: &'a Directory,
    simulation: &'a Simulation,
    nodes: &'a Nodes,
}

impl<'a> Things<'a> {
    /// The rows of a tab, from what is known.
    #[must_use]
    pub fn of(tab: AccessTab, directory: &'a Directory, simulation: &'a Simulation, cx: &Cx<'a>) -> Self {
        Self { tab, directory, simulation, nodes: &cx.mirror.nodes }
    }

    /// The thing in that place.
    #[must_use]
    pub fn at(&self, at: usize) -> Option<Thing<'a>> {
        let directory = self.directory;
        match self.tab {
            AccessTab::Users => directory.users.get(at).map(Thing::User),
            AccessTab::Groups => directory.groups.get(at).map(Thing::Group),
            AccessTab::Roles => directory.roles.get(at).map(Thing::Role),
            AccessTab::Policies => directory.policies.get(at).map(Thing::Policy),
            AccessTab::Simulate => self.simulation.answers().get(at).map(Thing::Answer),
        }
    }

    pub(super) fn name(&self, at: usize) -> &'a str {
        self.at(at).map_or("", Thing::name)
    }
}

/// What the filter may ask of a thing: its name and its cells as text.
struct Texts<'a> {
    name: &'a str,
    titles: &'static [Column<'static>],
    cells: Vec<String>,
    comment: &'a str,
}

impl Rows for Things<'_> {
    type Key = String;

    fn generation(&self) -> u64 {
        self.directory.generation + self.simulation.generation()
    }

    fn len(&self) -> usize {
        match self.tab {
            AccessTab::Users => self.directory.users.len(),
            AccessTab::Groups => self.directory.groups.len(),
            AccessTab::Roles => self.directory.roles.len(),
            AccessTab::Policies => self.directory.policies.len(),
            AccessTab::Simulate => self.simulation.answers().len(),
        }
    }

    fn key(&self, at: usize) -> String {
        self.name(at).to_owned()
    }

    fn position(&self, key: &String) -> Option<usize> {
        (0..self.len()).find(|&at| self.name(at) == key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        self.at(at).map(|thing| Texts {
            name: thing.name(),
            titles: columns(self.tab),
            cells: cells::texts(thing, self.nodes),
            comment: thing.comment(),
        })
    }

    fn is_fault(&self, at: usize) -> bool {
        match self.at(at) {
            Some(Thing::User(user)) => user.access_keys.iter().all(|key| key.status == KeyStatus::Inactive),
            Some(Thing::Group(group)) => group.members.is_empty() || group.policies.is_empty(),
            Some(Thing::Role(role)) => role.policies.is_empty(),
            Some(Thing::Policy(policy)) => policy.attached_to.is_empty(),
            Some(Thing::Answer(answer)) => answer.decision != Decision::Allowed,
            None => false,
        }
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.at(a), self.at(b)) else { return Ordering::Equal };
        let text = |thing| cells::texts(thing, self.nodes).into_iter().nth(column).unwrap_or_default();
        let order = match (columns(self.tab).get(column).map(|it| it.title), a, b) {
            (Some("last used"), Thing::User(a), Thing::User(b)) => last_used(a).cmp(&last_used(b)),
            (Some("saved"), Thing::Policy(a), Thing::Policy(b)) => a.updated_date.cmp(&b.updated_date),
            // Answers stay in the order in which they were asked for.
            (_, Thing::Answer(_), Thing::Answer(_)) if column == NAME => return Ordering::Equal,
            _ if column == NAME => Ordering::Equal,
            _ => natural(&text(a), &text(b)),
        };
        order.then_with(|| natural(a.name(), b.name()))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        columns(self.tab).iter().enumerate().map(|(at, column)| (at, column.title.to_owned())).collect()
    }
}

impl Fields for Option<Texts<'_>> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        self.as_ref()
            .is_some_and(|it| look(it.name) || look(it.comment) || it.cells.iter().any(|text| look(text)))
    }

    fn name(&self) -> &str {
        self.as_ref().map_or("", |it| it.name)
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let it = self.as_ref()?;
        // A column is known by the first word of its title, in the singular too.
        let at = it.titles.iter().position(|column| {
            let word = column.title.split(' ').next().unwrap_or_default();
            let stem = word.strip_suffix("ies");
            word == name
                || word.strip_suffix('s') == Some(name)
                || stem.is_some_and(|stem| name.strip_suffix('y') == Some(stem))
        })?;
        it.cells.get(at).map(|text| look(text))
    }
}
