//! What is noted of a call, for the door and the audit trail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::Cx;
use crate::access::Resource;

/// What a call asked of the policies, and what it was told: for the door and the audit trail.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whether it asked at all.
    pub is_asked: bool,
    /// What it wanted to touch, as far as it named it.
    pub resources: Vec<Resource>,
    /// What it made.
    pub created: Vec<Resource>,
    /// Policies that decided, by name.
    pub decided_by: BTreeSet<String>,
    /// Why the caller has armed what it has, by environment.
    pub reasons: BTreeMap<String, String>,
    /// What it made different, where that does not stand in its request.
    pub changes: Vec<Change>,
    /// Set when everything is in order but somebody else's approval: the policies' reason.
    pub wants_approval: Option<String>,
}

/// A value that a call changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which, such as `maxConcurrency`.
    pub member: &'static str,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} → {}", self.member, self.from, self.to)
    }
}

impl Cx<'_> {
    /// Notes what the call made, for the audit trail.
    pub fn created(&mut self, resource: Resource) {
        self.asked.created.push(resource);
    }

    /// Notes a value that the call changed, for the audit trail; nothing when it is the same.
    pub fn changed(&mut self, member: &'static str, from: impl fmt::Display, to: impl fmt::Display) {
        let change = Change { member, from: from.to_string(), to: to.to_string() };
        if change.from != change.to {
            self.asked.changes.push(change);
        }
    }
}
