//! What both JSON and YAML are: maps, lists and scalars, each with its place.

use super::{Misread, Place};

/// The most levels of maps and lists: those of a name, and what a document has around them.
pub(super) const DEPTH: usize = 24;

/// Something with its place.
pub(super) struct Spot {
    pub(super) at: Place,
    pub(super) node: Node,
}

/// Something.
pub(super) enum Node {
    /// A text, a number as it is written, true or false.
    Scalar(String),
    Nothing,
    List(Vec<Spot>),
    Map(Vec<Member>),
}

/// Something with its name in a map.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) value: Spot,
}

impl Spot {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.node {
            Node::Scalar(_) => "a value",
            Node::Nothing => "nothing",
            Node::List(_) => "a list",
            Node::Map(_) => "a map",
        }
    }

    /// A misread: something else was expected here.
    pub(super) fn expected(&self, what: &str) -> Misread {
        Misread::new(self.at, format!("expected {what}, found {}", self.kind()))
    }

    /// The text that it must be.
    pub(super) fn text(self) -> Result<String, Misread> {
        match self.node {
            Node::Scalar(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }
}
