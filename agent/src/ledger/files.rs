//! The ledger's files: written so that a crash leaves the old or the new, and nothing between.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::private_file;

/// The ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger in {} cannot be read or written: {why}", .path.display())]
pub struct LedgerError {
    /// Which file or folder.
    pub path: PathBuf,
    /// The cause.
    pub why: io::Error,
}

pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |why| LedgerError { path, why }
}

/// Writes a file so that after a crash it holds either what it held before or all of this.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    private_file::write(path, bytes).map_err(failed(path))
}

pub(super) fn write(path: &Path, value: &impl Serialize) -> Result<(), LedgerError> {
    let text = serde_json::to_vec(value)
        .map_err(|error| LedgerError { path: path.to_owned(), why: error.into() })?;
    replace(path, &text)
}

/// Reads a file; `None` when there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, LedgerError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LedgerError { path: path.to_owned(), why: error.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

/// Reads a text; empty when there is none.
pub(super) fn read_text(path: &Path) -> Result<String, LedgerError> {
    match fs::read(path) {
        // What is no text is torn, and says nothing.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed(path)(error)),
    }
}

pub(super) fn set_aside(dir: &Path, folder: &Path) -> Result<(), LedgerError> {
    let aside = dir.join("damaged");
    fs::create_dir_all(&aside).map_err(failed(&aside))?;
    let place = aside.join(folder.file_name().unwrap_or_default());
    let _ = fs::remove_dir_all(&place);
    fs::rename(folder, &place).map_err(failed(folder))
}

/// Appends a line so that a torn one never spoils the next.
pub(super) fn append(path: &Path, line: &str) -> Result<(), LedgerError> {
    let attempt = || {
        let mut log = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
        let end = log.seek(io::SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if end > 0 {
            log.seek(io::SeekFrom::Start(end - 1))?;
            log.read_exact(&mut last)?;
        }
        let text = if last == [b'\n'] { line.to_owned() } else { format!("\n{line}") };
        log.write_all(text.as_bytes()).and_then(|()| log.sync_data()).inspect_err(|_| {
            let _ = log.set_len(end);
        })
    };
    attempt().map_err(failed(path))
}
