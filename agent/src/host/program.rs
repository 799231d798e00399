//! The agent's own program: how it is replaced by another version of itself.
//!
//! The new program is laid beside the running one and tried out as an agent of its own, from there ([`crate::trial`]). Only when
//! it has shown itself over the link it takes the old one's place, which is kept as `NAME.previous`; so there is nothing to be
//! undone when it fails, whatever goes down meanwhile. `DATA_DIR/update.json` says how far that is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::private_file;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How far an update is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The new program lies there, and says the right version; nothing else was done.
    Staged,
    /// It is being tried out.
    Trying,
    /// It was proven, and has the old one's place.
    Swapped,
    /// It was proven over the link from there, too: the end.
    Settled,
    /// It was not proven, and why; the old one goes on.
    Failed(String),
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The step that wants it: its job's folder and its own.
    pub step: String,
    /// The version that ran when it began.
    pub from: String,
    /// The version that is to run.
    pub to: String,
    /// How far it is.
    pub stage: Stage,
}

/// The agent's own program. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    data_dir: PathBuf,
    is_trial: bool,
    linked: watch::Sender<bool>,
    restart: watch::Sender<bool>,
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(extension);
    path.with_file_name(name)
}

impl Program {
    /// The program at `path`, whose agent lives in `data_dir`. One that is tried out says so.
    #[must_use]
    pub fn new(path: PathBuf, data_dir: PathBuf, is_trial: bool) -> Self {
        Self { path, data_dir, is_trial, linked: watch::channel(false).0, restart: watch::channel(false).0 }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a new one lies until it is proven.
    #[must_use]
    pub fn staged(&self) -> PathBuf {
        beside(&self.path, ".new")
    }

    /// Where the old one is kept.
    #[must_use]
    pub fn previous(&self) -> PathBuf {
        beside(&self.path, ".previous")
    }

    /// Whether it is being tried out by the one whose place it may get.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// Written by an agent that is tried out, when the server has let it in: its version.
    pub(crate) fn proof(&self) -> PathBuf {
        self.data_dir.join("update.proof")
    }

    fn file(&self) -> PathBuf {
        self.data_dir.join("update.json")
    }

    /// The update that was begun last.
    ///
    /// # Errors
    /// For people: why it cannot be read.
    pub fn update(&self) -> Result<Option<Update>, String> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| format!("{} is damaged: {error}; remove it", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
        }
    }

    /// Writes down how far an update is, before it goes on.
    ///
    /// # Errors
    /// For people: why it cannot be written.
    pub fn write(&self, update: &Update) -> Result<(), String> {
        let path = self.file();
        let text = serde_json::to_vec(update).map_err(|error| error.to_string())?;
        private_file::write(&path, &text)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }

    /// Lays a new program beside this one.
    ///
    /// # Errors
    /// For people: why it cannot be, such as a folder that this user may not write into.
    pub fn stage(&self, new: &Path) -> Result<PathBuf, String> {
        let staged = self.staged();
        let attempt = || {
            let _ = fs::remove_file(&staged);
            fs::copy(new, &staged)?;
            fs::set_permissions(&staged, fs::metadata(&self.path)?.permissions())?;
            File::open(&staged)?.sync_all()
        };
        attempt().map(|()| staged.clone()).map_err(|error| {
            let _ = fs::remove_file(&staged);
            format!(
                "the new program cannot be laid at {}: {error}; the agent replaces itself only where its user may write: \
                 update it as it was installed, or give that folder to this user",
                staged.display()
            )
        })
    }

    /// Forgets a program that was laid there.
    pub fn unstage(&self) {
        let _ = fs::remove_file(self.staged());
    }

    /// Gives the new program, which is proven, the place of this one.
    ///
    /// # Errors
    /// When it cannot be; then this one has it as before.
    pub fn swap(&self) -> io::Result<()> {
        let previous = self.previous();
        match fs::remove_file(&previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::hard_link(&self.path, &previous).or_else(|_| fs::copy(&self.path, &previous).map(drop))?;
        fs::rename(self.staged(), &self.path)?;
        File::open(self.path.parent().unwrap_or(&self.path))?.sync_all()
    }

    /// Has this process stop its agent and start anew: the next start tries the staged program out.
    pub fn restart(&self) {
        self.restart.send_replace(true);
    }

    /// Resolves when it is to start anew.
    pub(crate) async fn restart_is_wanted(&self) {
        let mut restart = self.restart.subscribe();
        if restart.wait_for(|is| *is).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The server let this agent in.
    pub(crate) fn is_linked(&self) {
        let was = self.linked.send_replace(true);
        if self.is_trial && !was {
            let written = private_file::write(&self.proof(), VERSION.as_bytes());
            if let Err(error) = written {
                tracing::error!(%error, "that the link is up cannot be told to who tries this agent out");
            }
        }
    }

    /// Resolves when the server let this agent in, or did so before.
    pub async fn linked(&self) {
        let mut linked = self.linked.subscribe();
        if linked.wait_for(|is| *is).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(dir: &Path) -> Program {
        fs::write(dir.join("agent"), "old").unwrap();
        Program::new(dir.join("agent"), dir.to_owned(), false)
    }

    #[test]
    fn the_new_program_takes_the_place_of_the_old_one_which_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let program = program(dir.path());
        fs::write(dir.path().join("unpacked"), "new").unwrap();
        assert_eq!(program.stage(&dir.path().join("unpacked")).unwrap(), program.staged());
        assert_eq!(fs::read_to_string(program.path()).unwrap(), "old");
        program.swap().unwrap();
        assert_eq!(fs::read_to_string(program.path()).unwrap(), "new");
        assert_eq!(fs::read_to_string(program.previous()).unwrap(), "old");
        assert!(!program.staged().exists());
    }

    #[test]
    fn where_nothing_can_be_laid_it_says_how_to_mend_that() {
        let dir = tempfile::tempdir().unwrap();
        let gone = Program::new(dir.path().join("gone/agent"), dir.path().to_owned(), false);
        fs::write(dir.path().join("unpacked"), "new").unwrap();
        let error = gone.stage(&dir.path().join("unpacked")).unwrap_err();
        assert!(error.contains("gone/agent.new") && error.contains("its user may write"), "{error}");
    }

    #[test]
    fn how_far_an_update_is_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let program = program(dir.path());
        assert_eq!(program.update().unwrap(), None);
        let update = Update {
            step: "a/step-0".into(),
            from: "1.0.0".into(),
            to: "1.1.0".into(),
            stage: Stage::Failed("it ended".into()),
        };
        program.write(&update).unwrap();
        assert_eq!(program.update().unwrap(), Some(update));
    }

    #[tokio::test]
    async fn only_a_program_that_is_tried_out_leaves_a_proof() {
        let dir = tempfile::tempdir().unwrap();
        let usual = program(dir.path());
        usual.is_linked();
        usual.linked().await;
        assert!(!usual.proof().exists());
        let trial = Program::new(dir.path().join("agent.new"), dir.path().to_owned(), true);
        trial.is_linked();
        assert_eq!(fs::read_to_string(trial.proof()).unwrap(), VERSION);
    }
}
