//! Where local mode keeps its state on disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::LocalError;

/// A new directory for this user alone. It must not be there, so that nobody else can have prepared it.
pub(super) fn temporary(state: &Path) -> Result<PathBuf, LocalError> {
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(io_error(state))?;
    remove_left_demos(state);
    let dir = state.join(format!("demo-{}", std::process::id()));
    if dir.exists() {
        // Left by a process of the same number that was killed.
        fs::remove_dir_all(&dir).map_err(io_error(&dir))?;
    }
    builder.create(&dir).map_err(io_error(&dir))?;
    Ok(dir)
}

/// Removes what demos that were killed left behind: what nobody holds the lock of.
fn remove_left_demos(state: &Path) {
    for entry in fs::read_dir(state).into_iter().flatten().flatten() {
        let is_demo = entry.file_name().to_str().is_some_and(|name| name.starts_with("demo-"));
        let lock = entry.path().join("server/lock");
        if is_demo && File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
            // Whatever cannot be removed now is tried again by the next demo.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A failure of the file system, with the path.
pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> LocalError {
    let path = path.to_owned();
    move |why| LocalError::Io { path, why }
}

/// Says where the server is, for other cockpits of this user.
pub(super) fn write_url(path: &Path, url: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
    file.write_all(url.as_bytes())?;
    fs::rename(fresh, path)
}
