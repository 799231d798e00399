//! PutPolicy, ValidatePolicy, ListPolicies, DeletePolicy.
//!
//! # Which permissions are worth as much as root
//! - `pilothouse:PutPolicy` on a policy is a right over that one. A text that applies at once, because it names its principals or
//!   nobody, or because the policy is attached already, asks for `pilothouse:AttachPolicy` on all of these as well.
//!   `pilothouse:DeletePolicy` asks for `pilothouse:DetachPolicy` on those whom the text is about, in the same way.
//! - `pilothouse:AttachPolicy` and `pilothouse:AddUserToGroup` are asked on both ends: on the policy (the group) and on who gets
//!   it. Whoever may attach any policy to anybody may attach `administrator` to themself.
//! - `pilothouse:CreateAccessKey` and `pilothouse:RotateAccessKey` on a user: they tell a secret with which one is that user.
//! - `sts:AssumeRole` on a role gives what the role may, no more and no longer than its session.
//!
//! A text that names a user, group or role means whoever has the name: when it is deleted, attachments go with it, and texts stay.
//! Attach policies instead of naming principals, and nobody inherits by a name.

use std::collections::BTreeMap;

use pilothouse_api::access::{
    AttachPolicy, DeletePolicy, DetachPolicy, Done, Finding, ListPolicies, ListPoliciesResult, MAX_POLICIES,
    Policy, PutPolicy, PutPolicyResult, Severity, ValidatePolicy, ValidatePolicyResult,
};
use pilothouse_api::{Fault, Operation, Timestamp};
use pilothouse_protocol::Millis;
use pilothouse_store::policies::{self, PolicyRecord};
use pilothouse_store::versions::{self, Part};

use super::{exists_already, holder, no_such, policy, room_for_one};
use crate::access::Resource;
use crate::access::policies::{NotChecked, Reach, ReadyMade, ready_made};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for PutPolicy {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PutPolicyResult, Fault> {
        cx.require(vec![policy(&self.policy_name)]).await?;
        not_ready_made(&self.policy_name)?;
        let findings = checked(cx, &self.text).await?;
        let (errors, warnings): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(malformed(&errors));
        }
        versions::hold(cx.tx, Part::Policies).await.map_err(store_fault)?;
        let before = policies::get(cx.tx, &self.policy_name).await.map_err(store_fault)?;
        let mut texts = vec![self.text.as_str()];
        texts.extend(before.as_ref().map(|before| before.text.as_str()));
        let attached_to = may_reach(cx, AttachPolicy::PERMISSION, &self.policy_name, &texts).await?;
        let record = PolicyRecord {
            name: self.policy_name,
            text: self.text,
            comment: self.comment,
            updated_at: cx.now,
            updated_by: cx.call.caller.person(),
        };
        let is_new = before.is_none();
        if is_new {
            room_for_one(policies::count(cx.tx).await.map_err(store_fault)?, MAX_POLICIES, "policies")?;
        }
        if !policies::put(cx.tx, &record).await.map_err(store_fault)? {
            return Err(exists_already("policy", &record.name));
        }
        if is_new {
            cx.created(policy(&record.name));
        }
        cx.reload_access();
        Ok(PutPolicyResult { policy: view(record, attached_to), findings: warnings })
    }
}

/// To write a text is to attach it to those whom it is about at once: whom it names, whoever has it, and everyone if it names
/// nobody. Else a right over policies of one name were a right to everything. And it is to take away what stood there before, as it
/// is to delete it: who is bound by a text is bound until somebody who may attach it to them, or detach it, says otherwise.
/// Gives whom the policy of this name is attached to.
async fn may_reach(
    cx: &mut Cx<'_>,
    permission: &str,
    name: &str,
    texts: &[&str],
) -> Result<Vec<String>, Fault> {
    let (mut reached, mut everyone) = (Vec::new(), false);
    for reach in texts.iter().map(|text| Reach::of(text)) {
        reached.extend(reach.named);
        everyone |= reach.everyone;
    }
    if everyone {
        reached.push(Resource::account(cx.account_id));
    }
    let holders = attached(cx).await?.remove(name).unwrap_or_default();
    reached.extend(holders.iter().filter_map(|it| holder(it)));
    if !reached.is_empty() {
        reached.push(policy(name));
        cx.require_as(permission, reached).await?;
    }
    Ok(holders)
}

