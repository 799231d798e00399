//! A request as it is recorded: members named as CloudTrail names them, secrets masked, and of a bounded size whatever was sent.
//!
//! It is made by walking over the request itself, so that a list of ten thousand costs no more than what is kept of it, and so
//! that members (which are renamed) are told from the keys of a map (which are the caller's own and stay as they are).

use std::cell::Cell;

use pilothouse_api::Operation;
use serde::Serialize;
use serde::ser::{self, Serializer};
use serde_json::{Error, Map, Number, Value};

/// What stands in a secret's place.
pub const MASK: &str = "***";
/// Bytes of one text that are kept.
const MAX_TEXT: usize = 8 * 1024;
/// Elements of one list or map that are kept.
const MAX_ELEMENTS: usize = 100;
/// Bytes of texts and names that are kept of one request.
const MAX_TOTAL: usize = 64 * 1024;
/// What one value costs beside its text.
const VALUE_COST: usize = 8;
/// Depth to which a request is walked.
const MAX_DEPTH: usize = 16;

/// The recorded form of a request.
#[must_use]
pub fn parameters<O: Operation>(operation: &O) -> Value {
    walk(operation, O::SECRETS)
}

fn walk<T: Serialize>(request: &T, secrets: &[&str]) -> Value {
    let budget = Cell::new(MAX_TOTAL);
    let walker = Walker { secrets, budget: &budget, depth: 0 };
    match request.serialize(walker) {
        Ok(Value::Object(members)) if members.is_empty() => Value::Null,
        Ok(value) => value,
        Err(error) => {
            // Only a map whose keys are no texts comes here.
            tracing::error!(%error, "a request cannot be written into the audit trail");
            Value::String(String::from("(cannot be shown)"))
        }
    }
}

/// The first bytes of a text, and how long it was when it is cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes)", &text[..end], text.len())
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

#[derive(Clone, Copy)]
struct Walker<'a> {
    secrets: &'a [&'a str],
    budget: &'a Cell<usize>,
    depth: usize,
}

impl Walker<'_> {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// Whether there is room for one more value of `bytes`; takes it.
    fn take(self, bytes: usize) -> bool {
        let left = self.budget.get();
        let cost = bytes + VALUE_COST;
        let fits = cost <= left && self.depth < MAX_DEPTH;
        if fits {
            self.budget.set(left - cost);
        }
        fits
    }

    fn text(self, text: &str) -> Value {
        let shown = cut(text, MAX_TEXT.min(self.budget.get().saturating_sub(VALUE_COST)));
        // The words about the cut itself may pass the end of the budget.
        self.budget.set(self.budget.get().saturating_sub(text.len().min(MAX_TEXT) + VALUE_COST));
        Value::String(shown)
    }

    fn member<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Result<Value, Error> {
        if self.secrets.contains(&name) {
            Ok(Value::String(MASK.to_owned()))
        } else {
            value.serialize(self.deeper())
        }
    }

    fn named(variant: &str, value: Value) -> Value {
        Value::Object(Map::from_iter([(variant.to_owned(), value)]))
    }
}

fn more(skipped: usize) -> String {
    format!("… {skipped} more")
}

