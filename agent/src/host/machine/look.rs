//! What runs in a step's place on this machine, at a glance.

use std::fs;
use std::path::{Path, PathBuf};

use pilothouse_protocol::ProcessState;

use crate::host::Sighting;
use crate::processes::{Seen, locks};
use crate::step_runner::{Sight, processes_of, sight};

/// The directory of a step, and those of scripts that are parts of it, which stand beside it and are called by its name.
pub(super) fn folders_of(dir: &Path) -> Vec<PathBuf> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned() + ".";
    let beside = dir.parent().and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten();
    let parts = beside
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
        .map(|entry| entry.path());
    std::iter::once(dir.to_owned()).chain(parts).collect()
}

/// What runs there; `None` when nothing does.
pub(super) fn look(dir: &Path) -> Option<Sighting> {
    let runs = folders_of(dir).into_iter().find(|dir| sight(dir) == Sight::Running)?;
    let (seen, count) = processes_of(&runs);
    let processes = u32::try_from(count).unwrap_or(u32::MAX);
    Some(match most_telling(&seen) {
        Some(it) => {
            Sighting { pid: Some(it.pid), state: it.state, processes, waits_for: locks::waited_for(&seen) }
        }
        None => Sighting { pid: None, state: ProcessState::Gone, processes, waits_for: None },
    })
}

/// The process that says most about the whole: who works before who waits, and of equals the youngest. A shell that waits for its
/// command says nothing.
fn most_telling(all: &[Seen]) -> Option<&Seen> {
    let weight = |state| match state {
        ProcessState::Running => 4,
        ProcessState::DiskSleep => 3,
        ProcessState::Stopped => 2,
        ProcessState::Sleeping => 1,
        _ => 0,
    };
    all.iter().max_by_key(|it| (weight(it.state), it.began, it.pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_is_told_before_who_waits_and_of_equals_the_youngest() {
        let seen = |pid, state, began| Seen { pid, parent: 1, state, began };
        let shell = seen(1, ProcessState::Sleeping, 10);
        let child = seen(2, ProcessState::Sleeping, 20);
        let worker = seen(3, ProcessState::Running, 5);
        assert_eq!(most_telling(&[shell, child, worker]), Some(&worker));
        assert_eq!(most_telling(&[child, shell]), Some(&child));
        assert_eq!(most_telling(&[]), None);
    }

    #[test]
    fn parts_of_a_step_are_told_from_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["step-1", "step-1.install", "step-10", "step-1-0"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let found = folders_of(&dir.path().join("step-1"));
        assert_eq!(found, [dir.path().join("step-1"), dir.path().join("step-1.install")]);
    }
}
