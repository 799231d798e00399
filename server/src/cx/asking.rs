//! Asking the policies: for everything that an operation is about to touch, or for each row of a listing.

use std::collections::BTreeSet;
use std::sync::Arc;

use pilothouse_api::access::{Because, Decision};
use pilothouse_api::arming::{self, ARMING_REQUIRED};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::{Fault, Operation};
use pilothouse_store::armings;

use super::{Caller, Cx, store_fault};
use crate::access::policies::{self, Sieve, environments, explain};
use crate::access::{Circumstances, Kind, Operator, Resource, Verdict};
use crate::internal::Requester;

/// The most resources that a refusal names.
const NAMED: usize = 50;
/// What it takes to see a node.
const SEES: &str = DescribeInstanceInformation::PERMISSION;

/// Lets through what the caller may see.
pub enum Sifter {
    /// The server itself and nodes on their links: kinds decide, not policies.
    All,
    /// An operator.
    Policies(Box<Sieve>),
}

impl Sifter {
    /// Whether the caller may see it.
    pub fn shows(&mut self, resource: &Resource) -> bool {
        match self {
            Self::All => true,
            Self::Policies(sieve) => sieve.shows(resource),
        }
    }
}

impl Cx<'_> {
    /// Whether the caller may do what it called to each of these, which it named itself; all or none.
    ///
    /// # Errors
    /// `AccessDeniedException` that names those which are refused and why; `ArmingRequiredException` when only an arming is
    /// missing. When only somebody else's approval is missing, that is noted for the door and no error.
    pub async fn require(&mut self, resources: Vec<Resource>) -> Result<(), Fault> {
        self.ask(self.permission, resources, Origin::Named).await
    }

    /// As [`Cx::require`], of resources that were found for the caller: those that it may not see are not named to it.
    ///
    /// # Errors
    /// As [`Cx::require`].
    pub async fn require_found(&mut self, resources: Vec<Resource>) -> Result<(), Fault> {
        self.ask(self.permission, resources, Origin::Found).await
    }

    /// As [`Cx::require`], for another permission than that of the operation.
    ///
    /// # Errors
    /// As [`Cx::require`].
    pub async fn require_as(&mut self, permission: &str, resources: Vec<Resource>) -> Result<(), Fault> {
        self.ask(permission, resources, Origin::Named).await
    }

    async fn ask(&mut self, permission: &str, resources: Vec<Resource>, origin: Origin) -> Result<(), Fault> {
        self.asked.is_asked = true;
        let first = self.asked.resources.len();
        self.asked.resources.extend(resources);
        let Caller::Operator(operator) = &self.call.caller else { return Ok(()) };
        let wanted = self.asked.resources.len() - first;
        let circumstances = self.circumstances(operator, &[permission, SEES], wanted).await?;
        let resources = &self.asked.resources[first..];
        let (groups, policies) = (self.access.groups_of(&operator.who), &self.access.policies);
        let verdicts = policies.decide(&operator.who, groups, permission, resources, &circumstances);
        for because in verdicts.iter().flat_map(|verdict| &verdict.because) {
            if !self.asked.decided_by.contains(&because.policy) {
                self.asked.decided_by.insert(because.policy.clone());
            }
        }
        let sees = || policies.sieve(&operator.who, groups, SEES, &circumstances);
        match refusal(operator, permission, resources, &verdicts, &Naming { origin, sees: &sees }) {
            None => Ok(()),
            Some(Refused::Denied(fault)) => Err(fault),
            Some(Refused::WantsApproval(why)) => {
                // It goes on, so that all that it would touch is known, and what fails anyway is not put before anyone. The
                // door rolls it back.
                self.asked.wants_approval.get_or_insert(why);
                Ok(())
            }
        }
    }

    /// Whether the caller may ever do what needs `permission`, and if so, what sifts a listing for it.
    ///
    /// # Errors
    /// `AccessDeniedException` when no policy gives the permission on anything.
    pub async fn sifter(&mut self, permission: &str) -> Result<Sifter, Fault> {
        self.asked.is_asked = true;
        let Caller::Operator(operator) = &self.call.caller else { return Ok(Sifter::All) };
        let groups = self.access.groups_of(&operator.who);
        self.access
            .policies
            .may_ever(&operator.who, groups, permission)
            .map_err(|because| never(operator, permission, because.as_ref()))?;
        let circumstances = self.circumstances(operator, &[permission], 1).await?;
        let sieve = self.access.policies.sieve(&operator.who, groups, permission, &circumstances);
        Ok(Sifter::Policies(Box::new(sieve)))
    }

    async fn circumstances(
        &mut self,
        operator: &Operator,
        permissions: &[&str],
        targets: usize,
    ) -> Result<Circumstances, Fault> {
        let groups = self.access.groups_of(&operator.who);
        let minds = |it: &&str| self.access.policies.minds_arming(&operator.who, groups, it);
        // Followers read again and again: what no policy looks at is not read for them.
        let armed = if self.only_looks && !permissions.iter().any(minds) {
            BTreeSet::new()
        } else {
            self.armed_by(operator).await?
        };
        Ok(Circumstances {
            armed,
            approved: self.call.approval.is_some(),
            target_count: targets,
            source: self.call.source.parse().ok(),
            region: self.call.region.clone(),
        })
    }

    /// Who calls, so that the server can do in that one's name later what follows from this call; `None` when it is no operator.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn requester(&mut self) -> Result<Option<Requester>, Fault> {
        let Caller::Operator(operator) = &self.call.caller else { return Ok(None) };
        Ok(Some(Requester {
            who: operator.who.clone(),
            access_key_id: operator.access_key_id.clone(),
            source: self.call.source.clone(),
            user_agent: self.call.user_agent.clone(),
            armed: self.armed_by(operator).await?,
        }))
    }

    /// What the caller has armed, read once. A call that is made later in its name has what was armed when it was asked for.
    async fn armed_by(&mut self, operator: &Operator) -> Result<BTreeSet<String>, Fault> {
        if let Some(armed) = &self.armed {
            return Ok(armed.clone());
        }
        let armed = match (&self.call.approval, &self.call.mandate) {
            (Some(grant), _) => grant.armed.clone(),
            (None, Some(mandate)) => mandate.armed.clone(),
            (None, None) => {
                let person = operator.who.person();
                self.asked.reasons =
                    armings::reasons(self.tx, &person, self.now).await.map_err(store_fault)?;
                self.asked.reasons.keys().cloned().collect()
            }
        };
        self.armed = Some(armed.clone());
        Ok(armed)
    }
}

