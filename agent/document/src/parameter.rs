//! What a document takes.

use serde_json::Value;

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// One text.
    String,
    /// Texts.
    StringList,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Values by name, as JSON.
    StringMap,
    /// Maps, as JSON.
    MapList,
    /// The name of something on AWS, such as `AWS::EC2::Instance::Id`: one text. Runbooks only.
    Aws(String),
    /// Names of things on AWS, such as `List<AWS::EC2::Instance::Id>`: texts. Runbooks only.
    AwsList(String),
}

impl ParameterKind {
    /// The type of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Self::String,
            "StringList" => Self::StringList,
            "Boolean" => Self::Boolean,
            "Integer" => Self::Integer,
            "StringMap" => Self::StringMap,
            "MapList" => Self::MapList,
            other => match other.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
                Some(entry) if is_aws(entry) => Self::AwsList(entry.to_owned()),
                None if is_aws(other) => Self::Aws(other.to_owned()),
                _ => return None,
            },
        })
    }

    /// Whether a value is several texts.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::StringList | Self::AwsList(_))
    }

    /// Whether only runbooks have it.
    pub(crate) const fn is_of_runbooks(&self) -> bool {
        matches!(self, Self::Aws(_) | Self::AwsList(_))
    }
}

/// `AWS::Service::Resource::Property`.
fn is_aws(name: &str) -> bool {
    let parts: Vec<_> = name.split("::").collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    (3..=4).contains(&parts.len()) && parts[0] == "AWS" && parts.iter().all(is_word)
}

impl std::fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::String => f.write_str("String"),
            Self::StringList => f.write_str("StringList"),
            Self::Boolean => f.write_str("Boolean"),
            Self::Integer => f.write_str("Integer"),
            Self::StringMap => f.write_str("StringMap"),
            Self::MapList => f.write_str("MapList"),
            Self::Aws(name) => f.write_str(name),
            Self::AwsList(name) => write!(f, "List<{name}>"),
        }
    }
}

/// How a form shows a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// One line.
    TextField,
    /// Several lines.
    TextArea,
}

impl Display {
    pub(crate) const WORDS: &'static [(&'static str, Self)] =
        &[("textfield", Self::TextField), ("textarea", Self::TextArea)];

    /// AWS's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextField => "textfield",
            Self::TextArea => "textarea",
        }
    }
}

/// A parameter of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParameterKind,
    /// For people.
    pub description: String,
    /// Its value if none is given; without one it is required.
    pub default: Option<Value>,
    /// The only values it takes, if there are any.
    pub allowed_values: Vec<String>,
    /// A regular expression that every value must match somewhere.
    pub allowed_pattern: Option<String>,
    /// Least and most entries of a list.
    pub items: (Option<usize>, Option<usize>),
    /// Least and most characters of a text.
    pub chars: (Option<usize>, Option<usize>),
    /// How a form shows it, if the document says so.
    pub display: Option<Display>,
    /// Given to scripts as the environment variable `SSM_<name>` instead of being put into their text.
    pub is_env_var: bool,
}

/// A value that a document does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The document has no such parameter.
    #[error("the document has no parameter {name:?}; it takes: {known}")]
    Unknown {
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// A required one is absent.
    #[error("the parameter {name:?} is required")]
    Missing {
        /// Which.
        name: String,
    },
    /// A value breaks the parameter's rules.
    #[error("the parameter {name:?} must {must}, but {value:?} does not")]
    Illegal {
        /// Which.
        name: String,
        /// The rule.
        must: String,
        /// The value, shortened.
        value: String,
    },
}
