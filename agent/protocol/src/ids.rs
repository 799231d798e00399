//! Names of things, validated once at the border and trusted afterwards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an id of the kind it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {kind}: expected {expected}")]
pub struct MalformedId {
    /// What was being read, with its article.
    pub kind: &'static str,
    /// The form it must have.
    pub expected: &'static str,
    /// What was given instead, shortened.
    pub text: String,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(MalformedId { kind: $kind, expected: $expected, text: text.chars().take(80).collect() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedId;
            fn try_from(text: String) -> Result<Self, MalformedId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn lower_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(lower_hex)
}

text_id!(
    /// A managed node: `mi-` and 17 hexadecimal digits.
    InstanceId,
    "an instance id",
    "mi- and 17 lower-case hexadecimal digits",
    |text| text.strip_prefix("mi-").is_some_and(|rest| rest.len() == 17 && lower_hex(rest))
);
text_id!(
    /// One `SendCommand`: a UUID in lower case.
    CommandId,
    "a command id",
    "a UUID in lower case, 36 characters",
    uuid
);
text_id!(
    /// A hybrid activation: a UUID in lower case.
    ActivationId,
    "an activation id",
    "a UUID in lower case, 36 characters",
    uuid
);

impl InstanceId {
    /// The id made of the first 68 of these 72 random bits.
    #[must_use]
    pub fn from_random(random: [u8; 9]) -> Self {
        use fmt::Write;
        let mut text = String::from("mi-");
        for byte in random {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(20);
        Self(text)
    }
}

/// The run of one command on one node: what the ledger, the spool and every frame about a run are keyed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId {
    /// The command.
    pub command: CommandId,
    /// The node it runs on.
    pub instance: InstanceId,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.command, self.instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_id_is_mi_and_17_lower_hex_digits() {
        assert_eq!(InstanceId::from_random([0xab; 9]).as_str(), "mi-ababababababababa");
        for bad in
            ["mi-ABABABABABABABABA", "mi-abababababababab", "i-ababababababababa", "mi-abababababababag7", ""]
        {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn a_malformed_id_says_what_was_expected() {
        let said = "nope".parse::<CommandId>().unwrap_err().to_string();
        assert_eq!(said, "\"nope\" is not a command id: expected a UUID in lower case, 36 characters");
    }
}
