//! Finding out what a command's folder holds, after a start or when it was forgotten, and putting in order what a crash left.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use pilothouse_protocol::InstanceId;

use super::appending::{cut_if_there, remove_file};
use super::folder::{Folder, Kept, State};
use super::own::OwnFile;
use super::segment::{self, Entry, HEAD, Small};
use super::{OutputError, lock, record};

impl Folder {
    /// The state, found out if it is not known.
    pub(super) fn state(&self) -> Result<MutexGuard<'_, State>, OutputError> {
        let mut state = lock(&self.state);
        if !state.is_loaded {
            let bytes = self.list(&mut state)?;
            self.scan(&mut state)?;
            self.bytes.store(bytes + state.length, Ordering::Relaxed);
            self.jobs.store(state.jobs.len() as u64, Ordering::Relaxed);
            state.is_loaded = true;
        }
        Ok(state)
    }

    /// Finds files of their own, and removes what a crash left half written. Gives their bytes.
    fn list(&self, state: &mut State) -> Result<u64, OutputError> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            other => other?,
        };
        let mut bytes = 0;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let instance = stem.and_then(|stem| stem.parse::<InstanceId>().ok());
            match (path.extension().and_then(|it| it.to_str()), instance) {
                (Some("log" | "zst"), Some(instance)) => {
                    bytes += entry.metadata()?.len();
                    state.jobs.entry(instance.clone()).or_insert_with(|| {
                        Kept::Own(Arc::new(OwnFile::unread(self.job(&instance), self.base(&instance))))
                    });
                }
                (Some("partial" | "moving" | "new"), _) => remove_file(&path)?,
                _ => {}
            }
        }
        Ok(bytes)
    }

    /// Reads the segment through, and cuts off what a crash tore.
    pub(super) fn scan(&self, state: &mut State) -> Result<(), OutputError> {
        let path = self.segment();
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.length = 0;
                return Ok(());
            }
            other => other?,
        };
        let (mut small, mut moved) = (HashMap::<InstanceId, Small>::new(), HashSet::new());
        let mut head = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(&mut file, HEAD), &mut head)?;
        let mut position = if segment::clean(&head).is_some() { HEAD } else { 0 };
        if position == HEAD {
            record::each_of(file, segment::read, |(instance, entry), size| {
                match entry {
                    Entry::Record(chunk) => {
                        let it = small.entry(instance).or_default();
                        if chunk.offset == it.extent.end {
                            it.note(&chunk, position, size);
                        }
                    }
                    Entry::Removed => drop(small.remove(&instance)),
                    Entry::Moved => drop(moved.insert(instance)),
                }
                position += size as u64;
                true
            })?;
        }
        cut_if_there(&path, position)?;
        state.length = position;
        for (instance, small) in small {
            if !is_in_own_file(state, &instance, &small, moved.contains(&instance)) {
                state.jobs.insert(instance, Kept::Small(small));
            }
        }
        Ok(())
    }
}

/// Whether an output that stands in the segment has moved to a file of its own. A crash may have left it in both, and then the
/// one that has more is right.
fn is_in_own_file(state: &mut State, instance: &InstanceId, small: &Small, moved: bool) -> bool {
    let Some(Kept::Own(file)) = state.jobs.get(instance) else { return false };
    if moved || file.end().map_or(true, |end| end >= small.extent.end) {
        return true;
    }
    if let Err(error) = file.remove() {
        tracing::warn!(%error, %instance, "an output that was torn while it moved cannot be removed");
    }
    false
}
