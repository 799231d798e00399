//! YAML: read with texts left as texts where YAML's older rules would guess, and with little room for aliases.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Options, Spanned};

use super::Place;
use super::tree::{MAX_DEPTH, Tree};
use crate::error::{DocumentError, MAX_DOCUMENT};
use crate::member::shown;
use crate::path::Segment;

/// Aliases in a document, and parts that they may repeat in all.
const MAX_ALIASES: usize = 100;
/// Values and ends of lists and maps that aliases may repeat in all.
const MAX_REPEATED: usize = 10_000;
/// What the reader may come across: a document of one-letter entries.
const MAX_EVENTS: usize = 2 * MAX_DOCUMENT;

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        budget: serde_saphyr::budget! {
            max_events: MAX_EVENTS,
            max_nodes: MAX_EVENTS,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            // One level more than a document may have, so that the refusal comes with its place.
            max_depth: MAX_DEPTH + 2,
            max_documents: 1,
            max_total_scalar_bytes: 4 * MAX_DOCUMENT,
            max_recorded_anchor_events: MAX_EVENTS,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPEATED,
            max_replay_stack_depth: MAX_DEPTH,
        },
    }
}

pub(super) fn tree(text: &str) -> Result<Value, DocumentError> {
    serde_saphyr::from_str_with_options(text, options()).map(|Tree(value)| value).map_err(|error| {
        let place = error.location().map(|at| (at.line(), at.column()));
        let (line, column) = place.map_or((1, 1), |(line, column)| (number(line), number(column)));
        DocumentError::Syntax { line, column, what: said(&error) }
    })
}

/// The reader's words without the place and the excerpt, which our callers show themselves; ours for our own limits.
fn said(error: &Error) -> String {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => said(error),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("expected each member once, found {} twice", shown(key))
        }
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => String::from("expected one document"),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            format!("expected at most {MAX_DEPTH} levels")
        }
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. } => {
            format!("expected at most {MAX_ALIASES} anchors and aliases")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            String::from("expected a document that is short with its aliases written out, too")
        }
        other => {
            let said = other.to_string();
            let line = said.lines().next().unwrap_or_default();
            line.split(" at line ").next().unwrap_or(line).to_owned()
        }
    }
}

pub(super) fn written(tree: &Value) -> Result<String, String> {
    serde_saphyr::to_string(tree).map_err(|error| error.to_string())
}

fn number(it: u64) -> usize {
    usize::try_from(it).unwrap_or(0).max(1)
}

/// Where the value at a path stands, or the member's name; or the deepest thing on the way there.
pub(super) fn place(text: &str, path: &[Segment], key: Option<&str>) -> Place {
    let Ok(mut here) = serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options()) else {
        return (1, 1);
    };
    for segment in path {
        match step(&mut here.value, segment) {
            Some(next) => here = next,
            None => break,
        }
    }
    let name = match (&here.value, key) {
        (Node::Map(members), Some(key)) => members.iter().map(|(name, _)| name).find(|it| it.value == key),
        _ => None,
    };
    let at = name.map_or(here.referenced, |name| name.referenced);
    (number(at.line()), number(at.column()))
}

fn step(node: &mut Node, segment: &Segment) -> Option<Spanned<Node>> {
    match (node, segment) {
        (Node::List(entries), Segment::Entry(index)) if *index < entries.len() => {
            Some(entries.swap_remove(*index))
        }
        (Node::Map(members), Segment::Member(wanted)) => {
            let index = members.iter().position(|(name, _)| name.value == *wanted)?;
            Some(members.swap_remove(index).1)
        }
        _ => None,
    }
}

/// A tree of places; what scalars say does not matter.
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, it: D) -> Result<Node, D::Error> {
        IgnoredAny::deserialize(it).map(|_| Node::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Node::Map(map))
    }
}
