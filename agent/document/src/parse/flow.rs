//! What happens after the step of a command document: `onFailure`, `onSuccess`, `finallyStep` among the inputs, `isEnd` beside them.

use serde_json::{Map, Value};

use crate::command::Then;
use crate::member::{Members, Result, flag, kind_of, misfit};
use crate::path::Path;

/// Flow control of a step.
pub(super) struct Flow {
    pub(super) on_failure: Then,
    pub(super) on_success: Then,
    pub(super) is_finally: bool,
}

const ON_FAILURE: &[(&str, Then)] = &[("exit", Then::Exit), ("successAndExit", Then::SuccessAndExit)];
const ON_SUCCESS: &[(&str, Then)] = &[("exit", Then::Exit)];

/// Takes flow control out of the inputs.
pub(super) fn take(inputs: &mut Map<String, Value>, at: &Path) -> Result<Flow> {
    let mut word = |member: &str, words: &[(&str, Then)]| {
        let Some(value) = inputs.shift_remove(member) else { return Ok(Then::Continue) };
        match words.iter().find(|(word, _)| value.as_str() == Some(word)) {
            Some((_, then)) => Ok(*then),
            None => {
                let expected = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
                misfit(&at.member(member), expected, kind_of(&value))
            }
        }
    };
    let on_failure = word("onFailure", ON_FAILURE)?;
    let on_success = word("onSuccess", ON_SUCCESS)?;
    let is_finally = match inputs.shift_remove("finallyStep") {
        None => false,
        Some(value) => flag(&value, &at.member("finallyStep"))?,
    };
    Ok(Flow { on_failure, on_success, is_finally })
}

impl Flow {
    /// Adds what stands beside the inputs, which must not say otherwise than they do.
    pub(super) fn beside(mut self, step: &Members<'_>) -> Result<Self> {
        if let Some(then) = step.word("onFailure", ON_FAILURE)? {
            if self.on_failure != Then::Continue && self.on_failure != then {
                return misfit(&step.at.member("onFailure"), "what inputs.onFailure says", "another");
            }
            self.on_failure = then;
        }
        if step.optional_flag("isEnd")? == Some(true) {
            self.on_success = Then::Exit;
        }
        Ok(self)
    }
}
