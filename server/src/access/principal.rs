//! Operators: who signed a request.

use std::fmt;

use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};

/// Whom the signature speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Who {
    /// The holder of the root credentials.
    Root,
    /// A user, by name.
    User(String),
    /// Somebody in a role.
    Session {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
        /// Who took the role on: `root` or `user/…`.
        person: String,
    },
}

impl Who {
    /// What policies speak of: `root`, `user/NAME` or `role/NAME`.
    #[must_use]
    pub fn principal(&self) -> String {
        match self {
            Self::Root => String::from("root"),
            Self::User(name) => format!("user/{name}"),
            Self::Session { role, .. } => format!("role/{role}"),
        }
    }

    /// The human behind it, `root` or `user/NAME`: who arms, who asks for approval, and who cannot approve their own.
    #[must_use]
    pub fn person(&self) -> String {
        match self {
            Self::Session { person, .. } => person.clone(),
            other => other.principal(),
        }
    }

    /// The same without the role, if there is one.
    #[must_use]
    pub fn human(&self) -> Self {
        match self {
            Self::Session { person, .. } => {
                person.strip_prefix("user/").map_or(Self::Root, |name| Self::User(name.to_owned()))
            }
            other => other.clone(),
        }
    }

    /// As AWS writes it.
    #[must_use]
    pub fn arn(&self, account: &str) -> String {
        match self {
            Self::Root => format!("arn:aws:iam::{account}:root"),
            Self::User(name) => format!("arn:aws:iam::{account}:user/{name}"),
            Self::Session { role, session, .. } => {
                format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { role, session, person } => write!(f, "role/{role}/{session} ({person})"),
            other => f.write_str(&other.principal()),
        }
    }
}

/// A known signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Whom it speaks for.
    pub who: Who,
    /// The key that signed.
    pub access_key_id: String,
    /// When the key stops to work, if it does.
    pub expires_at: Option<Millis>,
}
