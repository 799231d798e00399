//! What a document takes.

use serde_json::Value;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// One text.
    String,
    /// Texts.
    StringList,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Texts by name, as JSON.
    StringMap,
    /// Maps, as JSON.
    MapList,
}

impl std::fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::StringMap => "StringMap",
            Self::MapList => "MapList",
        })
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
