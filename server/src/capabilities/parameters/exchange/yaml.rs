//! YAML, with the place of everything and little room for aliases. What is neither a text nor written as it would be read again (1.10,
//! 0x1f, 1_000) is refused: it would silently become something else.

use std::fmt;

use pilothouse_api::parameters::MOST_EXCHANGED;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Options, Spanned};

use super::tree::{DEPTH, Member, Node, Spot};
use super::{MOST, Misread, Place};

/// Aliases in a text, and parts that they may repeat.
const ALIASES: usize = 100;
/// Values and ends of lists and maps that aliases may repeat in all.
const REPEATED: usize = 10_000;
/// What the reader may come across: every member of every parameter, and tags.
const EVENTS: usize = 100 * MOST;

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        budget: serde_saphyr::budget! {
            max_events: EVENTS,
            max_nodes: EVENTS,
            max_aliases: ALIASES,
            max_anchors: ALIASES,
            max_depth: DEPTH,
            max_documents: 1,
            max_total_scalar_bytes: 2 * MOST_EXCHANGED,
            max_recorded_anchor_events: EVENTS,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPEATED,
            max_replay_stack_depth: DEPTH,
        },
    }
}

pub(super) fn tree(text: &str) -> Result<Spot, Misread> {
    if text.trim().is_empty() {
        return Ok(Spot { at: Place { line: 1, column: 1 }, node: Node::Map(Vec::new()) });
    }
    let read = serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()).map_err(|error| {
        let at = error.location().map(|at| place(at.line(), at.column()));
        Misread::new(at.unwrap_or(Place { line: 1, column: 1 }), said(&error))
    })?;
    Source { rest: text, at: Place { line: 1, column: 1 } }.spot(read)
}

fn place(line: u64, column: u64) -> Place {
    let number = |it: u64| usize::try_from(it).unwrap_or(0).max(1);
    Place { line: number(line), column: number(column) }
}

/// The reader's words without the place and the excerpt, which may hold a value; ours for our own limits.
fn said(error: &Error) -> String {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => said(error),
        Error::DuplicateMappingKey { .. } => String::from("expected each name once in a map"),
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => String::from("expected one document"),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            format!("expected at most {DEPTH} levels")
        }
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. } => {
            format!("expected at most {ALIASES} anchors and aliases")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            String::from("expected a text that is short with its aliases written out, too")
        }
        _ => String::from("expected YAML"),
    }
}

/// The text, as far as it was walked through: places come in order, so that a long line costs no more than once.
struct Source<'a> {
    rest: &'a str,
    at: Place,
}

impl Source<'_> {
    fn spot(&mut self, it: Spanned<Raw>) -> Result<Spot, Misread> {
        let at = place(it.referenced.line(), it.referenced.column());
        let node = match it.value {
            Raw::Nothing => Node::Nothing,
            Raw::Text(text) => Node::Scalar(text),
            Raw::Other(printed) if self.says(at, &printed) => Node::Scalar(printed),
            Raw::Other(_) => {
                let what = "expected a text in quotes: as it stands it would be read as something else";
                return Err(Misread::new(at, what));
            }
            Raw::List(entries) => {
                Node::List(entries.into_iter().map(|it| self.spot(it)).collect::<Result<_, _>>()?)
            }
            Raw::Map(members) => {
                let members = members.into_iter().map(|(name, value)| {
                    let at = place(name.referenced.line(), name.referenced.column());
                    Ok(Member { name: name.value, at, value: self.spot(value)? })
                });
                Node::Map(members.collect::<Result<_, _>>()?)
            }
        };
        Ok(Spot { at, node })
    }

    /// Whether this and nothing else is written at a place, which is not before the one that was asked about last.
    fn says(&mut self, at: Place, printed: &str) -> bool {
        while self.at < at {
            let Some(c) = self.rest.chars().next() else { return false };
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\n' {
                self.at = Place { line: self.at.line + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
        let Some(after) = self.rest.strip_prefix(printed).filter(|_| self.at == at) else { return false };
        after.chars().next().is_none_or(|c| c.is_whitespace() || ",]}".contains(c))
    }
}

/// What the reader makes of it.
enum Raw {
    Text(String),
    /// A number, true or false, printed.
    Other(String),
    Nothing,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, it: bool) -> Result<Raw, E> {
        Ok(Raw::Other(it.to_string()))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Raw, E> {
        Ok(Raw::Other(it.to_string()))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Raw, E> {
        Ok(Raw::Other(it.to_string()))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Raw, E> {
        Ok(Raw::Other(it.to_string()))
    }

    fn visit_str<E>(self, it: &str) -> Result<Raw, E> {
        Ok(Raw::Text(it.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, it: D) -> Result<Raw, D::Error> {
        it.deserialize_any(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Raw::Map(map))
    }
}
