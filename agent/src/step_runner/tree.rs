//! All processes that a script started: its process group, and on Linux also those that left it.
//!
//! The step runner is the *subreaper* of what it starts, so a process whose parent ends becomes its child instead of init's, and
//! nothing that a script started, whatever group or session it made for itself, is out of sight. Where there can
//! be a control group they are put into one to be killed at one instant, those too that are just being started. Whom a signal was sent to is written down with its
//! command: that is the proof of a cancel.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pilothouse_protocol::Killed;
use pilothouse_protocol::progress::MAX_KILLED;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};
use tokio::time::Instant;

use crate::processes::cgroup::Cgroup;
use crate::processes::{Seen, below, command, dead_children};

/// How often it is looked whether all have ended.
const POLL: Duration = Duration::from_millis(20);
/// Rounds of killing: who starts processes faster than this is beaten by the last ones.
const ROUNDS: u32 = 100;
/// Looks for processes that are not in the control group yet, before one kill.
const GATHERINGS: u32 = 10;

/// Makes this process the parent of every orphan below it.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // Where the kernel cannot, the process group is what there is.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Takes note of orphans that ended, so that the machine can forget them. The script itself is left to who waits for it.
pub(super) fn bury_orphans(script: Option<u32>) {
    for dead in dead_children(std::process::id()).into_iter().filter(|dead| Some(*dead) != script) {
        let _ = waitpid(pid(dead), WaitOptions::NOHANG);
    }
}

/// Whom a cancel or a time-out ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Toll {
    /// By name, survivors first.
    pub(super) killed: Vec<Killed>,
    /// All of them.
    pub(super) count: u32,
}

/// A script's processes.
pub(super) struct Tree {
    group: Option<Pid>,
    /// Made for the first kill, where there can be one.
    cgroup: Option<Cgroup>,
    /// Whom a signal was sent to, by id and beginning, with the command.
    struck: BTreeMap<(u32, u64), String>,
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

impl Tree {
    /// Of the process that leads them.
    pub(super) fn of(leader: Option<u32>) -> Self {
        Self { group: leader.and_then(pid), cgroup: None, struck: BTreeMap::new() }
    }

    /// Sends TERM to all.
    pub(super) fn ask_to_end(&mut self) {
        self.signal(Signal::TERM);
    }

    /// Sends KILL to all.
    pub(super) fn kill(&mut self) {
        if self.cgroup.is_none() {
            self.cgroup = Cgroup::make();
        }
        self.gather();
        self.signal(Signal::KILL);
    }

    /// Puts all that live into the control group. Whoever was forked meanwhile by one that was not in it yet is found by the next look.
    fn gather(&self) {
        let Some(group) = &self.cgroup else { return };
        let mut known = BTreeSet::new();
        for _ in 0..GATHERINGS {
            let new: Vec<u32> = living().iter().map(|it| it.pid).filter(|pid| known.insert(*pid)).collect();
            if new.is_empty() {
                return;
            }
            for pid in new {
                // It may be gone already.
                group.take(pid);
            }
        }
    }

    fn signal(&mut self, signal: Signal) {
        let all = living();
        for it in &all {
            self.struck.entry((it.pid, it.began)).or_insert_with(|| command(it.pid));
        }
        if signal == Signal::KILL
            && let Some(group) = &self.cgroup
        {
            group.kill();
        }
        // One by one too: there may be no group, and some may have stayed out of it. Any of them may be gone already.
        if let Some(group) = self.group {
            let _ = kill_process_group(group, signal);
        }
        for it in all {
            let _ = pid(it.pid).map(|it| kill_process(it, signal));
        }
    }

    /// Waits until all have ended; from `kill_at` on they are killed. Gives whom it took, and who lives on though it was killed.
    pub(super) async fn end(&mut self, kill_at: Instant) -> Toll {
        if let Some(group) = self.group
            && cfg!(not(target_os = "linux"))
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let mut rounds = 0;
        while !living().is_empty() && rounds < ROUNDS {
            if Instant::now() >= kill_at {
                self.kill();
                rounds += 1;
            }
            tokio::time::sleep(POLL).await;
        }
        let alive = living();
        toll(std::mem::take(&mut self.struck), &alive)
    }
}

fn living() -> Vec<Seen> {
    below(std::process::id(), usize::MAX)
}

impl Drop for Tree {
    /// The script is over: its group goes, unless it left somebody in it.
    fn drop(&mut self) {
        if let Some(group) = &self.cgroup {
            group.remove();
        }
    }
}

/// What is told of whom a signal was sent to, of which some are alive.
fn toll(struck: BTreeMap<(u32, u64), String>, alive: &[Seen]) -> Toll {
    let survived = |id: &(u32, u64)| alive.iter().any(|it| (it.pid, it.began) == *id);
    let unseen = alive.iter().filter(|it| !struck.contains_key(&(it.pid, it.began)));
    let unseen: Vec<_> =
        unseen.map(|it| Killed { pid: it.pid, command: command(it.pid), survived: true }).collect();
    let told = struck.into_iter().map(|(id, command)| Killed { pid: id.0, survived: survived(&id), command });
    let mut killed: Vec<Killed> = told.chain(unseen).collect();
    killed.sort_by_key(|it| (!it.survived, it.pid));
    let count = u32::try_from(killed.len()).unwrap_or(u32::MAX);
    killed.truncate(MAX_KILLED);
    Toll { killed, count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::ProcessState;

    #[test]
    fn who_lives_on_is_told_first_and_of_many_only_the_number() {
        let struck: BTreeMap<_, _> = (1..=100).map(|pid| ((pid, 7), format!("sleep {pid}"))).collect();
        let alive = |pid, began| Seen { pid, parent: 1, state: ProcessState::DiskSleep, began };
        // Another process has got the id 60 meanwhile.
        let toll = toll(struck, &[alive(50, 7), alive(60, 8)]);
        assert_eq!((toll.killed.len(), toll.count), (MAX_KILLED, 101));
        let first: Vec<_> = toll.killed.iter().take(3).map(|it| (it.pid, it.survived)).collect();
        assert_eq!(first, [(50, true), (60, true), (1, false)]);
        assert_eq!(toll.killed[2].command, "sleep 1");
    }
}
