//! Lists and members as they are walked through: the first of them are kept, the others counted.

use serde::Serialize;
use serde::ser;
use serde_json::{Error, Map, Value};

use super::cut;
use super::walker::Walker;

/// Elements of one list or map that are kept.
const MAX_ELEMENTS: usize = 100;
/// Bytes of a map's key that are kept.
const MAX_KEY: usize = 256;

fn more(skipped: usize) -> String {
    format!("… {skipped} more")
}

/// `DocumentName` and `activation_code` as `documentName` and `activationCode`.
fn camel(member: &str) -> String {
    let mut name = String::with_capacity(member.len());
    let mut is_after_line = false;
    for char in member.chars() {
        match char {
            '_' if !name.is_empty() => is_after_line = true,
            _ if name.is_empty() => name.push(char.to_ascii_lowercase()),
            _ if is_after_line => {
                is_after_line = false;
                name.push(char.to_ascii_uppercase());
            }
            _ => name.push(char),
        }
    }
    name
}

/// A list on its way.
pub(super) struct List<'a> {
    walker: Walker<'a>,
    variant: Option<&'static str>,
    elements: Vec<Value>,
    skipped: usize,
}

impl<'a> List<'a> {
    pub(super) fn new(walker: Walker<'a>) -> Self {
        Self { walker, variant: None, elements: Vec::new(), skipped: 0 }
    }

    /// As the content of an enum's variant.
    pub(super) fn of(self, variant: &'static str) -> Self {
        Self { variant: Some(variant), ..self }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.elements.len() >= MAX_ELEMENTS || !self.walker.take(0) {
            self.skipped += 1;
        } else {
            self.elements.push(value.serialize(self.walker)?);
        }
        Ok(())
    }

    fn finish(mut self) -> Value {
        if self.skipped > 0 {
            self.elements.push(Value::String(more(self.skipped)));
        }
        let list = Value::Array(self.elements);
        match self.variant {
            Some(variant) => Walker::named(variant, list),
            None => list,
        }
    }
}

macro_rules! list {
    ($($kind:ident :: $method:ident),*) => { $(
        impl ser::$kind for List<'_> {
            type Ok = Value;
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }
            fn end(self) -> Result<Value, Error> {
                Ok(self.finish())
            }
        }
    )* };
}

list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// Members of a struct, or a map, on their way.
pub(super) struct Members<'a> {
    walker: Walker<'a>,
    variant: Option<&'static str>,
    members: Map<String, Value>,
    key: String,
    skipped: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(walker: Walker<'a>) -> Self {
        Self { walker, variant: None, members: Map::new(), key: String::new(), skipped: 0 }
    }

    /// As the content of an enum's variant.
    pub(super) fn of(self, variant: &'static str) -> Self {
        Self { variant: Some(variant), ..self }
    }

    fn member<T: Serialize + ?Sized>(&mut self, shown: String, name: &str, value: &T) -> Result<(), Error> {
        if self.members.len() >= MAX_ELEMENTS || !self.walker.take(shown.len()) {
            self.skipped += 1;
            return Ok(());
        }
        let value = self.walker.member(name, value)?;
        if !value.is_null() {
            self.members.insert(shown, value);
        }
        Ok(())
    }

    fn finish(mut self) -> Value {
        if self.skipped > 0 {
            self.members.insert(String::from("…"), Value::String(more(self.skipped)));
        }
        let members = Value::Object(self.members);
        match self.variant {
            Some(variant) => Walker::named(variant, members),
            None => members,
        }
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = Value;
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = match serde_json::to_value(key)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.member(cut(&key, MAX_KEY), &key, value)
    }
    fn end(self) -> Result<Value, Error> {
        Ok(self.finish())
    }
}

macro_rules! members {
    ($($kind:ident),*) => { $(
        impl ser::$kind for Members<'_> {
            type Ok = Value;
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.member(camel(name), name, value)
            }
            fn end(self) -> Result<Value, Error> {
                Ok(self.finish())
            }
        }
    )* };
}

members!(SerializeStruct, SerializeStructVariant);
