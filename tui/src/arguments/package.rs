//! `pilothouse package`.

use std::path::PathBuf;

/// What is to be pushed.
#[derive(Debug, clap::Args)]
pub struct Push {
    /// A folder with manifest.json and the files that it names
    pub dir: PathBuf,
    /// The package's name; that of the folder if absent
    #[arg(long)]
    pub name: Option<String>,
    /// What people call this version; the manifest's own version if absent
    #[arg(long)]
    pub version_name: Option<String>,
    /// Make it the default version: the one that is installed where none is named
    #[arg(long)]
    pub default: bool,
}
