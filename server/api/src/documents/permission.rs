//! DescribeDocumentPermission and ModifyDocumentPermission.

use serde::{Deserialize, Serialize};

use super::parts::check_name;
use crate::validate::Violations;

/// Tells with whom a document is shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocumentPermission {
    /// Its name.
    pub name: String,
    /// Share.
    pub permission_type: String,
    /// 1 to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl DescribeDocumentPermission {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        v.range("maxResults", self.max_results, 1, 200);
    }
}

/// An account that a document is shared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountSharingInfo {
    /// Twelve digits, or `all`.
    pub account_id: String,
    /// `$DEFAULT`, `$LATEST` or `$ALL`.
    pub shared_document_version: String,
}

/// With whom it is shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocumentPermissionResponse {
    /// In order.
    pub account_ids: Vec<String>,
    /// The same, with what is shared.
    pub account_sharing_info_list: Vec<AccountSharingInfo>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Shares a document, or does not share it any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyDocumentPermission {
    /// Its name.
    pub name: String,
    /// Share.
    pub permission_type: String,
    /// At most 20; or `all` alone, which makes it public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub account_ids_to_add: Vec<String>,
    /// At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub account_ids_to_remove: Vec<String>,
    /// `$DEFAULT` (if absent), `$LATEST` or `$ALL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_document_version: Option<String>,
}

impl ModifyDocumentPermission {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_accounts(v, "accountIdsToAdd", &self.account_ids_to_add);
        check_accounts(v, "accountIdsToRemove", &self.account_ids_to_remove);
        if let Some(version) = &self.shared_document_version {
            let legal = ["$LATEST", "$DEFAULT", "$ALL"].contains(&version.as_str());
            v.length("sharedDocumentVersion", version, 0, 8);
            v.pattern("sharedDocumentVersion", version, "([$]LATEST|[$]DEFAULT|[$]ALL)", legal);
        }
    }
}

fn check_accounts(v: &mut Violations, path: &str, ids: &[String]) {
    v.count(path, ids, 0, 20);
    for (i, id) in ids.iter().enumerate() {
        let is_number = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        let legal = is_number || id.eq_ignore_ascii_case("all");
        v.pattern(
            &format!("{path}.{}.member", i + 1),
            &id.replace('\0', "\u{2400}"),
            "(?i)all|[0-9]{12}",
            legal,
        );
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifyDocumentPermissionResponse {}
