//! What an operation touches, as policies see it: a kind, an id, attributes and tags.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

/// What kind of thing it is. The names are those of the entity types in the schema of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Account,
    Node,
    Activation,
    Document,
    Command,
    Parameter,
    Session,
    PatchBaseline,
    MaintenanceWindow,
    Association,
    Automation,
    User,
    Group,
    Role,
    Policy,
    Environment,
    Approval,
    Trail,
    ResourceGroup,
    RunTemplate,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Account,
        Self::Node,
        Self::Activation,
        Self::Document,
        Self::Command,
        Self::Parameter,
        Self::Session,
        Self::PatchBaseline,
        Self::MaintenanceWindow,
        Self::Association,
        Self::Automation,
        Self::User,
        Self::Group,
        Self::Role,
        Self::Policy,
        Self::Environment,
        Self::Approval,
        Self::Trail,
        Self::ResourceGroup,
        Self::RunTemplate,
    ];

    /// The entity type in policies, such as `Node`.
    #[must_use]
    pub const fn entity(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Node => "Node",
            Self::Activation => "Activation",
            Self::Document => "Document",
            Self::Command => "Command",
            Self::Parameter => "Parameter",
            Self::Session => "Session",
            Self::PatchBaseline => "PatchBaseline",
            Self::MaintenanceWindow => "MaintenanceWindow",
            Self::Association => "Association",
            Self::Automation => "Automation",
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
            Self::Policy => "Policy",
            Self::Environment => "Environment",
            Self::Approval => "Approval",
            Self::Trail => "Trail",
            Self::ResourceGroup => "ResourceGroup",
            Self::RunTemplate => "RunTemplate",
        }
    }

    /// The word before the id in a reference, such as `node`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Node => "node",
            Self::Activation => "activation",
            Self::Document => "document",
            Self::Command => "command",
            Self::Parameter => "parameter",
            Self::Session => "session",
            Self::PatchBaseline => "patch-baseline",
            Self::MaintenanceWindow => "maintenance-window",
            Self::Association => "association",
            Self::Automation => "automation",
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::Environment => "environment",
            Self::Approval => "approval",
            Self::Trail => "trail",
            Self::ResourceGroup => "resource-group",
            Self::RunTemplate => "run-template",
        }
    }

    /// AWS's name of the type, for audit records.
    #[must_use]
    pub const fn aws_type(self) -> &'static str {
        match self {
            Self::Account => "AWS::Account",
            Self::Node => "AWS::SSM::ManagedInstance",
            Self::Activation => "AWS::SSM::Activation",
            Self::Document => "AWS::SSM::Document",
            Self::Command => "AWS::SSM::Command",
            Self::Parameter => "AWS::SSM::Parameter",
            Self::Session => "AWS::SSM::Session",
            Self::PatchBaseline => "AWS::SSM::PatchBaseline",
            Self::MaintenanceWindow => "AWS::SSM::MaintenanceWindow",
            Self::Association => "AWS::SSM::Association",
            Self::Automation => "AWS::SSM::AutomationExecution",
            Self::User => "AWS::IAM::User",
            Self::Group => "AWS::IAM::Group",
            Self::Role => "AWS::IAM::Role",
            Self::Policy => "AWS::IAM::Policy",
            Self::Environment => "Pilothouse::Environment",
            Self::Approval => "Pilothouse::Approval",
            Self::Trail => "AWS::CloudTrail::Trail",
            Self::ResourceGroup => "AWS::ResourceGroups::Group",
            Self::RunTemplate => "Pilothouse::RunTemplate",
        }
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text.
    Text(String),
    /// Several, without order.
    Texts(BTreeSet<String>),
    /// Yes or no.
    Flag(bool),
}

/// A resource with what policies may look at. An attribute that is not known is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Unique within its kind.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// By the names in the schema.
    pub attributes: BTreeMap<&'static str, Value>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Digest of what stands in it, where that is what a call is about: an approval is for this and nothing else.
    pub content: Option<String>,
}

impl Resource {
    /// A resource without attributes, called by its id.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        let id = id.into();
        Self { kind, name: id.clone(), id, attributes: BTreeMap::new(), tags: BTreeMap::new(), content: None }
    }

    /// The account itself: what operations without a resource are about.
    #[must_use]
    pub fn account(account_id: &str) -> Self {
        Self::new(Kind::Account, account_id)
    }

    /// The same, called so.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same with a text as attribute.
    #[must_use]
    pub fn with(mut self, attribute: &'static str, value: impl Into<String>) -> Self {
        self.attributes.insert(attribute, Value::Text(value.into()));
        self
    }

    /// The same with a set of texts as attribute.
    #[must_use]
    pub fn with_set(mut self, attribute: &'static str, values: BTreeSet<String>) -> Self {
        self.attributes.insert(attribute, Value::Texts(values));
        self
    }

    /// The same with tags; one of `env` or `environment` is its environment.
    #[must_use]
    pub fn tagged(mut self, tags: BTreeMap<String, String>) -> Self {
        if let Some(environment) = environment(&tags) {
            self.attributes.insert("environment", Value::Text(environment.to_owned()));
        }
        self.tags = tags;
        self
    }

    /// The same with what stands in it.
    #[must_use]
    pub fn holding(self, content: &str) -> Self {
        Self { content: Some(hex::encode(digest(&SHA256, content.as_bytes()))), ..self }
    }

    /// Its environment, if it has one.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        match self.attributes.get("environment") {
            Some(Value::Text(environment)) => Some(environment),
            _ => None,
        }
    }
}

/// Tags that say an environment: the first of them that is there counts.
const ENVIRONMENT: [&str; 2] = ["env", "environment"];

/// Whether a tag of this key says an environment.
#[must_use]
pub fn is_environment(key: &str) -> bool {
    ENVIRONMENT.contains(&key)
}

/// The environment that tags say: `env`, else `environment`.
#[must_use]
pub fn environment(tags: &BTreeMap<String, String>) -> Option<&str> {
    ENVIRONMENT.iter().find_map(|key| tags.get(*key)).map(String::as_str).filter(|it| !it.is_empty())
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Account => f.write_str("account"),
            kind => write!(f, "{}/{}", kind.word(), self.id.trim_start_matches('/')),
        }
    }
}
