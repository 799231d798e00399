//! Policies of parameters: kept with their versions, told in listings, and carried out when they are due.

use pilothouse_api::Fault;
use pilothouse_api::parameters::ParameterInlinePolicy;
use pilothouse_api::topics::ParameterOperation;
use pilothouse_store::parameters::policies::{self, PolicyPlace, PolicyRecord};
use pilothouse_store::parameters::{self, ParameterRecord, VersionRecord};

use super::policy::{self, EXPIRATION, EXPIRATION_NOTIFICATION, Policy};
use super::resource;
use super::rules::ADVANCED;
use crate::capabilities::parameter_events::{author, note};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{
    CarryOutParameterPolicy, DueParameterPolicies, LookForParameterPolicies, ParameterPolicyPlace,
    TakeParameterPolicies,
};

/// Policies that are taken at a time.
const AT_ONCE: usize = 100;
/// Seconds after which another server does what the one that took it did not.
const LEASE: i64 = 60;

/// Gives a version that was just put its policies: those that are asked for, else those of the version before.
pub(super) async fn give(
    cx: &mut Cx<'_>,
    it: &VersionRecord,
    was: Option<i64>,
    asked: Option<&[Policy]>,
) -> Result<(), Fault> {
    let next = match (asked, was) {
        (Some(asked), _) => policy::begin(asked, cx.now)?,
        (None, None) => return Ok(()),
        (None, Some(was)) if it.tier == ADVANCED => {
            let found = policies::of_versions(cx.tx, &it.region, &it.path, &[was]).await;
            let former = found.map_err(store_fault)?.remove(&was).unwrap_or_default();
            if former.is_empty() {
                return Ok(());
            }
            policy::go_on(&former, cx.now)?
        }
        (None, Some(_)) => return Ok(()),
    };
    policies::set(cx.tx, &it.region, &it.path, it.version, &next).await.map_err(store_fault)
}

/// The policies of a version as PutParameter takes them; nothing when there are none.
pub(super) async fn text_of(cx: &mut Cx<'_>, it: &VersionRecord) -> Result<Option<String>, Fault> {
    let found =
        policies::of_versions(cx.tx, &it.region, &it.path, &[it.version]).await.map_err(store_fault)?;
    let texts: Vec<String> = found.into_values().flatten().map(|it| it.policy).collect();
    Ok(Some(format!("[{}]", texts.join(","))).filter(|_| !texts.is_empty()))
}

/// Policies as they are told.
pub(super) fn told(policies: Option<Vec<PolicyRecord>>) -> Vec<ParameterInlinePolicy> {
    let one = |it: PolicyRecord| ParameterInlinePolicy {
        policy_text: it.policy,
        policy_type: it.kind,
        policy_status: it.status,
    };
    policies.into_iter().flatten().map(one).collect()
}

impl Run for LookForParameterPolicies {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool, Fault> {
        policies::any_due(cx.tx, cx.now).await.map_err(store_fault)
    }
}

impl Run for TakeParameterPolicies {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DueParameterPolicies, Fault> {
        let until = cx.now.plus_seconds(LEASE);
        let taken = policies::take_due(cx.tx, cx.now, until, AT_ONCE).await.map_err(store_fault)?;
        let place = |it: PolicyPlace| ParameterPolicyPlace {
            region: it.region,
            path: it.path,
            version: it.version,
            place: it.place,
        };
        Ok(DueParameterPolicies { taken: taken.into_iter().map(place).collect() })
    }
}

impl Run for CarryOutParameterPolicy {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let ParameterPolicyPlace { region, path, version, place } = self.policy;
        // Whoever changes it at this moment is waited for.
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let place = PolicyPlace { region: region.clone(), path: path.clone(), version, place };
        let policy = policies::get(cx.tx, &place).await.map_err(store_fault)?;
        let found = parameters::get(cx.tx, &region, &path).await.map_err(store_fault)?;
        let (Some(policy), Some(found)) = (policy, found) else { return Err(replaced(&path)) };
        if !policies::finish(cx.tx, &place).await.map_err(store_fault)? {
            return Err(replaced(&path));
        }
        cx.require(vec![resource(&found)]).await?;
        let ParameterRecord { newest, tags } = found;
        let operation = match policy.kind.as_str() {
            EXPIRATION => ParameterOperation::Expiration,
            EXPIRATION_NOTIFICATION => ParameterOperation::ExpirationNotification,
            _ => ParameterOperation::NoChangeNotification,
        };
        if operation == ParameterOperation::Expiration {
            let by = author(cx);
            parameters::end(cx.tx, &newest, cx.now, &by).await.map_err(store_fault)?;
        }
        note(cx, operation, &newest, vec![tags], policy.policy).await
    }
}

fn replaced(path: &str) -> Fault {
    Fault::caller(
        "ParameterPolicyReplaced",
        format!("the policy of {path} was replaced while it was carried out"),
    )
}
