//! Files that people ask for.

use std::path::Path;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::effect::Secret;

/// The most that is read of a file.
const MOST_READ: usize = 1 << 20;

/// Writes a new file that only its owner reads; what is there already is never overwritten.
///
/// # Errors
/// Why not, for people.
pub async fn save(path: &Path, text: &str) -> Result<(), String> {
    let mut file = make(path).await?;
    let written = async {
        file.write_all(text.as_bytes()).await?;
        file.flush().await
    };
    written.await.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// A new file that only its owner reads.
pub(super) async fn make(path: &Path) -> Result<File, String> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path).await;
    made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already, and is left as it is", path.display())
        }
        _ => format!("{} cannot be made: {error}", path.display()),
    })
}

/// Reads a file of text.
///
/// # Errors
/// Why not, for people.
pub async fn load(path: &Path) -> Result<Secret, String> {
    let unread = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let file = File::open(path).await.map_err(unread)?;
    let mut text = String::new();
    let read = file.take(MOST_READ as u64 + 1).read_to_string(&mut text).await;
    let held = Secret::new(text);
    if read.map_err(unread)? > MOST_READ {
        return Err(format!("{} is too big: at most 1 MiB", path.display()));
    }
    Ok(held)
}
