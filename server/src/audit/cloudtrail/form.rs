//! The members of a record, in the order in which CloudTrail writes them.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::cx::Change;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record<'a> {
    pub(super) event_version: &'static str,
    pub(super) user_identity: Identity<'a>,
    pub(super) event_time: String,
    pub(super) event_source: &'a str,
    pub(super) event_name: &'a str,
    pub(super) aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    pub(super) source_ip_address: &'a str,
    pub(super) user_agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_message: Option<String>,
    pub(super) request_parameters: &'a Value,
    pub(super) response_elements: Value,
    pub(super) additional_event_data: Additional<'a>,
    #[serde(rename = "requestID")]
    pub(super) request_id: &'a str,
    #[serde(rename = "eventID")]
    pub(super) event_id: &'a str,
    pub(super) read_only: bool,
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) event_type: &'static str,
    pub(super) management_event: bool,
    pub(super) recipient_account_id: &'a str,
    pub(super) event_category: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    #[serde(rename = "ARN")]
    pub(super) arn: String,
    pub(super) account_id: &'a str,
    pub(super) r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Additional<'a> {
    pub(super) permission: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) decided_by: &'a [String],
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) environments: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) changes: &'a [Change],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) approval_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_user: Option<String>,
    pub(super) target_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) throttled: Option<Throttled<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Throttled<'a> {
    pub(super) calls: u64,
    pub(super) first_time: String,
    pub(super) last_time: String,
    pub(super) sources: &'a BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity<'a> {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) principal_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
    pub(super) account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_context: Option<SessionContext<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invoked_by: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionContext<'a> {
    pub(super) session_issuer: Issuer<'a>,
    /// Who took the role on.
    pub(super) source_identity: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issuer<'a> {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) principal_id: Option<String>,
    pub(super) arn: String,
    pub(super) account_id: &'a str,
    pub(super) user_name: &'a str,
}
