//! Parameter Store: values by name, in versions, with labels; SecureStrings sealed.
//!
//! In: names, as people write them (`/staging/db/password`, with a selector `:3` or `:label`, or as an ARN). Out: values, and
//! what is known about them without their values.
//!
//! Never here: rules that need the store (which names are reserved, which value fits); only the model's constraints.

mod blame;
mod browse;
mod delete;
mod describe;
mod diff;
mod exchange;
mod get;
mod history;
mod labels;
mod put;

pub use blame::{
    GetParameterBlame, GetParameterBlameResult, ParameterReader, RollBackParameter, VersionBlame,
};
pub use browse::{
    BrowseParameters, BrowseParametersResult, BrowsedParameter, FindParameters, FindParametersResult,
    MOST_BROWSED, MOST_FOUND, ParameterFolder,
};
pub use delete::{DeleteParameter, DeleteParameterResult, DeleteParameters, DeleteParametersResult};
pub use describe::{DescribeParameters, DescribeParametersResult, ParameterMetadata, ParametersFilter};
pub use diff::{DiffParameters, DiffParametersResult, DiffSide, DifferenceKind, ParameterDifference};
pub use exchange::{
    ChangeKind, CopyParameters, ExportParameters, ExportParametersResult, FORMATS, ImportParameters,
    MOST_EXCHANGED, ParameterChange, ParameterChanges,
};
pub use get::{
    GetParameter, GetParameterResult, GetParameters, GetParametersByPath, GetParametersByPathResult,
    GetParametersResult, Parameter, ParameterStringFilter,
};
pub use history::{GetParameterHistory, GetParameterHistoryResult, ParameterHistory};
pub use labels::{
    LabelParameterVersion, LabelParameterVersionResult, UnlabelParameterVersion,
    UnlabelParameterVersionResult,
};
pub use put::{PutParameter, PutParameterResult};

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The permission to be told what a SecureString holds, asked for beside that of the operation that reads it. Its name is that of
/// the permission that AWS asks for in the same place.
pub const DECRYPT: &str = "kms:Decrypt";

/// The permission to put a SecureString under a key that has a name of its own, asked for beside that of the operation that puts it.
pub const ENCRYPT: &str = "kms:Encrypt";

/// String, StringList, SecureString.
pub const TYPES: &[&str] = &["SecureString", "StringList", "String"];
/// The tiers that can be asked for.
pub const TIERS: &[&str] = &["Standard", "Advanced", "Intelligent-Tiering"];

/// A policy of a parameter, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterInlinePolicy {
    /// The policy's JSON.
    pub policy_text: String,
    /// Expiration, ExpirationNotification or NoChangeNotification.
    pub policy_type: String,
    /// Pending, Finished, Failed or InProgress.
    pub policy_status: String,
}

/// Checks a name or an ARN, with or without a selector.
pub(crate) fn check_name(v: &mut Violations, path: &str, name: &str) {
    v.length(path, name, 1, 2048);
}

/// Checks a list of names.
pub(crate) fn check_names(v: &mut Violations, names: &[String]) {
    v.count("names", names, 1, 10);
    for (i, name) in names.iter().enumerate() {
        check_name(v, &format!("names.{}.member", i + 1), name);
    }
}

/// Checks a list of labels.
pub(crate) fn check_labels(v: &mut Violations, labels: &[String]) {
    v.count("labels", labels, 1, 10);
    for (i, label) in labels.iter().enumerate() {
        v.length(&format!("labels.{}.member", i + 1), label, 1, 100);
    }
}
