//! Private files: for this user alone, and written so that a crash leaves the old or the new, and nothing between.
//!
//! In: a path and what belongs there. Out: the file, and its name in its folder, on the disk. It is written beside, in place of what
//! is left there of an earlier attempt, and moved into place.
//!
//! Never here: what stands in the files, files that grow (logs, spools).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes a file so that after a crash it holds either what it held before or all of this.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let attempt = || {
        let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        File::open(path.parent().unwrap_or(path))?.sync_all()
    };
    attempt().inspect_err(|_| drop(fs::remove_file(&partial)))
}
