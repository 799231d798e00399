//! All processes that a script started: its process group, and on Linux also those that left it.
//!
//! The step runner is the *subreaper* of what it starts, so a process whose parent ends becomes its child instead of init's, and
//! nothing that a script started, whatever group or session it made for itself, is out of sight.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::time::Instant;

/// How often it is looked whether all have ended.
const POLL: Duration = Duration::from_millis(20);
/// Rounds of killing: who starts processes faster than this is beaten by the last ones.
const ROUNDS: u32 = 100;

/// Makes this process the parent of every orphan below it.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // Where the kernel cannot, the process group is what there is.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// A script's processes.
pub(super) struct Tree {
    group: Option<Pid>,
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

impl Tree {
    /// Of the process that leads them.
    pub(super) fn of(leader: Option<u32>) -> Self {
        Self { group: leader.and_then(pid) }
    }

    /// Sends TERM to all.
    pub(super) fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends KILL to all.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // Any of them may be gone already.
        if let Some(group) = self.group {
            let _ = kill_process_group(group, signal);
        }
        for process in descendants() {
            let _ = kill_process(process, signal);
        }
    }

    /// Waits until all have ended; from `kill_at` on they are killed. Gives those that not even KILL ended.
    pub(super) async fn end(&self, kill_at: Instant) -> Vec<Pid> {
        if let Some(group) = self.group
            && cfg!(not(target_os = "linux"))
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let mut rounds = 0;
        while !descendants().is_empty() && rounds < ROUNDS {
            if Instant::now() >= kill_at {
                self.kill();
                rounds += 1;
            }
            tokio::time::sleep(POLL).await;
        }
        descendants()
    }
}

/// Every process below this one that lives; none where there is no `/proc`.
fn descendants() -> Vec<Pid> {
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| parent(id).map(|parent| (id, parent)))
        .collect();
    let mut found = vec![std::process::id()];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        next += 1;
    }
    found.into_iter().skip(1).filter_map(pid).collect()
}

/// The parent of a process that lives.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The command's name, in parentheses, may hold anything.
    let mut after_name = stat.rsplit(')').next()?.split_whitespace();
    let state = after_name.next()?;
    let parent = after_name.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}
