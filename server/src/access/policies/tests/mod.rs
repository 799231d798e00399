//! Stories of policies: who may, who may not, and what they are told.

mod deciding;
mod documentation;
mod grouping;
mod ready_made;
mod validating;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pilothouse_api::access::Decision;

use super::{Policies, PolicySource};
use crate::access::{Circumstances, Kind, Resource, Verdict, Who};

/// Policies, each attached to these.
fn policies(texts: &[(&str, &str, &[&str])]) -> Policies {
    let sources: Vec<PolicySource> = texts
        .iter()
        .map(|(name, text, attached_to)| PolicySource {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            attached_to: attached_to.iter().map(|it| (*it).to_owned()).collect(),
        })
        .collect();
    Policies::compile(&sources)
}

fn ada() -> Who {
    Who::User(String::from("ada"))
}

fn node(id: &str, tags: &[(&str, &str)]) -> Resource {
    let tags: BTreeMap<String, String> =
        tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    Resource::new(Kind::Node, id).named(format!("host-{id}")).tagged(tags)
}

fn command(id: &str, requested_by: &str, environments: &[&str]) -> Resource {
    Resource::new(Kind::Command, id)
        .with("document", "AWS-RunShellScript")
        .with("requestedBy", requested_by)
        .with_set("environments", environments.iter().map(|it| (*it).to_owned()).collect())
}

fn document(name: &str) -> Resource {
    Resource::new(Kind::Document, name).with("owner", "Amazon")
}

/// A call on so many targets, with these environments armed.
fn call(targets: usize, armed: &[&str]) -> Circumstances {
    let armed: BTreeSet<String> = armed.iter().map(|it| (*it).to_owned()).collect();
    Circumstances {
        armed,
        target_count: targets,
        region: String::from("eu-central-1"),
        ..Circumstances::default()
    }
}

/// What is decided about one resource for someone who is in no group.
fn verdict(
    policies: &Policies,
    who: &Who,
    action: &str,
    resource: &Resource,
    circumstances: &Circumstances,
) -> Arc<Verdict> {
    let verdicts = policies.decide(who, &[], action, std::slice::from_ref(resource), circumstances);
    verdicts.into_iter().next().unwrap()
}

/// The same, in circumstances that nobody asks about.
fn decision(policies: &Policies, who: &Who, action: &str, resource: &Resource) -> Decision {
    verdict(policies, who, action, resource, &call(1, &[])).decision
}