impl Run for ValidatePolicy {
    const GUARD: Guard = Guard::Account;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ValidatePolicyResult, Fault> {
        Ok(ValidatePolicyResult { findings: checked(cx, &self.text).await? })
    }
}

/// What is wrong with a text.
///
/// # Errors
/// `ThrottlingException` while other texts of the caller are being checked.
async fn checked(cx: &mut Cx<'_>, text: &str) -> Result<Vec<Finding>, Fault> {
    let person = cx.call.caller.person();
    let findings = cx.access.checks.check(&person, text.to_owned()).await;
    findings.map_err(|why| match why {
        NotChecked::Busy => Fault::caller("ThrottlingException", format!("Rate exceeded: {why}")),
        NotChecked::Stopped => Fault::internal(why),
    })
}

impl Run for ListPolicies {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListPoliciesResult, Fault> {
        let mut sifter = cx.sifter(Self::PERMISSION).await?;
        let mut attached = attached(cx).await?;
        let mut attached_to = |name: &str| attached.remove(name).unwrap_or_default();
        let stored = policies::list(cx.tx).await.map_err(store_fault)?;
        let mut all: Vec<Policy> = ready_made().iter().map(|it| brought(it, attached_to(it.name))).collect();
        all.extend(stored.into_iter().map(|it| {
            let holders = attached_to(&it.name);
            view(it, holders)
        }));
        all.retain(|it| sifter.shows(&policy(&it.policy_name)));
        all.sort_by(|a, b| a.policy_name.cmp(&b.policy_name));
        Ok(ListPoliciesResult { policies: all })
    }
}

impl Run for DeletePolicy {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![policy(&self.policy_name)]).await?;
        not_ready_made(&self.policy_name)?;
        versions::hold(cx.tx, Part::Policies).await.map_err(store_fault)?;
        let before = policies::get(cx.tx, &self.policy_name).await.map_err(store_fault)?;
        let before = before.ok_or_else(|| no_such("policy", &self.policy_name))?;
        may_reach(cx, DetachPolicy::PERMISSION, &before.name, &[&before.text]).await?;
        policies::delete(cx.tx, &before.name).await.map_err(store_fault)?;
        cx.reload_access();
        Ok(Done {})
    }
}

/// The text of the policy of this name, stored or brought by the server, if there is one.
pub(super) async fn text_of(cx: &mut Cx<'_>, name: &str) -> Result<Option<String>, Fault> {
    if let Some(brought) = ready_made().iter().find(|it| it.name == name) {
        return Ok(Some(brought.text.to_owned()));
    }
    Ok(policies::get(cx.tx, name).await.map_err(store_fault)?.map(|it| it.text))
}

fn not_ready_made(name: &str) -> Result<(), Fault> {
    if ready_made().iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
        let message =
            format!("the policy {name} came with the server: save it under another name to change it");
        return Err(Fault::caller("UnmodifiableEntity", message));
    }
    Ok(())
}

/// Every error with its place, for who mends the text.
fn malformed(errors: &[Finding]) -> Fault {
    let told: Vec<String> = errors
        .iter()
        .map(|it| {
            let help = it.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("line {}, column {}: {}{help}", it.line, it.column, it.message)
        })
        .collect();
    Fault::caller("MalformedPolicyDocument", told.join("\n"))
}

/// Principals of each policy that is attached, in order.
async fn attached(cx: &mut Cx<'_>) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut attached: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in policies::attachments(cx.tx).await.map_err(store_fault)? {
        attached.entry(it.policy).or_default().push(it.principal);
    }
    Ok(attached)
}

fn view(record: PolicyRecord, attached_to: Vec<String>) -> Policy {
    Policy {
        policy_name: record.name,
        text: record.text,
        comment: record.comment,
        attached_to,
        updated_date: Timestamp(record.updated_at),
        updated_by: record.updated_by,
        ready_made: false,
    }
}

fn brought(it: &ReadyMade, attached_to: Vec<String>) -> Policy {
    Policy {
        policy_name: it.name.to_owned(),
        text: it.text.to_owned(),
        comment: it.comment.to_owned(),
        attached_to,
        updated_date: Timestamp(Millis(0)),
        updated_by: String::from("Pilothouse"),
        ready_made: true,
    }
}
