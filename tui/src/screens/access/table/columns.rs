//! The columns of each tab's list.

use pilothouse_kit::table::{Align, Column, Width};

use crate::route::AccessTab;

const fn flex(title: &'static str, min: u16, weight: u16) -> Column<'static> {
    Column { title, width: Width::Flex { min, weight }, align: Align::Left, pinned: false }
}

const fn fixed(title: &'static str, cells: u16) -> Column<'static> {
    Column { title, width: Width::Fixed(cells), align: Align::Left, pinned: false }
}

/// The columns of a tab, the most important first.
#[must_use]
pub const fn columns(tab: AccessTab) -> &'static [Column<'static>] {
    match tab {
        AccessTab::Users => {
            const {
                &[
                    Column { pinned: true, ..flex("user", 12, 3) },
                    flex("groups", 9, 2),
                    flex("policies", 12, 3),
                    fixed("keys", 8),
                    fixed("last used", 11),
                    flex("comment", 10, 4),
                ]
            }
        }
        AccessTab::Groups => {
            const {
                &[
                    Column { pinned: true, ..flex("group", 12, 2) },
                    flex("members", 12, 3),
                    flex("policies", 12, 3),
                    flex("comment", 10, 4),
                ]
            }
        }
        AccessTab::Roles => {
            const {
                &[
                    Column { pinned: true, ..flex("role", 12, 2) },
                    flex("policies", 12, 3),
                    fixed("sessions", 10),
                    flex("comment", 10, 4),
                ]
            }
        }
        AccessTab::Policies => {
            const {
                &[
                    Column { pinned: true, ..flex("policy", 22, 3) },
                    fixed("kind", 10),
                    flex("attached to", 12, 3),
                    fixed("saved", 11),
                    flex("comment", 10, 4),
                ]
            }
        }
        AccessTab::Simulate => {
            const {
                &[
                    Column { pinned: true, ..flex("resource", 14, 2) },
                    fixed("decision", 16),
                    flex("decided by", 16, 2),
                    flex("because", 16, 5),
                ]
            }
        }
    }
}
