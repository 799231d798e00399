//! One call as the door saw it: who, from where, what, on which resources, and how it ended.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use serde_json::Value;

use crate::access::{Kind, Resource};
use crate::cx::{Call, Caller, Change};

/// Resources that a record names; of more it tells the number.
pub const MAX_RESOURCES: usize = 100;

/// A call, allowed or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// When.
    pub at: Millis,
    /// In which region; empty for the server itself.
    pub region: String,
    /// Who.
    pub caller: Caller,
    /// Address of the caller, or `internal`.
    pub source: String,
    /// What the caller calls itself; untrusted, may be empty.
    pub user_agent: String,
    /// What, such as `SendCommand`.
    pub operation: &'static str,
    /// Its `X-Amz-Target`, which tells the service.
    pub target: &'static str,
    /// The permission that it needed.
    pub permission: &'static str,
    /// Whether it could only look.
    pub read_only: bool,
    /// The request without its secrets, as [`super::parameters`] makes it.
    pub request: Value,
    /// What it touched.
    pub touched: Touched,
    /// How it ended.
    pub outcome: Outcome,
    /// As told to the caller.
    pub request_id: String,
    /// The statements that decided, as `POLICY#2` or however policies name them.
    pub decided_by: Vec<String>,
    /// Why the caller says it is done: the reason of the arming that it needed, or of the approved request.
    pub reason: Option<String>,
    /// What it made different, where that does not stand in its request.
    pub changes: Vec<Change>,
    /// The approval that it ran by, or waits for.
    pub approval_id: Option<String>,
    /// The operating system's user who did it in a shell on the server's machine; nobody's call has one.
    pub system_user: Option<String>,
}

impl CallRecord {
    /// The record of a call under its operation, target and permission: that it was done, without a request, and touched nothing.
    #[must_use]
    pub fn of(call: &Call, at: Millis, [operation, target, permission]: [&'static str; 3]) -> Self {
        Self {
            at,
            region: call.region.clone(),
            caller: call.caller.clone(),
            source: call.source.clone(),
            user_agent: call.user_agent.clone(),
            operation,
            target,
            permission,
            read_only: false,
            request: Value::Null,
            touched: Touched::default(),
            outcome: Outcome::Done,
            request_id: call.request_id.clone(),
            decided_by: Vec::new(),
            reason: None,
            changes: Vec::new(),
            approval_id: call.approval.as_ref().map(|grant| grant.approval_id.clone()),
            system_user: None,
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, or failed; nothing was changed.
    Refused {
        /// The error's code.
        code: String,
        /// Its message, as the caller was told.
        message: String,
    },
    /// It was one of many that were turned away unread: one record tells of all of them.
    Throttled(Flood),
}

/// Calls of one person that were turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flood {
    /// How many.
    pub count: u64,
    /// When the first was.
    pub first: Millis,
    /// When the last was.
    pub last: Millis,
    /// Where they came from: the first few addresses.
    pub sources: BTreeSet<String>,
}

impl Outcome {
    /// `ok`, or the code of the error.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Done => "ok",
            Self::Refused { code, .. } => code,
            Self::Throttled(_) => "ThrottlingException",
        }
    }
}

impl<T> From<&Result<T, Fault>> for Outcome {
    fn from(outcome: &Result<T, Fault>) -> Self {
        match outcome {
            Ok(_) => Self::Done,
            Err(fault) => {
                Self::Refused { code: fault.code.clone().into_owned(), message: fault.message.clone() }
            }
        }
    }
}

/// A resource in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRef {
    /// What it is.
    pub kind: Kind,
    /// Unique within its kind.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// The resources of a call: the first of them, how many, and their environments. Bounded, however many are noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    first: Vec<ResourceRef>,
    count: usize,
    environments: BTreeSet<String>,
}

impl Touched {
    /// Notes a resource.
    pub fn note(&mut self, resource: &Resource) {
        // First of all: what moves into another environment is noted twice, and belongs to both.
        if let Some(environment) = resource.environment()
            && self.environments.len() < MAX_RESOURCES
            && !self.environments.contains(environment)
        {
            self.environments.insert(environment.to_owned());
        }
        if self.first.len() < MAX_RESOURCES {
            let Resource { kind, id, name, .. } = resource;
            let noted = ResourceRef { kind: *kind, id: id.clone(), name: name.clone() };
            if self.first.contains(&noted) {
                return;
            }
            self.first.push(noted);
        }
        self.count += 1;
    }

    /// The first [`MAX_RESOURCES`] of them.
    #[must_use]
    pub fn first(&self) -> &[ResourceRef] {
        &self.first
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Their environments.
    #[must_use]
    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }
}

impl<'a> FromIterator<&'a Resource> for Touched {
    fn from_iter<I: IntoIterator<Item = &'a Resource>>(resources: I) -> Self {
        let mut touched = Self::default();
        for resource in resources {
            touched.note(resource);
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_one_resource_in_two_environments() {
        let node = |environment: &str| {
            let tags = [(String::from("env"), environment.to_owned())].into();
            Resource::new(Kind::Node, "mi-1").tagged(tags)
        };
        let touched = Touched::from_iter([&node("staging"), &node("prod")]);
        assert_eq!((touched.count(), touched.first().len()), (1, 1));
        assert_eq!(touched.environments().iter().collect::<Vec<_>>(), ["prod", "staging"]);
    }
}
