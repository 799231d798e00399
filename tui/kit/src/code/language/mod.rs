//! What the parts of a line of code are: enough of each language to read it with ease, and to break nothing.
//!
//! In: a line, and what the lines before it left open. Out: parts of the line that look different, and what it leaves open.
//! A line costs by its own length alone, so that only lines in sight are looked at.
//! Never here: whether the code is right; that is said by marks.

mod json;
mod scan;
mod script;
mod yaml;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::theme::Role;

/// What a text is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Nothing that is known.
    #[default]
    Plain,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Scripts for a shell, and files of `NAME=value`.
    Shell,
    /// Cedar's policies.
    Cedar,
}

/// What a line leaves open for the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    #[default]
    Closed,
    /// Text in quotes.
    Quoted(char),
    /// A block of text in YAML, indented by more than so many cells; negative at the very top.
    Block(i32),
    /// A here-document of a shell, which ends with a word of that hash; whether tabs may stand before it.
    Here(u64, bool),
}

/// Parts of a line, in order and apart from each other; what is between them is plain.
pub(super) type Parts = Vec<(Range<usize>, Role)>;

impl Language {
    /// The parts of a line, and what it leaves open.
    pub(super) fn read(self, state: State, line: &str) -> (Parts, State) {
        match self {
            Self::Plain => (Parts::new(), State::Closed),
            Self::Json => json::read(line),
            Self::Yaml => yaml::read(state, line),
            Self::Shell => script::shell(state, line),
            Self::Cedar => script::cedar(line),
        }
    }

    /// Whether a line ends so that what follows it stands further to the right.
    pub(super) fn opens(self, line: &str) -> bool {
        let line = line.trim_end();
        let bracket = line.ends_with(['{', '[', '(']);
        match self {
            Self::Plain => false,
            Self::Json | Self::Cedar => bracket,
            Self::Yaml => {
                bracket || line.ends_with(':') || line.ends_with(['|', '>']) || line.ends_with("|-")
            }
            Self::Shell => {
                let last = line.rsplit([' ', '\t', ';']).next().unwrap_or_default();
                bracket || matches!(last, "then" | "do" | "else" | "in")
            }
        }
    }
}

#[cfg(test)]
mod tests;
