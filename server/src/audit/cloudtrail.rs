//! A call in CloudTrail's form, version 1.11, as its own readers and every tool for it know it.

use std::collections::BTreeSet;
use std::sync::Arc;

use pilothouse_protocol::Millis;
use pilothouse_store::audit::{AuditRow, Touched as TouchedRow};
use serde::Serialize;
use serde_json::Value;

use super::parameters::cut;
use super::record::{CallRecord, Outcome, ResourceRef};
use crate::access::{Kind, Who};
use crate::clock::Dice;
use crate::cx::Caller;

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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    user_identity: Identity<'a>,
    event_time: String,
    event_source: &'a str,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    request_parameters: &'a Value,
    response_elements: Value,
    additional_event_data: Additional<'a>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    read_only: bool,
    resources: Vec<Resource<'a>>,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: &'a str,
    event_category: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(rename = "ARN")]
    arn: String,
    account_id: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Additional<'a> {
    permission: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    decided_by: &'a [String],
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    environments: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_id: Option<&'a str>,
    target_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<SessionContext<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoked_by: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    session_issuer: Issuer<'a>,
    /// Who took the role on.
    source_identity: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issuer<'a> {
    r#type: &'static str,
    principal_id: &'a str,
    arn: String,
    account_id: &'a str,
    user_name: &'a str,
}

impl Scribe {
    /// For an account. What the server does by itself is recorded in the region `home`.
    #[must_use]
    pub fn new(account_id: &str, home: &str, dice: Dice) -> Self {
        Self { account_id: Arc::from(account_id), home: Arc::from(home), dice }
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
        let event_id = self.dice.uuid();
        let event_source = event_source(call.target);
        let identity = self.identity(&call.caller, region);
        let (code, message) = match &call.outcome {
            Outcome::Done => (None, None),
            Outcome::Refused { code, message } => (Some(code.as_str()), Some(message.as_str())),
        };
        let arn = identity.arn.clone().unwrap_or_default();
        let user_agent = cut(&call.user_agent, MAX_TEXT);
        let resources: Vec<TouchedRow> = call.touched.first().iter().map(touched).collect();
        let record = Record {
            event_version: "1.11",
            user_identity: identity,
            event_time: instant(call.at),
            event_source,
            event_name: call.operation,
            aws_region: region,
            source_ip_address: &call.source,
            user_agent: &user_agent,
            error_code: code,
            error_message: message.map(|text| cut(text, MAX_MESSAGE)),
            request_parameters: &call.request,
            response_elements: Value::Null,
            additional_event_data: Additional {
                permission: call.permission,
                decided_by: call.decided_by.get(..MAX_POLICIES).unwrap_or(&call.decided_by),
                environments: call.touched.environments(),
                reason: call.reason.as_ref().map(|text| cut(text, MAX_NOTE)),
                approval_id: call.approval_id.as_deref(),
                target_count: call.touched.count(),
            },
            request_id: &call.request_id,
            event_id: &event_id,
            read_only: call.read_only,
            resources: call.touched.first().iter().map(|it| self.resource(it, region)).collect(),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: &self.account_id,
            event_category: "Management",
        };
        let record = serde_json::to_string(&record).unwrap_or_else(|error| {
            // Texts, numbers and lists of them: there is nothing in it that could not be written.
            tracing::error!(%error, "a call cannot be written in CloudTrail's form");
            String::from("{}")
        });
        let who = call.caller.to_string();
        let (username, access_key_id) = named(&call.caller);
        AuditRow {
            at: call.at,
            region: region.to_owned(),
            sought_who: format!("{who}\n{username}\n{arn}\n{access_key_id}").to_lowercase(),
            sought_where: sought_where(call),
            who,
            event_id,
            username,
            access_key_id,
            operation: call.operation.to_owned(),
            permission: call.permission.to_owned(),
            event_source: event_source.to_owned(),
            read_only: call.read_only,
            outcome: storable(call.outcome.code()),
            note: storable(&cut(message.or(call.reason.as_deref()).unwrap_or_default(), MAX_NOTE)),
            source: storable(&cut(&call.source, MAX_TEXT)),
            resources,
            resource_count: i64::try_from(call.touched.count()).unwrap_or(i64::MAX),
            record,
            ..AuditRow::default()
        }
    }

