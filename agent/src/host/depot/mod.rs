//! Packages on this machine: their archives, unpacked, and what is installed.
//!
//! `DIR/<package>/state.json` says which version is installed and what is being done; `DIR/<package>/<archive>/` is an archive,
//! unpacked, under the first digits of its SHA-256; `DIR/fetched/` holds archives while they come. A state is written so that a
//! crash leaves the old or the new; a tree is there whole or not at all.
//!
//! In: archives whose bytes were verified, and states. Out: trees with scripts in them. Never here: what is to be done to a
//! package, scripts that run, the link.

mod selector;
mod state;
mod unpack;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use selector::Selector;
pub use state::{Deed, Doing, Ended, Half, Installed, PackageState, Phase};

use crate::private_file;

/// Where archives come to.
const FETCHED: &str = "fetched";
/// Digits of an archive's SHA-256 that its tree is called by.
const DIGITS: usize = 16;

/// The packages of a machine. Clones are the same ones.
#[derive(Clone, Debug)]
pub struct Depot {
    dir: Arc<PathBuf>,
    busy: Arc<Mutex<HashSet<String>>>,
}

/// The right to change one package; nobody else has it meanwhile.
#[derive(Debug)]
pub struct Claim {
    name: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Why packages cannot be read or written, for people.
fn failed(what: &Path) -> impl FnOnce(io::Error) -> String {
    let what = what.display().to_string();
    move |error| format!("{what} cannot be read or written: {error}")
}

impl Depot {
    /// The packages in a directory, which is made when it is needed.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir: Arc::new(dir), busy: Arc::default() }
    }

    /// Takes a package on; `None` while somebody else is at it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<Claim> {
        let is_free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        is_free.then(|| Claim { name: name.to_owned(), busy: self.busy.clone() })
    }

    /// The folder of a package.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let spelled = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if (1..=128).contains(&name.len()) && spelled && !name.starts_with('.') && name != FETCHED {
            Ok(self.dir.join(name))
        } else {
            Err(format!("{name:?} cannot be the name of a package on a disk"))
        }
    }

    /// What is known of a package.
    ///
    /// # Errors
    /// For people: why it cannot be read.
    pub fn state(&self, name: &str) -> Result<PackageState, String> {
        let path = self.folder(name)?.join("state.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                format!("{} is damaged ({error}): remove it, and install the package anew", path.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(PackageState::default()),
            Err(error) => Err(failed(&path)(error)),
        }
    }

    /// Writes it down, before it is so.
    ///
    /// # Errors
    /// For people: why it cannot be written; then nothing may be done to the package.
    pub fn write(&self, name: &str, state: &PackageState) -> Result<(), String> {
        let folder = self.folder(name)?;
        make_folder(&folder).map_err(failed(&folder))?;
        let path = folder.join("state.json");
        let text = serde_json::to_vec(state).map_err(|error| error.to_string())?;
        private_file::write(&path, &text).map_err(failed(&path))
    }

    /// Where an archive comes to, by its SHA-256. What is there is what came of it before.
    ///
    /// # Errors
    /// For people: why it cannot be.
    pub fn archive(&self, sha256: &str) -> Result<PathBuf, String> {
        let folder = self.dir.join(FETCHED);
        make_folder(&folder).map_err(failed(&folder))?;
        Ok(folder.join(format!("{}.zip", digits(sha256)?)))
    }

    /// Where an archive of a package is unpacked to.
    ///
    /// # Errors
    /// For people: when it cannot be a path.
    pub fn tree(&self, name: &str, sha256: &str) -> Result<PathBuf, String> {
        let digits = digits(sha256)?;
        Ok(self.folder(name)?.join(digits.get(..DIGITS).unwrap_or(digits)))
    }

    /// Unpacks an archive, whose bytes were verified, for a package; what is unpacked already is not unpacked again. The archive
    /// goes.
    ///
    /// # Errors
    /// For people: what is wrong with it.
    pub async fn unpack(&self, name: &str, sha256: &str) -> Result<PathBuf, String> {
        let (archive, tree) = (self.archive(sha256)?, self.tree(name, sha256)?);
        let to = tree.clone();
        let work = move || {
            if !to.is_dir() {
                make_folder(to.parent().unwrap_or(&to)).map_err(failed(&to))?;
                unpack::unpack(&archive, &to)?;
            }
            match fs::remove_file(&archive) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&archive)(error)),
                _ => Ok(()),
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())??;
        Ok(tree)
    }

    /// The script of a tree for an action such as `install`, if it has one.
    ///
    /// # Errors
    /// For people: when there are two.
    pub fn script(&self, tree: &Path, action: &str) -> Result<Option<String>, String> {
        let is_there = |extension: &str| tree.join(format!("{action}.{extension}")).is_file();
        match (is_there("sh"), is_there("ps1")) {
            (true, true) => {
                Err(format!("the package has both {action}.sh and {action}.ps1: it must have one of them"))
            }
            (true, false) => Ok(Some(format!("{action}.sh"))),
            (false, true) => Ok(Some(format!("{action}.ps1"))),
            (false, false) => Ok(None),
        }
    }

    /// Removes the trees of a package but those of these archives.
    pub fn keep_only(&self, name: &str, archives: &[&str]) {
        let Ok(folder) = self.folder(name) else { return };
        let kept: Vec<PathBuf> = archives.iter().filter_map(|sha256| self.tree(name, sha256).ok()).collect();
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in entries.filter(|path| path.is_dir() && !kept.contains(path)) {
            if let Err(error) = fs::remove_dir_all(&path) {
                tracing::warn!(%error, path = %path.display(), "an old package's files remain");
            }
        }
    }
}

fn digits(sha256: &str) -> Result<&str, String> {
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { Ok(sha256) } else { Err(format!("{sha256:?} is no SHA-256")) }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_changes_a_package() {
        let depot = Depot::new(PathBuf::from("/nowhere"));
        let claim = depot.claim("web").unwrap();
        assert!(depot.claim("web").is_none() && depot.claim("api").is_some());
        drop(claim);
        assert!(depot.claim("web").is_some());
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let depot = Depot::new(dir.path().join("packages"));
        for name in ["..", "../etc", "a/b", "", FETCHED, ".x"] {
            assert!(depot.state(name).is_err(), "{name}");
        }
        assert!(depot.archive("../../x").is_err());
        assert_eq!(depot.state("web").unwrap(), PackageState::default());
    }

    #[test]
    fn what_is_written_down_is_found_again_and_old_trees_go() {
        let dir = tempfile::tempdir().unwrap();
        let depot = Depot::new(dir.path().join("packages"));
        let state = PackageState {
            ended: Some(Ended { step: "a/step-0".into(), ..Ended::default() }),
            ..PackageState::default()
        };
        depot.write("web", &state).unwrap();
        assert_eq!(Depot::new(dir.path().join("packages")).state("web").unwrap(), state);
        let (old, new) = ("a".repeat(64), "b".repeat(64));
        for sha256 in [&old, &new] {
            fs::create_dir_all(depot.tree("web", sha256).unwrap()).unwrap();
        }
        depot.keep_only("web", &[&new]);
        assert!(!depot.tree("web", &old).unwrap().exists() && depot.tree("web", &new).unwrap().exists());
    }
}
