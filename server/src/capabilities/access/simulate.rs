//! SimulateAccess: "why may, or may not, X do Y on Z?" Everyone may ask about themself; about others, who may on them.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::access::{SimulateAccess, SimulateAccessResult, Simulated};
use pilothouse_store::armings;

use super::{named, role, user};
use crate::access::policies::{actions, explain};
use crate::access::{Circumstances, Kind, Who};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for SimulateAccess {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<SimulateAccessResult, Fault> {
        let caller = super::sessions::operator(cx)?.who.clone();
        let who = match self.principal.as_deref() {
            Some(principal) if principal != caller.principal() => other(cx, principal).await?,
            _ => caller,
        };
        if !actions().iter().any(|action| action.name == self.action) {
            return Err(Fault::validation(format!("there is no action {}", self.action)));
        }
        let mut resources = Vec::with_capacity(self.resources.len());
        for reference in &self.resources {
            resources.push(named::find(cx, reference).await?);
        }
        let circumstances = circumstances(cx, &self, &who).await?;
        let groups = cx.access.groups_of(&who);
        let verdicts = cx.access.policies.decide(&who, groups, &self.action, &resources, &circumstances);
        let answers = verdicts.into_iter().zip(&resources).zip(self.resources);
        let results = answers.map(|((verdict, resource), asked)| Simulated {
            resource: asked,
            explanation: explain(&verdict, &who, &self.action, resource),
            decision: verdict.decision,
            because: verdict.because.clone(),
        });
        Ok(SimulateAccessResult { principal: who.principal(), results: results.collect() })
    }
}

/// Somebody else, about whom the caller may ask.
async fn other(cx: &mut Cx<'_>, principal: &str) -> Result<Who, Fault> {
    let unknown = || super::no_such("principal", principal);
    let (who, resource) = match principal.split_once('/') {
        None if principal == super::ROOT => (Who::Root, user(super::ROOT)),
        Some((word, name)) if word == Kind::User.word() => (Who::User(name.to_owned()), user(name)),
        Some((word, name)) if word == Kind::Role.word() => {
            let (session, person) = (String::new(), String::new());
            (Who::Session { role: name.to_owned(), session, person }, role(name))
        }
        _ => return Err(unknown()),
    };
    cx.require(vec![resource]).await?;
    if cx.access.knows(&who) { Ok(who) } else { Err(unknown()) }
}

async fn circumstances(cx: &mut Cx<'_>, asked: &SimulateAccess, who: &Who) -> Result<Circumstances, Fault> {
    let mut armed: BTreeSet<String> =
        armings::armed(cx.tx, &who.person(), cx.now).await.map_err(store_fault)?;
    armed.extend(asked.armed.iter().cloned());
    let targets = asked.target_count.and_then(|count| usize::try_from(count).ok());
    Ok(Circumstances {
        armed,
        approved: asked.approved,
        target_count: targets.unwrap_or(asked.resources.len()),
        source: cx.call.source.parse().ok(),
        region: cx.region().to_owned(),
    })
}
