//! The inputs of a step with values put in: as text, but in scripts by way of the environment where a parameter asks for it.

use serde_json::{Map, Value};

use crate::action::{RUN_SHELL_SCRIPT, is_script};
use crate::bind::{Bindings, variable};
use crate::fill::{FillError, Room, Spot, names};
use crate::member::plain;
use crate::quote::{Quotes, in_powershell};

pub(crate) fn bound(action: &str, inputs: &Value, bindings: &Bindings) -> Result<Value, FillError> {
    let mut room = Room::default();
    let lookup = |name: &str, spot| bindings.lookup(name, spot);
    let Value::Object(inputs) = inputs else { return room.fill(inputs, &lookup) };
    let mut done = Map::new();
    for (name, value) in inputs {
        let value = if is_script(action, name) {
            Script { bindings, is_posix: action == RUN_SHELL_SCRIPT }.bound(value, &mut room)?
        } else {
            room.fill(value, &lookup)?
        };
        done.insert(name.clone(), value);
    }
    Ok(Value::Object(done))
}

/// A script's text, which no value of a parameter of the environment may enter.
struct Script<'a> {
    bindings: &'a Bindings,
    is_posix: bool,
}

impl Script<'_> {
    fn bound(&self, value: &Value, room: &mut Room) -> Result<Value, FillError> {
        let lookup = |name: &str, spot| self.bindings.lookup(name, spot);
        match value {
            Value::String(text) if self.is_of_environment(text) => self.text(text, room).map(Value::String),
            Value::Array(lines) => {
                let mut done = Vec::with_capacity(lines.len());
                for line in lines {
                    match line {
                        Value::String(text) if self.is_of_environment(text) => {
                            done.push(Value::String(self.text(text, room)?));
                        }
                        other => done.extend(room.entry(other, &lookup)?),
                    }
                }
                Ok(Value::Array(done))
            }
            other => room.fill(other, &lookup),
        }
    }

    fn is_of_environment(&self, text: &str) -> bool {
        names(text).into_iter().any(|name| self.bindings.is_env(name))
    }

    fn text(&self, text: &str, room: &mut Room) -> Result<String, FillError> {
        let mut quotes = Quotes::default();
        room.replace(text, &mut |name, at| {
            if !self.bindings.is_env(name) {
                return self.bindings.lookup(name, Spot::Within).map(|value| plain(&value));
            }
            if !self.is_posix {
                return Some(in_powershell(&variable(name)));
            }
            quotes.read_to(text, at);
            Some(quotes.reference(&variable(name)))
        })
    }
}
