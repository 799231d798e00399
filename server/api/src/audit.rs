//! The audit trail: AWS CloudTrail's LookupEvents, and the cockpit's own richer view of the same records.

use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Position in the chain of records, from 1.
pub type AuditSeq = i64;

/// One condition of LookupEvents; AWS takes one at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupAttribute {
    /// EventId, EventName, ReadOnly, Username, ResourceType, ResourceName, EventSource or AccessKeyId.
    pub attribute_key: String,
    /// Exact, 1 to 2,000 characters.
    pub attribute_value: String,
}

/// Finds calls in the region, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LookupEvents {
    /// At most one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lookup_attributes: Vec<LookupAttribute>,
    /// From then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// Until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// 1 to 50; 50 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl LookupEvents {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 1, 50);
        v.count("lookupAttributes", &self.lookup_attributes, 0, 1);
        for (i, attribute) in self.lookup_attributes.iter().enumerate() {
            let path = format!("lookupAttributes.{}.member", i + 1);
            let keys = [
                "EventId",
                "EventName",
                "ReadOnly",
                "Username",
                "ResourceType",
                "ResourceName",
                "EventSource",
                "AccessKeyId",
            ];
            v.one_of(&format!("{path}.attributeKey"), &attribute.attribute_key, &keys);
            v.length(&format!("{path}.attributeValue"), &attribute.attribute_value, 1, 2000);
        }
    }
}

/// A resource that a call touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventResource {
    /// Such as `AWS::SSM::ManagedInstance`.
    pub resource_type: String,
    /// Its id or name.
    pub resource_name: String,
}

/// A call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// A UUID.
    pub event_id: String,
    /// The operation.
    pub event_name: String,
    /// `true` or `false`, as a text.
    pub read_only: String,
    /// The key that signed; absent for the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// When.
    pub event_time: Timestamp,
    /// Such as `ssm.amazonaws.com`.
    pub event_source: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What it touched.
    pub resources: Vec<EventResource>,
    /// The whole record as JSON text, in CloudTrail's form.
    pub cloud_trail_event: String,
}

/// A page of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LookupEventsResult {
    /// Newest first.
    pub events: Vec<Event>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What of the trail is wanted; conditions are ANDed, an empty one is none. Texts match a part, whatever the case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AuditFilter {
    /// Part of the principal or its ARN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// Part of the operation's name or permission.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Part of a touched resource (`node/mi-…`), its name or its environment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#where: String,
    /// Part of the error's code, or `ok`, or `refused` for whatever is not ok.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// Only calls that could change something.
    pub writes_only: bool,
}

/// A call, as the cockpit sees it in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditView {
    /// Its place in the chain.
    pub seq: AuditSeq,
    /// When.
    pub at: Millis,
    /// `root`, `user/…`, `role/…`, `node/…` or `system`.
    pub who: String,
    /// The operation.
    pub operation: String,
    /// The permission.
    pub permission: String,
    /// Whether it could only look.
    pub read_only: bool,
    /// `ok`, or the code of the error.
    pub outcome: String,
    /// The first of the touched resources, as `node/mi-…`.
    pub resources: Vec<String>,
    /// How many it touched.
    pub resource_count: u32,
    /// Address of the caller.
    pub source: String,
    /// The error's message, or the caller's reason, or what a `Follow` follows: `nodes`, `output of command/…`.
    pub note: String,
}

/// Reads one record whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAuditRecord {
    /// Its place in the chain.
    pub seq: AuditSeq,
}

impl GetAuditRecord {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("seq", Some(self.seq), 1, i64::MAX);
    }
}

/// The record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAuditRecordResult {
    /// As in the list.
    pub view: AuditView,
    /// In CloudTrail's form.
    pub record: serde_json::Value,
    /// The hash over it and all before it, hexadecimal.
    pub hash: String,
}

/// Pages backwards through the trail: what the cockpit reads when it scrolls beyond what it was told live.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListAuditRecords {
    /// What is wanted.
    pub filter: AuditFilter,
    /// Only those before this place; the newest if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<AuditSeq>,
    /// 1 to 1,000; 200 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

impl ListAuditRecords {
    pub(crate) fn check(&self, v: &mut Violations) {
        self.filter.check(v);
        v.range("maxResults", self.max_results, 1, 1000);
    }
}

impl AuditFilter {
    fn check(&self, v: &mut Violations) {
        for (path, text) in
            [("who", &self.who), ("what", &self.what), ("where", &self.r#where), ("result", &self.result)]
        {
            v.length(&format!("filter.{path}"), text, 0, 256);
        }
    }
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAuditRecordsResult {
    /// Newest first.
    pub records: Vec<AuditView>,
    /// Where to go on (`before`); absent when there is nothing older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<AuditSeq>,
}
