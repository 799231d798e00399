//! How far a job got, as it is written down.

use pilothouse_protocol::progress::MAX_KILLED;
use pilothouse_protocol::{Killed, Millis, StepResult};
use serde::{Deserialize, Serialize};

/// How far a job got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its first step was begun at this instant.
    pub started_at: Option<Millis>,
    /// The machine's boot when it began: another one now means a reboot in between.
    pub boot_id: String,
    /// Steps that ended.
    pub steps: Vec<StepResult>,
    /// It was asked to stop.
    pub cancelled: bool,
    /// Bytes that steps lost to a full disk and could not write down.
    pub lost: u64,
    /// The boot that is to end before the next step is run, which ran already and asked for that.
    #[serde(default)]
    pub rebooting: Option<String>,
    /// That boot was, or is about to be, asked to end: nothing keeps the machine up any more.
    #[serde(default)]
    pub goes_down: bool,
    /// Reboots that the next step got.
    #[serde(default)]
    pub reboots: u32,
    /// Whom cancels and time-outs took, as far as they are told.
    #[serde(default)]
    pub killed: Vec<Killed>,
    /// All of them.
    #[serde(default)]
    pub killed_count: u32,
}

impl Progress {
    /// Takes over what the runner knows: everything but the wish to stop.
    pub(crate) fn advance_to(&mut self, known: &Self) {
        *self = Self { cancelled: self.cancelled, ..known.clone() };
    }

    /// A step ended.
    pub(crate) fn step_ended(&mut self, result: StepResult, killed: Vec<Killed>, killed_count: u32) {
        (self.rebooting, self.goes_down, self.reboots) = (None, false, 0);
        self.steps.push(result);
        self.killed.extend(killed);
        self.killed.sort_by_key(|it| !it.survived);
        self.killed.truncate(MAX_KILLED);
        self.killed_count = self.killed_count.saturating_add(killed_count);
    }
}
