//! Where a download goes: a path that nothing can lead out of its folder, and a file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;

use super::super::Incoming;

/// The place that a document gives for what it downloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// What a path that says no more is relative to; nothing relative leads out of it.
    pub folder: PathBuf,
    /// As the document says it; may be empty.
    pub wanted: String,
}

fn failed(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{} cannot be written: {error}", path.display())
}

impl Landing {
    /// Where a single file of this name goes: into the place, if that ends with a slash or is a folder, else under the place's own
    /// name. The folders on the way are made.
    ///
    /// # Errors
    /// For people: when the path leads where it must not, or a folder cannot be made.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, String> {
        let name = plain_name(name)?;
        let place = self.place()?;
        let is_folder = self.wanted.is_empty() || self.wanted.ends_with('/') || place.is_dir();
        let path = if is_folder { place.join(name) } else { place };
        self.make_room(path.parent().unwrap_or(&path))?;
        Ok(path)
    }

    /// The place as a folder; what is above it is made.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub(super) fn tree(&self) -> Result<PathBuf, String> {
        let place = self.place()?;
        self.make_room(&place)?;
        Ok(place)
    }

    fn place(&self) -> Result<PathBuf, String> {
        let wanted = Path::new(self.wanted.trim());
        if wanted.components().any(|part| matches!(part, Component::ParentDir)) {
            return Err(format!("the destinationPath {:?} must not lead upwards", self.wanted));
        }
        Ok(if wanted.is_absolute() { wanted.to_owned() } else { self.folder.join(wanted) })
    }

    /// Makes a folder with those above it, unless what was downloaded before leads it elsewhere.
    fn make_room(&self, folder: &Path) -> Result<(), String> {
        make(folder).map_err(failed(folder))?;
        if Path::new(self.wanted.trim()).is_absolute() {
            return Ok(());
        }
        let within = fs::canonicalize(&self.folder).map_err(failed(&self.folder))?;
        let truly = fs::canonicalize(folder).map_err(failed(folder))?;
        if truly.starts_with(&within) {
            return Ok(());
        }
        Err(format!("the destinationPath {:?} leads out of the download folder by a link", self.wanted))
    }
}

fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A name that is one, and leads nowhere.
fn plain_name(name: &str) -> Result<&str, String> {
    let is_plain = Path::new(name).components().eq([Component::Normal(name.as_ref())]);
    if is_plain && name.len() <= 255 && !name.contains('\0') {
        Ok(name)
    } else {
        Err(format!("{name:?} is no file's name: say one in destinationPath"))
    }
}

/// A file that is not whole yet, beside its place.
pub(in crate::host) struct PartialFile {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    is_kept: bool,
}

impl PartialFile {
    /// Begins a file. What is left there of an earlier attempt goes.
    ///
    /// # Errors
    /// For people: why it cannot be written.
    pub(in crate::host) fn begin(path: &Path) -> Result<Self, String> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let partial = path.with_file_name(name);
        let _ = fs::remove_file(&partial);
        make(path.parent().unwrap_or(path)).map_err(failed(path))?;
        let file = File::options().create_new(true).write(true).mode(0o700).open(&partial);
        Ok(Self { file: file.map_err(failed(path))?, partial, path: path.to_owned(), is_kept: false })
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[async_trait]
impl Incoming for PartialFile {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(failed(&self.path))
    }

    async fn keep(mut self: Box<Self>) -> Result<(), String> {
        let synced = self.file.sync_all().and_then(|()| fs::rename(&self.partial, &self.path));
        synced.map_err(failed(&self.path))?;
        self.is_kept = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landing(folder: &Path, wanted: &str) -> Landing {
        Landing { folder: folder.to_owned(), wanted: wanted.into() }
    }

    #[test]
    fn a_file_lands_in_a_folder_or_under_the_name_that_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let lands = |wanted: &str| landing(dir.path(), wanted).file("a.sh").unwrap();
        assert_eq!(lands(""), dir.path().join("a.sh"));
        assert_eq!(lands("x/"), dir.path().join("x/a.sh"));
        assert_eq!(lands("x"), dir.path().join("x/a.sh"), "it is a folder by now");
        assert_eq!(lands("y/b.sh"), dir.path().join("y/b.sh"));
    }

    #[test]
    fn nothing_relative_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("downloads");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(dir.path(), folder.join("out")).unwrap();
        for wanted in ["..", "../x", "a/../../x", "/tmp/../etc"] {
            assert!(landing(&folder, wanted).file("a").unwrap_err().contains("upwards"), "{wanted}");
        }
        assert!(landing(&folder, "out/x").file("a").unwrap_err().contains("by a link"));
        assert!(landing(&folder, "out/").file("a").unwrap_err().contains("by a link"));
        for name in ["", "..", ".", "a/b", "/etc/passwd"] {
            assert!(landing(&folder, "").file(name).is_err(), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut file = PartialFile::begin(&path).unwrap();
        file.write(b"half").await.unwrap();
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let mut file = Box::new(PartialFile::begin(&path).unwrap());
        file.write(b"whole").await.unwrap();
        file.keep().await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
