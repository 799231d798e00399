//! A call in CloudTrail's form, version 1.11, as its own readers and every tool for it know it.
//!
//! In: a call as the door saw it. Out: a row with the record as JSON text and, beside it, what lookups and filters go by: all but
//! its place and its hash. Everything in it is of a bounded size, and can be stored by every database.
//!
//! Never here: secrets (they are masked before), the chain.

mod form;
mod identity;
mod resources;

use std::borrow::Cow;
use std::sync::Arc;

use pilothouse_protocol::Millis;
use pilothouse_store::audit::AuditRow;
use serde_json::Value;

use self::form::{Additional, Identity, Record, Resource, Throttled};
use super::followed::followed;
use super::parameters::cut;
use super::record::{CallRecord, Outcome, ResourceRef};
use crate::access::Access;
use crate::clock::Dice;

/// Bytes of an error's message that a record keeps.
const MAX_MESSAGE: usize = 8 * 1024;
/// Bytes of it that a list shows.
const MAX_NOTE: usize = 1024;
/// Bytes of other texts from outside.
const MAX_TEXT: usize = 512;
/// Policies that a record names.
const MAX_POLICIES: usize = 50;

/// Writes calls down in CloudTrail's form.
#[derive(Clone)]
pub struct Scribe {
    account_id: Arc<str>,
    home: Arc<str>,
    dice: Dice,
    access: Access,
}

impl Scribe {
    /// For an account. What the server does by itself is recorded in the region `home`.
    #[must_use]
    pub fn new(account_id: &str, home: &str, dice: Dice) -> Self {
        Self { account_id: Arc::from(account_id), home: Arc::from(home), dice, access: Access::default() }
    }

    /// The same, telling users and roles by their unique ids, too.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The region that a call is recorded in.
    #[must_use]
    pub fn region<'a>(&'a self, of_call: &'a str) -> &'a str {
        if of_call.is_empty() { &self.home } else { of_call }
    }

    /// The record of a call, yet without its place in the chain.
    #[must_use]
    pub fn row(&self, call: &CallRecord) -> AuditRow {
        let region = self.region(&call.region);
        // It tells the record's time, by which it is found.
        let event_id = self.dice.uuid_at(call.at);
        let identity = identity::identity(&call.caller, &self.account_id, region, &self.access.now());
        let arn = identity.arn.clone().unwrap_or_default();
        let record = self.record(call, region, &event_id, identity);
        let who = call.caller.to_string();
        let (username, access_key_id) = identity::named(&call.caller);
        let said =
            || call.reason.as_deref().map(Cow::from).or_else(|| followed(&call.request).map(Cow::from));
        let note = message(call).or_else(|| changes(call)).or_else(said).unwrap_or_default();
        let index: Vec<_> = call.touched.first().iter().map(resources::touched).collect();
        AuditRow {
            at: call.at,
            region: region.to_owned(),
            event_id,
            sought_who: format!("{who}\n{username}\n{arn}\n{access_key_id}").to_lowercase(),
            sought_where: resources::sought_where(call, &index),
            who,
            username,
            access_key_id,
            operation: call.operation.to_owned(),
            permission: call.permission.to_owned(),
            event_source: event_source(call.target).to_owned(),
            read_only: call.read_only,
            outcome: storable(call.outcome.code()),
            note: storable(&cut(&note, MAX_NOTE)),
            source: storable(&cut(&call.source, MAX_TEXT)),
            resources: index,
            resource_count: i64::try_from(call.touched.count()).unwrap_or(i64::MAX),
            record,
            ..AuditRow::default()
        }
    }

    /// The record as JSON text.
    fn record(&self, call: &CallRecord, region: &str, event_id: &str, user_identity: Identity<'_>) -> String {
        let is_refused = call.outcome != Outcome::Done;
        let record = Record {
            event_version: "1.11",
            user_identity,
            event_time: instant(call.at),
            event_source: event_source(call.target),
            event_name: call.operation,
            aws_region: region,
            source_ip_address: &call.source,
            user_agent: cut(&call.user_agent, MAX_TEXT),
            error_code: is_refused.then(|| call.outcome.code()),
            error_message: message(call).map(|text| cut(&text, MAX_MESSAGE)),
            request_parameters: &call.request,
            response_elements: Value::Null,
            additional_event_data: additional(call),
            request_id: &call.request_id,
            event_id,
            read_only: call.read_only,
            resources: call.touched.first().iter().map(|it| self.resource(it, region)).collect(),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: &self.account_id,
            event_category: "Management",
        };
        serde_json::to_string(&record).unwrap_or_else(|error| {
            // Texts, numbers and lists of them: there is nothing in it that could not be written.
            tracing::error!(%error, "a call cannot be written in CloudTrail's form");
            String::from("{}")
        })
    }

    fn resource<'a>(&'a self, it: &ResourceRef, region: &str) -> Resource<'a> {
        let account = &*self.account_id;
        Resource { arn: resources::arn(it, account, region), account_id: account, r#type: it.kind.aws_type() }
    }
}

/// What the caller was told when it was refused.
fn message(call: &CallRecord) -> Option<Cow<'_, str>> {
    match &call.outcome {
        Outcome::Done => None,
        Outcome::Refused { message, .. } => Some(message.into()),
        Outcome::Throttled(flood) => {
            let (first, last) = (instant(flood.first), instant(flood.last));
            let count = flood.count;
            Some(format!("Rate exceeded: {count} calls were turned away from {first} to {last}").into())
        }
    }
}

fn additional(call: &CallRecord) -> Additional<'_> {
    Additional {
        permission: call.permission,
        decided_by: call.decided_by.get(..MAX_POLICIES).unwrap_or(&call.decided_by),
        environments: call.touched.environments(),
        reason: call.reason.as_ref().map(|text| cut(text, MAX_NOTE)),
        changes: &call.changes,
        approval_id: call.approval_id.as_deref(),
        system_user: call.system_user.as_ref().map(|text| cut(text, MAX_TEXT)),
        target_count: call.touched.count(),
        throttled: throttled(call),
    }
}

/// What it made different, and why, for a list.
fn changes(call: &CallRecord) -> Option<Cow<'_, str>> {
    if call.changes.is_empty() {
        return None;
    }
    let all = call.changes.iter().map(ToString::to_string).chain(call.reason.clone());
    Some(Cow::from(all.collect::<Vec<_>>().join("; ")))
}

fn throttled(call: &CallRecord) -> Option<Throttled<'_>> {
    let Outcome::Throttled(flood) = &call.outcome else { return None };
    Some(Throttled {
        calls: flood.count,
        first_time: instant(flood.first),
        last_time: instant(flood.last),
        sources: &flood.sources,
    })
}

/// The service of an operation: AWS's name for AWS's, our own for all others.
fn event_source(target: &str) -> &'static str {
    let service = target.rsplit_once('.').map_or(target, |(service, _)| service);
    match service {
        "AmazonSSM" => "ssm.amazonaws.com",
        "AWSSecurityTokenServiceV20110615" => "sts.amazonaws.com",
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" => "cloudtrail.amazonaws.com",
        _ => identity::SYSTEM,
    }
}

/// A text as every database keeps it: NUL is made visible.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

/// `2026-11-24T13:05:09Z`: CloudTrail tells whole seconds.
fn instant(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| String::new(), |instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
