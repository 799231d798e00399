//! This machine.

mod facts;
mod look;
mod reboot;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_document::Platform;
use pilothouse_protocol::{Facts, Stream};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use super::depot::Depot;
use super::download::{self, Client, Landing, Origin, PartialFile};
use super::program::Program;
use super::{Adopted, Host, Incoming, Place, Process, Script, Sighting};
pub use reboot::Reboot;

use crate::spool::Writer;
use crate::step_runner::{Exit, Sight, Spec, claim, pid_of, prepare, sight};

/// How often a step runner that has no doorbell is looked at.
const POLL: Duration = Duration::from_millis(100);
/// Looks after which a step runner, started just before its agent went down, should have shown itself.
const PATIENCE: u32 = 10;

/// Where programs are looked for that are not on the agent's path: an agent that was started by the system has a short one.
const ELSEWHERE: &[&str] =
    &["/usr/local/bin", "/usr/bin", "/bin", "/snap/bin", "/opt/microsoft/powershell/7"];

/// This machine.
#[derive(Debug)]
pub struct Machine {
    step_runner: Vec<OsString>,
    http: Client,
    depot: Option<Depot>,
    program: Option<Program>,
    reboot: Reboot,
}

impl Machine {
    /// A machine whose step runner is started by these arguments.
    #[must_use]
    pub fn new(step_runner: Vec<OsString>) -> Self {
        Self { step_runner, http: Client::default(), depot: None, program: None, reboot: Reboot::Never }
    }

    /// The same machine, whose packages are in a directory.
    #[must_use]
    pub fn with_packages(self, dir: PathBuf) -> Self {
        Self { depot: Some(Depot::new(dir)), ..self }
    }

    /// The same machine, which is rebooted in this way.
    #[must_use]
    pub fn with_reboot(self, reboot: Reboot) -> Self {
        Self { reboot, ..self }
    }

    /// The same machine, whose agent can replace itself.
    #[must_use]
    pub fn with_program(self, program: Option<Program>) -> Self {
        Self { program, ..self }
    }
}

#[async_trait]
impl Host for Machine {
    fn facts(&self) -> Facts {
        facts::facts(self.platform())
    }

    fn boot_id(&self) -> String {
        facts::boot_id()
    }

    fn platform(&self) -> Platform {
        if cfg!(target_os = "macos") { Platform::MacOS } else { Platform::Linux }
    }

    fn depot(&self) -> Option<&Depot> {
        self.depot.as_ref()
    }

    fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }

    fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(ELSEWHERE.iter().map(PathBuf::from));
        folders.map(|folder| folder.join(name)).find(|path| is_program(path))
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    async fn read_text(&self, path: &Path, most: usize) -> Result<String, String> {
        download::read_text(path, most).await
    }

    async fn receive(&self, to: &Path) -> Result<Box<dyn Incoming>, String> {
        Ok(Box::new(PartialFile::begin(to)?))
    }

    async fn download(&self, from: &Origin, to: &Landing) -> Result<PathBuf, String> {
        download::fetch(&self.http, from, to).await
    }

    fn say(&self, place: &Place, line: &str) -> u64 {
        let folder = place.dir.parent().unwrap_or(&place.dir);
        match Writer::open(folder, place.step, place.spool_bytes, place.carry_lost) {
            Ok(mut spool) => {
                spool.append(Stream::Stdout, format!("{line}\n").into_bytes());
                spool.note_hole();
                spool.end().1
            }
            // Nothing of it was written, and nothing that was lost before either.
            Err(_) => place.carry_lost,
        }
    }

    async fn start(&self, place: &Place, script: &Script) -> Result<Box<dyn Process>, String> {
        let spec = Spec {
            step: place.step,
            working_directory: script.working_directory.clone(),
            timeout_seconds: script.timeout.as_secs(),
            env: script.env.clone(),
            spool_bytes: place.spool_bytes,
            carry_lost: place.carry_lost,
            interpreter: script.interpreter.clone(),
        };
        make(&place.dir)
            .and_then(|()| prepare(&place.dir, &spec, &script.text))
            .map_err(|error| format!("not run: the step's files cannot be written: {error}"))?;
        let (program, arguments) = self.step_runner.split_first().ok_or("no step runner is set up")?;
        let mut child = spawn(program, arguments, &place.dir).map_err(|error| {
            format!("the step runner {} could not be started: {error}", program.display())
        })?;
        let doorbell = child.stdout.take();
        // Reaps the step runner; its end is read from its files.
        tokio::spawn(async move { child.wait().await });
        Ok(Box::new(Runner::new(&place.dir, doorbell)))
    }

    fn clear(&self, place: &Place) -> Result<(), String> {
        let remove = |dir: PathBuf| match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{} cannot be removed: {error}", dir.display()))
            }
            _ => Ok(()),
        };
        look::folders_of(&place.dir).into_iter().try_for_each(remove)
    }

    fn look(&self, place: &Place) -> Option<Sighting> {
        look::look(&place.dir)
    }

    async fn reboot(&self) -> Result<(), String> {
        self.reboot.ask().await
    }

    async fn adopt(&self, place: &Place, rebooted: bool) -> Adopted {
        for _ in 0..PATIENCE {
            match sight(&place.dir) {
                Sight::Ended(_) | Sight::Running => {
                    return Adopted::Process(Box::new(Runner::new(&place.dir, None)));
                }
                Sight::Gone => return Adopted::Lost,
                // Before a reboot anything may have happened that is not on disk.
                Sight::Untouched if rebooted => return Adopted::Lost,
                // The agent went down before it started a runner.
                Sight::Untouched if !place.dir.join("exit").exists() => return Adopted::Untouched,
                Sight::Untouched => tokio::time::sleep(POLL).await,
            }
        }
        // Taken on here, so that a runner which is only slow will not begin behind our back.
        match claim(&place.dir) {
            Ok(true) => Adopted::Untouched,
            _ => Adopted::Process(Box::new(Runner { is_over: true, ..Runner::new(&place.dir, None) })),
        }
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Makes a step's directory, empty: what stands there was found untouched.
fn make(dir: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::DirBuilder::new().mode(0o700).create(dir)
}

#[expect(clippy::disallowed_methods, reason = "the host room is where processes are started")]
fn spawn(program: &OsString, arguments: &[OsString], dir: &Path) -> std::io::Result<tokio::process::Child> {
    tokio::process::Command::new(program)
        .args(arguments)
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(false)
        .spawn()
}

/// A step runner, seen through its files.
struct Runner {
    dir: PathBuf,
    doorbell: Option<ChildStdout>,
    /// It is to be cancelled, and was not told yet.
    cancels: bool,
    /// Its process is over or about to be: who did not begin by now never will.
    is_over: bool,
}

impl Runner {
    fn new(dir: &Path, doorbell: Option<ChildStdout>) -> Self {
        Self { dir: dir.to_owned(), doorbell, cancels: false, is_over: false }
    }

    /// Tells the runner to cancel, once it is there to be told.
    fn tell(&mut self) {
        if self.cancels
            && sight(&self.dir) == Sight::Running
            && let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw)
        {
            self.cancels = kill_process(pid, Signal::TERM).is_err();
        }
    }
}

#[async_trait]
impl Process for Runner {
    fn pid(&self) -> Option<u32> {
        pid_of(&self.dir)
    }

    async fn changed(&mut self) {
        let mut rings = [0; 256];
        match &mut self.doorbell {
            Some(doorbell) => {
                if doorbell.read(&mut rings).await.unwrap_or(0) == 0 {
                    self.doorbell = None;
                    self.is_over = true;
                }
            }
            None => tokio::time::sleep(POLL).await,
        }
        self.tell();
    }

    fn ended(&mut self) -> Option<Exit> {
        match sight(&self.dir) {
            Sight::Ended(exit) => Some(exit),
            Sight::Running => None,
            Sight::Gone => Some(Exit::not_started(String::from(
                "the step runner was killed before the script ended (out of memory?): how far it got is not known, and it was \
                 not run again",
            ))),
            Sight::Untouched if self.is_over && matches!(claim(&self.dir), Ok(true) | Err(_)) => {
                Some(Exit::not_started(String::from("the step runner ended before it began the script")))
            }
            Sight::Untouched => None,
        }
    }

    fn cancel(&mut self) {
        self.cancels = true;
        self.tell();
    }
}
