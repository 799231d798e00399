//! How deliveries are carried, and what became of them, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How it is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A POST to a webhook of the settings; the destination is its name.
    Webhook,
    /// A run's output into a bucket; the destination is its name.
    OutputToS3,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// To be carried.
    Waiting,
    /// It has arrived.
    Done,
    /// It was tried often enough.
    GivenUp,
}

macro_rules! named {
    ($name:ident: $($variant:ident),*) => {
        impl $name {
            /// As it stands in its row.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $(stringify!($variant) => Ok(Self::$variant),)*
                    _ => Err(format!("{text:?} is none")),
                }
            }
        }
    };
}

named!(Kind: Webhook, OutputToS3);
named!(State: Waiting, Done, GivenUp);
