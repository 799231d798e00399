//! Why a job is not finished yet: what its processes do, and what they wait for.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// The longest command of a process that is told, in bytes.
pub const MAX_COMMAND: usize = 120;
/// Processes that were killed and are told of by name; of more only the number is told.
pub const MAX_KILLED: usize = 64;

/// What a job that is not over does at an instant. Texts are the node's own and untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When it was looked at.
    pub at: Millis,
    /// Index of the step that runs, or is the next to run.
    #[serde(default)]
    pub step: u16,
    /// The process that the step waits for, where there is one.
    #[serde(default)]
    pub pid: Option<u32>,
    /// What that process does.
    pub state: ProcessState,
    /// Processes of the step that live, that one included.
    #[serde(default)]
    pub processes: u32,
    /// Whole seconds since the last byte of output, or since the step began.
    #[serde(default)]
    pub quiet_seconds: u64,
    /// The package manager's lock that it waits for, if it does.
    #[serde(default)]
    pub waits_for: Option<LockHolder>,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProcessState {
    /// The job waits for its turn on the node; nothing was begun.
    Queued,
    /// It computes.
    Running,
    /// It waits for something.
    Sleeping,
    /// It waits for a device, and cannot be interrupted.
    DiskSleep,
    /// It was stopped, by a signal or a debugger.
    Stopped,
    /// It ended, and nobody asked how.
    Zombie,
    /// It is gone; what it started may live on.
    Gone,
    /// The machine goes down and comes up again; the step is run again then.
    Rebooting,
    /// Nothing is known of it, or what a newer agent says.
    #[serde(other)]
    Unknown,
}

/// Who holds a lock that a job waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The lock's file, such as `/var/lib/dpkg/lock-frontend`.
    pub lock: String,
    /// The process that holds it, where that is to be seen.
    #[serde(default)]
    pub pid: Option<u32>,
    /// That process's command, at most [`MAX_COMMAND`] bytes; empty when it is not to be seen.
    #[serde(default)]
    pub command: String,
}

/// A process that a cancel or a time-out killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Killed {
    /// Its id.
    pub pid: u32,
    /// Its command, at most [`MAX_COMMAND`] bytes; untrusted.
    pub command: String,
    /// It lives on, although it was killed: an alarm.
    #[serde(default)]
    pub survived: bool,
}

/// A command as it is told: what cannot be shown becomes a space, and what is too long is cut between characters.
#[must_use]
pub fn told_command(command: &str) -> String {
    let shown = command.trim_matches(|c: char| c.is_control() || c == ' ');
    let mut told = String::with_capacity(shown.len().min(MAX_COMMAND));
    for c in shown.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if told.len() + c.len_utf8() > MAX_COMMAND {
            break;
        }
        told.push(c);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_in_one_short_line() {
        assert_eq!(told_command("sleep\u{0}600\u{0}"), "sleep 600");
        assert_eq!(told_command("a\u{1b}[31mb\n"), "a [31mb");
        let told = told_command(&"ü".repeat(100));
        assert_eq!((told.len(), told.chars().count()), (120, 60));
        assert_eq!(told_command(&format!("x{}", "ü".repeat(100))).len(), 119);
    }

    #[test]
    fn what_a_newer_agent_says_of_a_process_is_unknown() {
        assert_eq!(serde_json::from_str::<ProcessState>("\"Hibernating\"").unwrap(), ProcessState::Unknown);
    }
}
