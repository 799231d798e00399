//! The walk over a request: what serde tells of it, written down as far as there is room.

use std::cell::Cell;

use serde::Serialize;
use serde::ser::Serializer;
use serde_json::{Error, Map, Number, Value};

use super::parts::{List, Members};
use super::{MASK, cut};

/// Bytes of one text that are kept.
pub(super) const MAX_TEXT: usize = 8 * 1024;
/// What one value costs beside its text.
const VALUE_COST: usize = 8;
/// Depth to which a request is walked.
const MAX_DEPTH: usize = 16;

/// Walks over one value, at its depth.
#[derive(Clone, Copy)]
pub(super) struct Walker<'a> {
    secrets: &'a [&'a str],
    /// What may still be kept.
    budget: &'a Cell<usize>,
    depth: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(secrets: &'a [&'a str], budget: &'a Cell<usize>) -> Self {
        Self { secrets, budget, depth: 0 }
    }

    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// Whether there is room for one more value of `bytes`; takes it.
    pub(super) fn take(self, bytes: usize) -> bool {
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

    pub(super) fn member<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Result<Value, Error> {
        if self.secrets.contains(&name) {
            Ok(Value::String(MASK.to_owned()))
        } else {
            value.serialize(self.deeper())
        }
    }

    pub(super) fn named(variant: &str, value: Value) -> Value {
        Value::Object(Map::from_iter([(variant.to_owned(), value)]))
    }
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
        Ok(List::new(self.deeper()))
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
        Ok(self.serialize_seq(Some(len))?.of(variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::new(self))
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
        Ok(self.serialize_map(Some(len))?.of(variant))
    }
}
