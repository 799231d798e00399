//! Access keys: what a user signs with. The secret is told once, by the call that makes it.

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most keys of a user that are active at a time.
pub const MAX_ACTIVE_KEYS: usize = 2;
/// The longest time for which a rotated key still works, in seconds: 30 days.
pub const MAX_GRACE_SECONDS: i64 = 30 * 24 * 3600;

/// Whether a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It does.
    Active,
    /// It is known and refused.
    Inactive,
}

/// An access key without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKey {
    /// The id.
    pub access_key_id: String,
    /// Whose.
    pub user_name: String,
    /// Whether it signs.
    pub status: KeyStatus,
    /// When it was made.
    pub created_date: Timestamp,
    /// When it stops to work by itself: a rotated key's grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it signed last, to about a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_date: Option<Timestamp>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_from: Option<String>,
    /// For which operation, such as `ssm:SendCommand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_for: Option<String>,
}

/// Makes a key for a user: at most [`MAX_ACTIVE_KEYS`] are active.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAccessKey {
    /// Whose.
    pub user_name: String,
}

impl CreateAccessKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "userName", &self.user_name);
    }
}

/// The key, with its secret, which is told only here.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAccessKeyResult {
    /// The key.
    pub access_key: AccessKey,
    /// Its secret.
    pub secret_access_key: String,
}

impl std::fmt::Debug for CreateAccessKeyResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CreateAccessKeyResult({}, secret ***)", self.access_key.access_key_id)
    }
}

/// Makes a new key in an old one's place; the old one works on for a grace, then never again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotateAccessKey {
    /// The old one.
    pub access_key_id: String,
    /// Seconds: 0 to [`MAX_GRACE_SECONDS`]; a day if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<i64>,
}

impl RotateAccessKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("accessKeyId", &self.access_key_id, 16, 128);
        v.range("graceSeconds", self.grace_seconds, 0, MAX_GRACE_SECONDS);
    }
}

/// Switches a key on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateAccessKey {
    /// Which.
    pub access_key_id: String,
    /// What it shall be.
    pub status: KeyStatus,
}

impl UpdateAccessKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("accessKeyId", &self.access_key_id, 16, 128);
    }
}

/// Deletes a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteAccessKey {
    /// Which.
    pub access_key_id: String,
}

impl DeleteAccessKey {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("accessKeyId", &self.access_key_id, 16, 128);
    }
}
