//! The columns of each tab's list.

use pilothouse_kit::table::{Align, Column, Width};

use crate::route::AccessTab;

const fn flex(title: &'static str, min: u16, weight: u16) -> Column<'static> {
    Column { title, width: Width::Flex { min, weight }, align: Align::Left, pinned: false }
}

const fn fixed(title: &'static str, cells: u16) -> Column<'static> {
    Column { title, width: Width::Fixed(cells), align: Align::Left, pinned: false }
}

const fn first(title: &'static str, min: u16, weight: u16) -> Column<'static> {
    Column { pinned: true, ..flex(title, min, weight) }
}

const COMMENT: Column<'static> = flex("comment", 10, 4);
const POLICIES: Column<'static> = flex("policies", 12, 3);

const OF_USERS: [Column<'static>; 6] =
    [first("user", 12, 3), flex("groups", 9, 2), POLICIES, fixed("keys", 8), fixed("last used", 11), COMMENT];
const OF_GROUPS: [Column<'static>; 4] = [first("group", 12, 2), flex("members", 12, 3), POLICIES, COMMENT];
const OF_ROLES: [Column<'static>; 4] = [first("role", 12, 2), POLICIES, fixed("sessions", 10), COMMENT];
const OF_POLICIES: [Column<'static>; 5] =
    [first("policy", 22, 3), fixed("kind", 10), flex("attached to", 12, 3), fixed("saved", 11), COMMENT];
const OF_ANSWERS: [Column<'static>; 4] =
    [first("resource", 14, 2), fixed("decision", 16), flex("decided by", 16, 2), flex("because", 16, 5)];

/// The columns of a tab, the most important first.
#[must_use]
pub const fn columns(tab: AccessTab) -> &'static [Column<'static>] {
    match tab {
        AccessTab::Users => &OF_USERS,
        AccessTab::Groups => &OF_GROUPS,
        AccessTab::Roles => &OF_ROLES,
        AccessTab::Policies => &OF_POLICIES,
        AccessTab::Simulate => &OF_ANSWERS,
    }
}
