//! Git repositories, by the machine's own git.
//!
//! A clone is made beside its place, without hooks, submodules or prompts, by transports that run nothing but git itself and ssh;
//! then its files are moved into place, without `.git`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use url::Url;

use super::landing::Landing;
use super::{Login, Repository, Revision, shown};

/// Transports that git may use: none of them is a command line of the repository's choice.
const TRANSPORTS: &str = "https:http:ssh:git:file";
/// Bytes of what git says that are shown.
const SAID: usize = 2048;

impl Repository {
    pub(super) fn shown(&self) -> String {
        Url::parse(&self.url).map_or_else(|_| self.url.clone(), |url| shown(&url))
    }
}

/// Fetches a repository, or a part of it.
pub(super) async fn fetch(repository: &Repository, to: &Landing) -> Result<PathBuf, String> {
    let name = repository.path.as_deref().map(within).transpose()?;
    let place = to.tree()?;
    let clone = Clone::beside(&place)?;
    clone.git(repository, &arguments(repository, &clone.0)?).await?;
    if let Revision::Commit(commit) = &repository.revision {
        let at = clone.0.to_string_lossy().into_owned();
        let checkout = ["-C", &at, "checkout", "--quiet", "--detach", commit].map(String::from);
        clone.git(repository, &checkout).await?;
    }
    let failed = |error: io::Error| format!("{} cannot be written: {error}", place.display());
    fs::remove_dir_all(clone.0.join(".git")).map_err(failed)?;
    let Some(name) = name else {
        move_into(&clone.0, &place).map_err(failed)?;
        return Ok(place);
    };
    let found = clone.0.join(&name);
    let is_folder =
        fs::symlink_metadata(&found).map_err(|_| format!("it has no {}", name.display()))?.is_dir();
    if is_folder {
        move_into(&found, &place).map_err(failed)?;
        return Ok(place);
    }
    let file = place.join(found.file_name().unwrap_or_default());
    fs::rename(&found, &file).map_err(failed)?;
    Ok(file)
}

/// A path that stays within the repository.
fn within(path: &str) -> Result<PathBuf, String> {
    let path = Path::new(path.trim_matches('/'));
    let stays = path.components().all(|part| matches!(part, Component::Normal(name) if name != ".git"));
    let is_one = path.components().next().is_some();
    if stays && is_one { Ok(path.to_owned()) } else { Err(format!("{} is no path in it", path.display())) }
}

fn arguments(repository: &Repository, to: &Path) -> Result<Vec<String>, String> {
    let plain = |text: &str, what: &str| {
        if text.is_empty() || text.starts_with('-') || text.contains(char::is_control) {
            return Err(format!("{text:?} is no {what}"));
        }
        Ok(text.to_owned())
    };
    let mut arguments: Vec<String> =
        ["clone", "--quiet", "--template=", "--no-tags"].map(String::from).into();
    match &repository.revision {
        Revision::Head => arguments.extend(["--depth".into(), "1".into()]),
        Revision::Branch(branch) => {
            let branch = plain(branch, "branch")?;
            arguments.extend(["--depth".into(), "1".into(), "--branch".into(), branch]);
        }
        Revision::Commit(commit) => {
            if commit.len() < 7 || commit.len() > 64 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(format!("{commit:?} is no commit: it has 7 to 64 hexadecimal digits"));
            }
            arguments.push("--no-checkout".into());
        }
    }
    arguments.extend(["--".into(), plain(&repository.url, "repository")?]);
    arguments.push(to.to_string_lossy().into_owned());
    Ok(arguments)
}

/// Moves everything in `from` into `to`; what has the same name there is replaced, and folders are merged.
fn move_into(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let there = fs::symlink_metadata(&target).ok();
        let (is_folder, was_folder) =
            (entry.file_type()?.is_dir(), there.as_ref().is_some_and(|it| it.is_dir()));
        if is_folder && was_folder {
            move_into(&entry.path(), &target)?;
            continue;
        }
        if was_folder {
            fs::remove_dir_all(&target)?;
        } else if is_folder && there.is_some() {
            fs::remove_file(&target)?;
        }
        fs::rename(entry.path(), &target)?;
    }
    Ok(())
}

