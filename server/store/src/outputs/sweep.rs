//! Old output goes; that it was there, and why it is not any more, stays.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use pilothouse_protocol::{Chunk, CommandId, Lost, Millis, Payload, Stream};

use super::OutputError;
use super::folder::{Folder, Kept};
use super::segment::{self, Entry, HEAD, SEGMENT, Small};

/// What is kept of a command's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOutput {
    /// Of which command.
    pub command: CommandId,
    /// Bytes on the disk.
    pub bytes: u64,
    /// When output came last.
    pub last: Millis,
    /// Whether nothing but holes is left of it.
    pub swept: bool,
}

/// What every folder in `dir` holds; nothing of it is read but how long files are.
pub(super) fn list(dir: &Path) -> Result<Vec<KeptOutput>, OutputError> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(command) = name.to_str().and_then(|name| name.parse::<CommandId>().ok()) else { continue };
        match look(&entry.path(), command) {
            Ok(it) => kept.push(it),
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(kept)
}

fn look(dir: &Path, command: CommandId) -> io::Result<KeptOutput> {
    let mut kept = KeptOutput { command, bytes: 0, last: Millis(0), swept: true };
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let data = entry.metadata()?;
        kept.bytes += data.len();
        let age = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        kept.last = kept.last.max(Millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)));
        kept.swept &= entry.file_name() == SEGMENT && is_clean(&entry.path(), data.len())?;
    }
    Ok(kept)
}

fn is_clean(segment: &Path, length: u64) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(segment)?.take(HEAD).read_to_end(&mut head)?;
    Ok(segment::clean(&head) == Some(length))
}

impl Folder {
    /// Removes all output, and leaves holes in its place.
    pub(super) fn sweep(&self, why: Lost) -> Result<(), OutputError> {
        let extents = self.extents()?;
        let mut state = self.state()?;
        let (mut entries, mut small) = (Vec::new(), Vec::with_capacity(extents.len()));
        for (instance, extent) in extents {
            let payload = Payload::Dropped { bytes: extent.end, lines: extent.lines, why };
            let hole = Chunk { offset: 0, step: 0, stream: Stream::Agent, at: Millis(0), payload };
            let before = entries.len();
            let entry = Entry::Record(hole);
            segment::write(&instance, &entry, &mut entries);
            let mut it = Small::default();
            if let Entry::Record(hole) = &entry {
                it.note(hole, HEAD + before as u64, entries.len() - before);
            }
            small.push((instance, it));
        }
        let bytes = [segment::head(HEAD + entries.len() as u64), entries].concat();
        let new = self.dir.join("small.new");
        write_through(&new, &bytes)?;
        fs::rename(&new, self.segment())?;
        // From here on the segment is right for whoever starts anew; what is left of files is swept next time.
        state.length = bytes.len() as u64;
        for (instance, small) in small {
            if let Some(Kept::Own(file)) = state.jobs.insert(instance, Kept::Small(small)) {
                file.remove()?;
            }
        }
        let before = self.bytes.load(std::sync::atomic::Ordering::Relaxed);
        self.shrunk(before.saturating_sub(state.length));
        Ok(())
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
