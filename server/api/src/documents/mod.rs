//! Documents: what can be run, opened, installed or asked for the time, in versions.
//!
//! In: names (or ARNs), versions (`$DEFAULT`, `$LATEST` or a number), contents in JSON, YAML or TEXT. Out: contents and what is
//! known of them. Operations that AWS defines keep its members; [`ValidateDocument`] and [`ListParameterUses`] are ours.
//!
//! Never here: what a content means (`pilothouse-document`), rules that need the store; only the model's constraints.

mod calendar;
mod create;
mod delete;
mod describe;
mod get;
mod list;
mod parts;
mod permission;
mod review;
mod uses;
mod validate;
mod versions;

pub use calendar::{GetCalendarState, GetCalendarStateResponse};
pub use create::{CreateDocument, CreateDocumentResult, UpdateDocument, UpdateDocumentResult};
pub use delete::{DeleteDocument, DeleteDocumentResult};
pub use describe::{
    AttachmentInformation, DescribeDocument, DescribeDocumentResult, DocumentDescription, DocumentParameter,
    ReviewInformation,
};
pub use get::{AttachmentContent, GetDocument, GetDocumentResult};
pub use list::{
    DocumentFilter, DocumentIdentifier, DocumentKeyValuesFilter, ListDocuments, ListDocumentsResult,
};
pub use parts::{AttachmentsSource, DocumentRequires};
pub(crate) use parts::{check_reference, check_version};
pub use permission::{
    AccountSharingInfo, DescribeDocumentPermission, DescribeDocumentPermissionResponse,
    ModifyDocumentPermission, ModifyDocumentPermissionResponse,
};
pub use review::{
    DocumentMetadataResponseInfo, DocumentReviewCommentSource, DocumentReviewerResponseSource,
    DocumentReviews, ListDocumentMetadataHistory, ListDocumentMetadataHistoryResponse,
    UpdateDocumentMetadata, UpdateDocumentMetadataResponse,
};
pub use uses::{ListParameterUses, ListParameterUsesResult, ParameterUse};
pub use validate::{Finding, ValidateDocument, ValidateDocumentResult};
pub use versions::{
    DocumentDefaultVersionDescription, DocumentVersionInfo, ListDocumentVersions, ListDocumentVersionsResult,
    UpdateDocumentDefaultVersion, UpdateDocumentDefaultVersionResult,
};

/// The formats of a content.
pub const FORMATS: &[&str] = &["YAML", "JSON", "TEXT"];

/// The types that the model knows, in its order; which of them a server keeps is its own to say.
pub const TYPES: &[&str] = &[
    "Command",
    "Policy",
    "Automation",
    "Session",
    "Package",
    "ApplicationConfiguration",
    "ApplicationConfigurationSchema",
    "DeploymentStrategy",
    "ChangeCalendar",
    "Automation.ChangeTemplate",
    "ProblemAnalysis",
    "ProblemAnalysisTemplate",
    "CloudFormation",
    "ConformancePackTemplate",
    "QuickSetup",
    "ManualApprovalPolicy",
    "AutoApprovalPolicy",
];