    fn identity<'a>(&'a self, caller: &'a Caller, region: &str) -> Identity<'a> {
        let account = &*self.account_id;
        let of = |r#type, principal_id: Option<String>| Identity {
            r#type,
            principal_id,
            arn: None,
            account_id: account,
            access_key_id: None,
            user_name: None,
            session_context: None,
            invoked_by: None,
        };
        match caller {
            Caller::Operator(operator) => {
                let signed = |identity: Identity<'a>| Identity {
                    arn: Some(operator.who.arn(account)),
                    access_key_id: Some(&operator.access_key_id),
                    ..identity
                };
                match &operator.who {
                    Who::Root => signed(of("Root", Some(account.to_owned()))),
                    Who::User(name) => signed(Identity {
                        user_name: Some(name),
                        ..of("IAMUser", Some(format!("user/{name}")))
                    }),
                    Who::Session { role, session, person } => signed(Identity {
                        session_context: Some(SessionContext {
                            session_issuer: Issuer {
                                r#type: "Role",
                                principal_id: role,
                                arn: format!("arn:aws:iam::{account}:role/{role}"),
                                account_id: account,
                                user_name: role,
                            },
                            source_identity: person,
                        }),
                        ..of("AssumedRole", Some(format!("{role}:{session}")))
                    }),
                }
            }
            // As AWS shows a machine that it manages: somebody in a role whose session is called like the machine.
            Caller::Node(id) => Identity {
                arn: Some(format!("arn:aws:ssm:{region}:{account}:managed-instance/{id}")),
                ..of("AssumedRole", Some(id.to_string()))
            },
            Caller::Candidate => of("Unknown", None),
            Caller::System => Identity { invoked_by: Some(SYSTEM), ..of("AWSService", None) },
        }
    }

    fn resource<'a>(&'a self, it: &ResourceRef, region: &str) -> Resource<'a> {
        let account = &*self.account_id;
        Resource { arn: arn(it, account, region), account_id: account, r#type: it.kind.aws_type() }
    }
}

/// The server's own name as a service.
const SYSTEM: &str = "pilothouse";

/// The service of an operation: AWS's name for AWS's, our own for all others.
fn event_source(target: &str) -> &'static str {
    let service = target.rsplit_once('.').map_or(target, |(service, _)| service);
    match service {
        "AmazonSSM" => "ssm.amazonaws.com",
        "AWSSecurityTokenServiceV20110615" => "sts.amazonaws.com",
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" => "cloudtrail.amazonaws.com",
        _ => SYSTEM,
    }
}

/// The name by which CloudTrail looks a caller up, and the key that signed.
fn named(caller: &Caller) -> (String, String) {
    match caller {
        Caller::Operator(operator) => {
            let name = match &operator.who {
                Who::Root => "root",
                Who::User(name) => name,
                Who::Session { session, .. } => session,
            };
            (name.to_owned(), operator.access_key_id.clone())
        }
        Caller::Node(id) => (id.to_string(), String::new()),
        Caller::Candidate => (String::from("candidate"), String::new()),
        Caller::System => (SYSTEM.to_owned(), String::new()),
    }
}

fn arn(it: &ResourceRef, account: &str, region: &str) -> String {
    let ResourceRef { kind, id, .. } = it;
    let id = id.trim_start_matches('/');
    match kind {
        Kind::Account => format!("arn:aws:iam::{account}:root"),
        Kind::Node => format!("arn:aws:ssm:{region}:{account}:managed-instance/{id}"),
        Kind::Document => format!("arn:aws:ssm:{region}:{account}:document/{id}"),
        Kind::Activation => format!("arn:aws:ssm:{region}:{account}:activation/{id}"),
        Kind::Command => format!("arn:aws:ssm:{region}:{account}:command/{id}"),
        Kind::Parameter => format!("arn:aws:ssm:{region}:{account}:parameter/{id}"),
        Kind::Session => format!("arn:aws:ssm:{region}:{account}:session/{id}"),
        Kind::PatchBaseline => format!("arn:aws:ssm:{region}:{account}:patchbaseline/{id}"),
        Kind::MaintenanceWindow => format!("arn:aws:ssm:{region}:{account}:maintenancewindow/{id}"),
        Kind::Association => format!("arn:aws:ssm:{region}:{account}:association/{id}"),
        Kind::Automation => format!("arn:aws:ssm:{region}:{account}:automation-execution/{id}"),
        Kind::User | Kind::Group | Kind::Role | Kind::Policy => {
            format!("arn:aws:iam::{account}:{}/{id}", kind.word())
        }
        Kind::Trail => format!("arn:aws:cloudtrail:{region}:{account}:trail/{id}"),
        Kind::Environment | Kind::Approval => {
            format!("arn:aws:pilothouse:{region}:{account}:{}/{id}", kind.word())
        }
    }
}

fn touched(it: &ResourceRef) -> TouchedRow {
    let resource = match it.kind {
        Kind::Account => String::from("account"),
        kind => format!("{}/{}", kind.word(), it.id.trim_start_matches('/')),
    };
    TouchedRow {
        resource: storable(&resource),
        r#type: it.kind.aws_type().to_owned(),
        name: storable(&it.id),
    }
}

fn sought_where(call: &CallRecord) -> String {
    let mut lines = String::new();
    for it in call.touched.first() {
        lines.push_str(&touched(it).resource);
        lines.push('\n');
        if it.name != it.id {
            lines.push_str(&it.name);
            lines.push('\n');
        }
    }
    for environment in call.touched.environments() {
        lines.push_str(environment);
        lines.push('\n');
    }
    storable(&lines.to_lowercase())
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
