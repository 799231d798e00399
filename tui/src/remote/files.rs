//! Files that people ask for.

use std::path::Path;

use tokio::io::AsyncWriteExt;

/// Writes a new file that only its owner reads; what is there already is never overwritten.
///
/// # Errors
/// Why not, for people.
pub async fn save(path: &Path, text: &str) -> Result<(), String> {
    let mut file =
        tokio::fs::File::options().write(true).create_new(true).mode(0o600).open(path).await.map_err(
            |error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    format!("{} is there already, and is left as it is", path.display())
                }
                _ => format!("{} cannot be made: {error}", path.display()),
            },
        )?;
    let written = async {
        file.write_all(text.as_bytes()).await?;
        file.flush().await
    };
    written.await.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