/// What a refusal that names who and what adds when no statement decided.
const NOTHING_PERMITS: &str = "no policy permits it";

/// The answer when no policy gives a permission on anything.
pub(crate) fn never(operator: &Operator, permission: &str, because: Option<&Because>) -> Fault {
    let why = match because {
        Some(_) => policies::never(&operator.who, permission, because),
        None => NOTHING_PERMITS.into(),
    };
    Fault::denied(format!("{} is not authorized to perform: {permission}: {why}", operator.who))
}

enum Refused {
    Denied(Fault),
    WantsApproval(String),
}

/// What the verdicts mean for the whole call: a refusal weighs more than a missing arming, that more than a missing approval.
fn refusal(
    operator: &Operator,
    permission: &str,
    resources: &[Resource],
    verdicts: &[Arc<Verdict>],
    naming: &Naming<'_>,
) -> Option<Refused> {
    let refused = |decisions: &[Decision]| -> Vec<(&Resource, &Verdict)> {
        let pairs = resources.iter().zip(verdicts.iter().map(AsRef::as_ref));
        pairs.filter(|(_, verdict)| decisions.contains(&verdict.decision)).collect()
    };
    let denied = refused(&[Decision::Forbidden, Decision::NotPermitted]);
    let unarmed = refused(&[Decision::NeedsArming]);
    let unapproved = refused(&[Decision::NeedsApproval]);
    let worst = [&denied, &unarmed, &unapproved].into_iter().find(|refused| !refused.is_empty())?;
    let (first, verdict) = worst.first()?;
    let why = match verdict.decision {
        Decision::NotPermitted => NOTHING_PERMITS.into(),
        _ => explain(verdict, &operator.who, permission, first),
    };
    let which = naming.list(worst, resources.len());
    if denied.is_empty() && unarmed.is_empty() {
        // The reason first: the list is long, and those who decide see all of it anyway.
        return Some(Refused::WantsApproval(format!("{why}; it concerns {permission} on {which}")));
    }
    let who = &operator.who;
    let message = format!("{who} is not authorized to perform: {permission} on {which}: {why}");
    Some(Refused::Denied(if denied.is_empty() {
        let environments: BTreeSet<String> =
            unarmed.iter().flat_map(|(resource, _)| environments(resource)).collect();
        let message = arming::required(environments.iter().map(String::as_str), &message);
        Fault { code: ARMING_REQUIRED.into(), ..Fault::denied(message) }
    } else {
        Fault::denied(message)
    }))
}

/// How the resources of a call came to be known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The caller named each.
    Named,
    /// The server found them by what the caller described.
    Found,
}

/// How refused resources are named to the caller, who may not be allowed to see them.
struct Naming<'a> {
    origin: Origin,
    sees: &'a dyn Fn() -> Sieve,
}

impl Naming<'_> {
    /// One by name, several with their number and some names.
    fn list(&self, refused: &[(&Resource, &Verdict)], of: usize) -> String {
        let mut sieve = (self.sees)();
        let mut named = Vec::new();
        for (resource, _) in refused {
            let is_seen = resource.kind != Kind::Node || sieve.shows(resource);
            if is_seen && resource.name != resource.id {
                named.push(format!("{} ({resource})", resource.name));
            } else if is_seen || self.origin == Origin::Named {
                named.push(resource.to_string());
            }
        }
        let hidden = refused.len() - named.len();
        if of == 1 && hidden == 0 {
            return named.concat();
        }
        let more = named.len().saturating_sub(NAMED);
        named.truncate(NAMED);
        let more = (more > 0).then(|| format!("{more} more"));
        let hidden = (hidden > 0).then(|| format!("{hidden} that you may not see"));
        let names = named.into_iter().chain(more).chain(hidden).collect::<Vec<_>>();
        format!("{} of {of} resources ({})", refused.len(), names.join(", "))
    }
}
