//! A tree in which no member stands twice, whatever it is read from.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::member::{Result, misfit};
use crate::path::Path;

/// Levels of maps and lists in a document.
pub const MAX_DEPTH: usize = 32;

/// A value; to read it refuses what `serde_json::Value` takes in silence: the same member twice, numbers that are none.
pub(super) struct Tree(pub(super) Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, it: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(it))
    }

    fn visit_i64<E>(self, it: i64) -> std::result::Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E>(self, it: u64) -> std::result::Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E: Error>(self, it: f64) -> std::result::Result<Value, E> {
        let number = Number::from_f64(it);
        number.map(Value::Number).ok_or_else(|| E::custom("expected a finite number"))
    }

    fn visit_str<E>(self, it: &str) -> std::result::Result<Value, E> {
        Ok(Value::String(it.to_owned()))
    }

    fn visit_string<E>(self, it: String) -> std::result::Result<Value, E> {
        Ok(Value::String(it))
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, it: D) -> std::result::Result<Value, D::Error> {
        it.deserialize_any(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> std::result::Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(value)) = entries.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "expected each member once, found {name:?} twice"
                )));
            }
            let Tree(value) = members.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// Refuses a tree that is deeper than [`MAX_DEPTH`].
pub(super) fn bounded(tree: &Value) -> Result<()> {
    descend(tree, &Path::default(), 0)
}

fn descend(value: &Value, at: &Path, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return misfit(at, format!("at most {MAX_DEPTH} levels"), "more");
    }
    match value {
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(i, value)| descend(value, &at.entry(i), depth + 1))
        }
        Value::Object(map) => {
            map.iter().try_for_each(|(name, value)| descend(value, &at.member(name), depth + 1))
        }
        _ => Ok(()),
    }
}
