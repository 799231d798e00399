//! Processes of this machine, as `/proc` shows them: what they are, who their parents are, what they wait for.
//!
//! In: process ids, and the name of a group that is to be made. Out: what is to be seen of processes at this instant, control groups
//! (`cgroup`), and the holders of package managers' locks (`locks`). Where there is no `/proc` nothing is to be seen, and that
//! is what is said. Every look is bounded: by processes, by bytes of a file.
//!
//! Never here: starting processes, what a script is, when somebody looks.

pub(crate) mod cgroup;
pub(crate) mod locks;

use std::fs::{self, File};
use std::io::Read;

use pilothouse_protocol::ProcessState;
use pilothouse_protocol::progress::{MAX_COMMAND, told_command};

/// Processes of a step that are looked at, one by one, at a time.
pub(crate) const MOST: usize = 512;
/// Processes of a machine that are looked at to find those of a step.
const MOST_ON_MACHINE: usize = 4096;

/// A process at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its id.
    pub(crate) pid: u32,
    /// Its parent's.
    pub(crate) parent: u32,
    /// What it does.
    pub(crate) state: ProcessState,
    /// When it began, in the kernel's ticks: tells it from another one that gets its id.
    pub(crate) began: u64,
}

impl Seen {
    /// Whether it can still do something.
    pub(crate) fn lives(&self) -> bool {
        !matches!(self.state, ProcessState::Zombie | ProcessState::Gone)
    }
}

/// A process, if there is one with this id.
pub(crate) fn see(pid: u32) -> Option<Seen> {
    let stat = String::from_utf8_lossy(&read(&format!("/proc/{pid}/stat"), 4096)?).into_owned();
    parsed(pid, &stat)
}

fn parsed(pid: u32, stat: &str) -> Option<Seen> {
    // The command's name, in parentheses, may hold anything.
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace();
    let state = match after_name.next()? {
        "R" => ProcessState::Running,
        "S" | "I" | "P" => ProcessState::Sleeping,
        "D" => ProcessState::DiskSleep,
        "T" | "t" => ProcessState::Stopped,
        "Z" => ProcessState::Zombie,
        "X" | "x" => ProcessState::Gone,
        _ => ProcessState::Unknown,
    };
    let parent = after_name.next()?.parse().ok()?;
    let began = after_name.nth(17)?.parse().ok()?;
    Some(Seen { pid, parent, state, began })
}

/// Every process that lives below one, itself left out; at most so many of the machine's processes are looked at for it.
pub(crate) fn below(root: u32, most: usize) -> Vec<Seen> {
    let all: Vec<Seen> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .take(most)
        .filter_map(see)
        .filter(Seen::lives)
        .collect();
    grown(root, |above| all.iter().copied().filter(|it| it.parent == above).collect())
}

/// Children of a process that ended and that it did not ask about yet.
pub(crate) fn dead_children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten();
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(see)
        .filter(|it| it.parent == parent && it.state == ProcessState::Zombie)
        .map(|it| it.pid)
        .collect()
}

/// The same as [`below`] at little cost where the kernel lists children. What begins or ends meanwhile may be missed.
pub(crate) fn glance_below(root: u32) -> Vec<Seen> {
    if children(root).is_none() {
        return below(root, MOST_ON_MACHINE);
    }
    grown(root, |above| {
        let ids = children(above).unwrap_or_default();
        ids.into_iter().filter_map(see).filter(Seen::lives).collect()
    })
}

/// A tree from its root on, itself left out.
fn grown(root: u32, children: impl Fn(u32) -> Vec<Seen>) -> Vec<Seen> {
    let mut found = children(root);
    let mut next = 0;
    while let Some(above) = found.get(next).map(|it| it.pid) {
        // A process whose id changed hands between two looks might be its own ancestor.
        let below: Vec<Seen> =
            children(above).into_iter().filter(|it| found.iter().all(|known| known.pid != it.pid)).collect();
        found.extend(below);
        next += 1;
    }
    found
}

/// The children of a process, as the kernel lists them; `None` where it does not.
fn children(pid: u32) -> Option<Vec<u32>> {
    let ids = read(&format!("/proc/{pid}/task/{pid}/children"), 8 * MOST)?;
    Some(String::from_utf8_lossy(&ids).split_whitespace().filter_map(|id| id.parse().ok()).collect())
}

/// A process's command in one line, as people know it; in brackets what is no more than a name.
pub(crate) fn command(pid: u32) -> String {
    let line = read(&format!("/proc/{pid}/cmdline"), 8 * MAX_COMMAND).unwrap_or_default();
    let line = told_command(&String::from_utf8_lossy(&line));
    if !line.is_empty() {
        return line;
    }
    let name = name(pid);
    if name.is_empty() { name } else { format!("[{name}]") }
}

/// The name of a process's program.
pub(crate) fn name(pid: u32) -> String {
    let name = read(&format!("/proc/{pid}/comm"), 64).unwrap_or_default();
    told_command(&String::from_utf8_lossy(&name))
}

/// A file's first bytes.
fn read(path: &str, most: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(most as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_what_a_process_does() {
        let stat = "7 (a) S (b) R) D 3 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99 1";
        let seen = Seen { pid: 7, parent: 3, state: ProcessState::DiskSleep, began: 4711 };
        assert_eq!(parsed(7, stat), Some(seen));
        assert_eq!(parsed(7, "7 (a"), None);
    }

    #[test]
    fn this_process_is_below_its_parent_and_has_a_name() {
        let me = see(std::process::id()).unwrap();
        assert!(me.lives());
        assert!(below(me.parent, usize::MAX).iter().any(|it| it.pid == me.pid && it.began == me.began));
        assert!(!name(me.pid).is_empty() && command(me.pid).contains("pilothouse"));
        assert_eq!(command(u32::MAX), "");
    }
}
