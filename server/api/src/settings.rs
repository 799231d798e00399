//! Service settings: what holds for all of a region.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The tier of parameters that are put without one: Standard, Advanced or Intelligent-Tiering.
pub const DEFAULT_PARAMETER_TIER: &str = "/ssm/parameter-store/default-parameter-tier";

/// Tells a setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetServiceSetting {
    /// Its id, or its ARN.
    pub setting_id: String,
}

impl GetServiceSetting {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_id(v, &self.setting_id);
    }
}

/// A setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceSetting {
    /// Its id.
    pub setting_id: String,
    /// What it is set to.
    pub setting_value: String,
    /// When it was set; if it never was, when the server first knew it.
    pub last_modified_date: Timestamp,
    /// By whom, as ARN; absent as long as it is as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_user: Option<String>,
    /// Its name among all of AWS's.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Default or Customized.
    pub status: String,
}

/// The setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetServiceSettingResult {
    /// As it is.
    pub service_setting: ServiceSetting,
}

/// Changes a setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateServiceSetting {
    /// Its id, or its ARN.
    pub setting_id: String,
    /// What it is to be.
    pub setting_value: String,
}

impl UpdateServiceSetting {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_id(v, &self.setting_id);
        v.length("settingValue", &self.setting_value, 1, 4096);
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateServiceSettingResult {}

/// Makes a setting what it was when it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResetServiceSetting {
    /// Its id, or its ARN.
    pub setting_id: String,
}

impl ResetServiceSetting {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_id(v, &self.setting_id);
    }
}

/// The setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResetServiceSettingResult {
    /// As it is now.
    pub service_setting: ServiceSetting,
}

fn check_id(v: &mut Violations, id: &str) {
    v.length("settingId", id, 1, 1000);
}
