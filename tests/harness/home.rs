//! Homes of people who use the cockpit.

use std::path::Path;

use tempfile::TempDir;

use crate::server::Server;

/// An empty home.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn home() -> TempDir {
    tempfile::Builder::new().prefix("pilothouse-home-").tempdir().unwrap()
}

/// A home whose settings name the server, and the file with the key that speaks to it.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn home_with_profile(server: &Server, credentials: &Path) -> TempDir {
    let home = home();
    let dir = home.path().join(".config/pilothouse");
    std::fs::create_dir_all(&dir).unwrap();
    let settings = format!(
        "profile = \"ops\"\n[profiles.ops]\nendpoint = \"{}\"\ncredentials_file = \"{}\"\nenvironment = \"dev\"\n",
        server.url(),
        credentials.display()
    );
    std::fs::write(dir.join("config.toml"), settings).unwrap();
    home
}