impl<'a> Serializer for Walker<'a> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    fn serialize_bool(self, v: bool) -> Result<Value, Error> {
        Ok(Value::Bool(v))
    }
    fn serialize_i8(self, v: i8) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_i16(self, v: i16) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_i32(self, v: i32) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_i64(self, v: i64) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_u8(self, v: u8) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_u16(self, v: u16) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_u32(self, v: u32) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_u64(self, v: u64) -> Result<Value, Error> {
        Ok(Value::from(v))
    }
    fn serialize_f32(self, v: f32) -> Result<Value, Error> {
        self.serialize_f64(f64::from(v))
    }
    fn serialize_f64(self, v: f64) -> Result<Value, Error> {
        Ok(Number::from_f64(v).map_or(Value::Null, Value::Number))
    }
    fn serialize_char(self, v: char) -> Result<Value, Error> {
        Ok(Value::String(v.to_string()))
    }
    fn serialize_str(self, v: &str) -> Result<Value, Error> {
        Ok(self.text(v))
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<Value, Error> {
        Ok(Value::String(format!("({} bytes)", v.len())))
    }
    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(self.text(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(Self::named(variant, self.member(variant, value)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        Ok(List { walker: self.deeper(), variant: None, elements: Vec::new(), skipped: 0 })
    }
    fn serialize_tuple(self, len: usize) -> Result<List<'a>, Error> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<List<'a>, Error> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<List<'a>, Error> {
        Ok(List { variant: Some(variant), ..self.serialize_seq(Some(len))? })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members { walker: self, variant: None, members: Map::new(), key: String::new(), skipped: 0 })
    }
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Members<'a>, Error> {
        self.serialize_map(Some(len))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Members<'a>, Error> {
        Ok(Members { variant: Some(variant), ..self.serialize_map(Some(len))? })
    }
}

struct List<'a> {
    walker: Walker<'a>,
    variant: Option<&'static str>,
    elements: Vec<Value>,
    skipped: usize,
}

impl List<'_> {
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

struct Members<'a> {
    walker: Walker<'a>,
    variant: Option<&'static str>,
    members: Map<String, Value>,
    key: String,
    skipped: usize,
}

impl Members<'_> {
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
        self.member(cut(&key, 256), &key, value)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pilothouse_api::commands::SendCommand;
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Nested {
        #[serde(rename = "SecretAccessKey")]
        secret: &'static str,
        #[serde(rename = "UserName")]
        user: &'static str,
        activation_code: &'static str,
        absent: Option<u8>,
    }

    #[test]
    fn members_are_named_as_cloudtrail_names_them_and_keys_of_maps_are_the_callers_own() {
        let send = SendCommand {
            document_name: String::from("AWS-RunShellScript"),
            parameters: BTreeMap::from([(String::from("Commands"), vec![String::from("id")])]),
            ..SendCommand::default()
        };
        let shown = parameters(&send);
        assert_eq!(shown["documentName"], "AWS-RunShellScript");
        assert_eq!(shown["parameters"]["Commands"], json!(["id"]));
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let request = vec![Nested { secret: "s3cret", user: "ann", activation_code: "c0de", absent: None }];
        let shown = walk(&request, &["SecretAccessKey", "activation_code"]);
        assert_eq!(shown, json!([{"secretAccessKey": "***", "userName": "ann", "activationCode": "***"}]));
    }

    #[test]
    fn a_secret_is_masked_as_a_key_of_a_map_too() {
        let request = BTreeMap::from([("Code", "c0de")]);
        assert_eq!(walk(&request, &["Code"]), json!({"Code": "***"}));
    }

    #[test]
    fn long_lists_and_texts_are_cut_with_a_count() {
        let ids: Vec<String> = (0..10_000).map(|n| format!("mi-{n:017}")).collect();
        let shown = walk(&ids, &[]);
        assert_eq!(shown.as_array().unwrap().len(), 101);
        assert_eq!(shown[100], "… 9900 more");
        let text = "ä".repeat(MAX_TEXT);
        let shown = walk(&text, &[]);
        assert!(shown.as_str().unwrap().ends_with("… (16384 bytes)"), "{shown}");
    }

    #[test]
    fn whatever_is_sent_its_record_is_bounded() {
        let text = "x".repeat(MAX_TEXT);
        let lists: Vec<Vec<&str>> = vec![vec![&text; 200]; 200];
        let maps: BTreeMap<String, &Vec<Vec<&str>>> =
            (0..200).map(|n| (format!("{n}{}", "k".repeat(1000)), &lists)).collect();
        assert!(walk(&maps, &[]).to_string().len() < 2 * MAX_TOTAL);
    }
}