/// A clone that is being made; it goes when it is dropped.
struct Clone(PathBuf);

impl Drop for Clone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process group that is killed if it is not over when this goes.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Clone {
    /// Beside a folder, on the same disk. What is left there of an earlier attempt goes.
    fn beside(place: &Path) -> Result<Self, String> {
        let mut name = std::ffi::OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(".cloning");
        let path = place.with_file_name(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("{} cannot be removed: {error}", path.display()))
            }
            _ => Ok(Self(path)),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the host room is where processes are started")]
    async fn git(&self, repository: &Repository, arguments: &[String]) -> Result<(), String> {
        let mut command = Command::new("git");
        command.args(arguments).envs(environment(repository)).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => String::from("git is not installed on this node"),
            _ => format!("git could not be started: {error}"),
        })?;
        let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
        let said = match child.stderr.take() {
            Some(stderr) => last_words(stderr).await,
            None => String::new(),
        };
        let status = child.wait().await.map_err(|error| error.to_string())?;
        group.0 = None;
        if status.success() { Ok(()) } else { Err(format!("git says: {}", said.trim())) }
    }
}

fn environment(repository: &Repository) -> Vec<(&'static str, String)> {
    let check = if repository.trusts_any_host { "no" } else { "yes" };
    let mut all = vec![
        ("GIT_TERMINAL_PROMPT", String::from("0")),
        ("GIT_ASKPASS", String::from("true")),
        ("GIT_ALLOW_PROTOCOL", TRANSPORTS.to_owned()),
        ("GIT_SSH_COMMAND", format!("ssh -o BatchMode=yes -o StrictHostKeyChecking={check}")),
        ("GIT_LFS_SKIP_SMUDGE", String::from("1")),
        ("LC_ALL", String::from("C")),
    ];
    if let Some(Login { name, password }) = &repository.login {
        // Not among the arguments, where every user of the machine could read it.
        let login = STANDARD.encode(format!("{name}:{}", password.text()));
        all.push(("GIT_CONFIG_COUNT", String::from("1")));
        all.push(("GIT_CONFIG_KEY_0", String::from("http.extraHeader")));
        all.push(("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {login}")));
    }
    all
}

/// The end of what a process says.
async fn last_words(mut from: impl AsyncRead + Unpin) -> String {
    let (mut said, mut piece) = (Vec::new(), [0; 1024]);
    while let Ok(n @ 1..) = from.read(&mut piece).await {
        said.extend_from_slice(&piece[..n]);
        let over = said.len().saturating_sub(SAID);
        said.drain(..over);
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(url: &str, revision: Revision) -> Repository {
        Repository { url: url.into(), revision, path: None, login: None, trusts_any_host: false }
    }

    #[test]
    fn nothing_that_a_document_says_becomes_an_option_of_git() {
        let to = Path::new("/x");
        assert!(arguments(&repository("--upload-pack=reboot", Revision::Head), to).is_err());
        assert!(arguments(&repository("/r", Revision::Branch("--exec=x".into())), to).is_err());
        assert!(arguments(&repository("/r", Revision::Commit("HEAD".into())), to).is_err());
        let good = arguments(&repository("/r", Revision::Branch("main".into())), to).unwrap();
        assert!(good.join(" ").ends_with("--branch main -- /r /x"));
    }

    #[test]
    fn a_path_stays_in_the_repository() {
        assert_eq!(within("/a/b").unwrap(), Path::new("a/b"));
        for path in ["..", "a/../../b", ".git/config", "", "/"] {
            assert!(within(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_tree_is_merged_into_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for folder in [from.join("both"), to.join("both"), from.join("was-file"), to.join("was-folder/x")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(from.join("both/new"), "1").unwrap();
        fs::write(to.join("both/old"), "0").unwrap();
        fs::write(to.join("was-file"), "0").unwrap();
        fs::write(from.join("was-folder"), "1").unwrap();
        move_into(&from, &to).unwrap();
        assert!(to.join("both/new").is_file() && to.join("both/old").is_file());
        assert!(to.join("was-file").is_dir() && to.join("was-folder").is_file());
    }
}
