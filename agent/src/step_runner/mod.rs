//! The step runner: a small process of its own session between the agent and a script. It outlives the agent.
//!
//! It is told everything by files in its step's directory, and tells everything by files:
//!
//! - `spec.json`, `_script.sh`: what to run;
//! - `exit`: a block that the agent reserves before anything runs, so that the end is kept even on a full disk. The runner holds
//!   a lock on it for as long as it lives: that is how a later agent sees that it does, whatever process ids mean by then;
//! - `pid`: made by the runner once and for all, before the script begins. Whoever finds it made already runs nothing;
//! - `leader`: the script's process, for who wants to see it;
//! - the job's spool, one level up.
//!
//! One byte on standard output is the doorbell: "look again". SIGTERM means cancel.
//! Never here: the link, documents, other steps.

mod exit;
mod intake;
mod script;
mod tree;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::processes::{MOST, Seen, glance_below};
use crate::spool::Writer;
pub use exit::{Exit, How};
use intake::Intake;

/// Bytes reserved for the end of a step: of what was killed only so much is told as fits.
const EXIT_BLOCK: usize = 8 * 1024;
/// File of a step: the script's process.
const LEADER: &str = "leader";

/// What to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Index of the step.
    pub step: u16,
    /// Where the script runs.
    pub working_directory: Option<PathBuf>,
    /// Seconds until it is killed.
    pub timeout_seconds: u64,
    /// Added to the environment.
    pub env: Vec<(String, String)>,
    /// Bytes that the job's spool may take.
    pub spool_bytes: u64,
    /// Bytes that an earlier step lost to a full disk and could not write down.
    pub carry_lost: u64,
    /// What runs it, if it is not a shell or what its first line names.
    #[serde(default)]
    pub interpreter: Option<Interpreter>,
}

/// A program that runs scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// Where it is.
    pub program: PathBuf,
    /// What stands between it and the script's path.
    pub arguments: Vec<String>,
    /// What scripts of it are called by, such as `ps1`.
    pub extension: String,
}

impl Spec {
    /// The script's file name.
    fn script_name(&self) -> String {
        let extension = self.interpreter.as_ref().map_or("sh", |interpreter| &interpreter.extension);
        format!("_script.{extension}")
    }
}

/// What is to be seen of a step from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It has ended.
    Ended(Exit),
    /// Its runner lives.
    Running,
    /// Its runner took it on, and is gone without a word.
    Gone,
    /// No runner has taken it on.
    Untouched,
}

/// Looks at the step in `dir`.
#[must_use]
pub fn sight(dir: &Path) -> Sight {
    let Ok(block) = File::open(dir.join("exit")) else { return Sight::Untouched };
    if let Some(exit) = exit_of(dir) {
        return Sight::Ended(exit);
    }
    if block.try_lock_shared().is_err() {
        return Sight::Running;
    }
    // It may have ended between the two looks.
    match exit_of(dir) {
        Some(exit) => Sight::Ended(exit),
        None if dir.join("pid").exists() => Sight::Gone,
        None => Sight::Untouched,
    }
}

/// The runner's process id.
#[must_use]
pub fn pid_of(dir: &Path) -> Option<u32> {
    fs::read_to_string(dir.join("pid")).ok()?.trim().parse().ok()
}

/// The processes of a step that runs: the script's own first, if it is among them. All of them are counted, and not all are looked
/// at.
pub(crate) fn processes_of(dir: &Path) -> (Vec<Seen>, usize) {
    let leader: Option<u32> =
        fs::read_to_string(dir.join(LEADER)).ok().and_then(|text| text.trim().parse().ok());
    let below = pid_of(dir).map(glance_below).unwrap_or_default();
    let count = below.len();
    let mut seen: Vec<Seen> = below.into_iter().take(MOST).collect();
    seen.sort_by_key(|it| Some(it.pid) != leader);
    (seen, count)
}

fn exit_of(dir: &Path) -> Option<Exit> {
    let bytes = fs::read(dir.join("exit")).ok()?;
    let text: Vec<u8> = bytes.into_iter().take_while(|byte| *byte != 0).collect();
    serde_json::from_slice(&text).ok()
}

/// Writes what a step runner needs, and reserves what it will need.
///
/// # Errors
/// When the disk does not take it; then nothing may be started.
pub fn prepare(dir: &Path, spec: &Spec, script: &str) -> io::Result<()> {
    let write = |name: &str, bytes: &[u8], mode: u32| {
        let mut file =
            File::options().create(true).truncate(false).write(true).mode(mode).open(dir.join(name))?;
        file.write_all(bytes)?;
        Ok::<_, io::Error>(file)
    };
    // A runner that a killed agent had just started may be reading these: each is the old or the new one, whole.
    let put = |name: &str, bytes: &[u8], mode: u32| {
        let partial = format!("{name}.partial");
        write(&partial, bytes, mode)?.set_len(bytes.len() as u64)?;
        fs::rename(dir.join(partial), dir.join(name))
    };
    put(&spec.script_name(), script.as_bytes(), 0o700)?;
    put("spec.json", &serde_json::to_vec(spec)?, 0o600)?;
    // This one is never replaced: it carries the runner's lock.
    write("exit", &[0; EXIT_BLOCK], 0o600)?.sync_all()
}

/// Takes the step in `dir` on; `false` when that was done before, by whomever. Who gets `true` alone may run it.
///
/// # Errors
/// When the disk does not take it.
pub fn claim(dir: &Path) -> io::Result<bool> {
    match File::options().create_new(true).write(true).mode(0o600).open(dir.join("pid")) {
        Ok(mut file) => file.write_all(std::process::id().to_string().as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The main function of the hidden verb `step-runner DIR`.
#[must_use]
pub fn main(dir: &Path) -> ExitCode {
    // A session of its own: signals to the agent's terminal or group do not reach the script.
    let _ = rustix::process::setsid();
    tree::adopt_orphans();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.and_then(|runtime| runtime.block_on(run(dir)));
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(dir: &Path) -> io::Result<()> {
    // Listened to before anybody can see that there is someone to cancel.
    let mut term = signal(SignalKind::terminate())?;
    let block = File::options().write(true).open(dir.join("exit"))?;
    // Waits for who only looks whether it is locked; a second runner waits here for the first one's end, and then does nothing.
    block.lock()?;
    let doorbell = Doorbell::new();
    let exit = match claim(dir) {
        Ok(true) => perform(dir, doorbell, &mut term).await.unwrap_or_else(|error| {
            Exit::not_started(format!("the step's files cannot be read or written: {error}"))
        }),
        Ok(false) => return Ok(()),
        Err(error) => Exit::not_started(format!("the step's files cannot be written: {error}")),
    };
    block.write_all_at(&block_of(exit)?, 0)?;
    block.sync_data()?;
    doorbell.ring();
    Ok(())
}

async fn perform(dir: &Path, doorbell: Doorbell, term: &mut Signal) -> io::Result<Exit> {
    doorbell.ring();
    let spec: Spec = serde_json::from_slice(&fs::read(dir.join("spec.json"))?)?;
    let folder = dir.parent().unwrap_or(dir);
    let spool = Writer::open(folder, spec.step, spec.spool_bytes, spec.carry_lost)?;
    let mut intake = Intake::new(spool, doorbell);
    let exit = match script::start(dir, &spec).await {
        Ok(child) => {
            let (how, code, toll) = script::watch(child, &spec, &mut intake, term).await;
            Exit { how, killed: toll.killed, killed_count: toll.count, ..Exit::of(code) }
        }
        Err(message) => Exit::not_started(message),
    };
    Ok(Exit { lost: intake.finish(), ..exit })
}

/// The end as the reserved block holds it: the list of the killed gives way from its end, and then the message.
fn block_of(mut exit: Exit) -> io::Result<Vec<u8>> {
    loop {
        let mut text = serde_json::to_vec(&exit)?;
        if text.len() <= EXIT_BLOCK || (exit.message.is_empty() && exit.killed.is_empty()) {
            text.resize(EXIT_BLOCK.max(text.len()), 0);
            return Ok(text);
        }
        if exit.killed.pop().is_none() {
            exit.message.pop();
        }
    }
}

/// Standard output as a doorbell: never blocks, never fails.
#[derive(Clone, Copy)]
struct Doorbell(());

impl Doorbell {
    fn new() -> Self {
        let _ = rustix::fs::fcntl_setfl(rustix::stdio::stdout(), rustix::fs::OFlags::NONBLOCK);
        Self(())
    }

    fn ring(self) {
        let Self(()) = self;
        let _ = rustix::io::write(rustix::stdio::stdout(), b"\n");
    }
}

/// Arguments that start the step runner of a program whose hidden verb is `step-runner`.
///
/// # Errors
/// When the program does not know its own path.
pub fn command_of_this_program() -> io::Result<Vec<OsString>> {
    Ok(vec![std::env::current_exe()?.into_os_string(), OsString::from("step-runner")])
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::Killed;

    use super::*;

    fn spec() -> Spec {
        Spec {
            step: 0,
            working_directory: None,
            timeout_seconds: 5,
            env: Vec::new(),
            spool_bytes: 1,
            carry_lost: 0,
            interpreter: None,
        }
    }

    #[test]
    fn a_step_is_taken_on_by_one_runner_only() {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path(), &spec(), "true").unwrap();
        assert_eq!(sight(dir.path()), Sight::Untouched);
        assert!(claim(dir.path()).unwrap());
        assert!(!claim(dir.path()).unwrap());
        assert_eq!(sight(dir.path()), Sight::Gone);
        let lock = File::open(dir.path().join("exit")).unwrap();
        lock.lock().unwrap();
        assert_eq!(sight(dir.path()), Sight::Running);
    }

    #[test]
    fn a_script_that_is_prepared_again_is_not_pulled_away_from_who_reads_it() {
        use std::io::Read;
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path(), &spec(), "echo 1").unwrap();
        let mut reading = File::open(dir.path().join("_script.sh")).unwrap();
        prepare(dir.path(), &spec(), "echo 2").unwrap();
        let mut script = String::new();
        reading.read_to_string(&mut script).unwrap();
        assert_eq!(script, "echo 1");
        assert_eq!(fs::read_to_string(dir.path().join("_script.sh")).unwrap(), "echo 2");
    }

    #[test]
    fn the_end_fits_its_block_whatever_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let killed = |pid| Killed { pid, command: "\\\"".repeat(60), survived: false };
        let exit = Exit {
            killed: (0..64).map(killed).collect(),
            killed_count: 64,
            ..Exit::not_started("\u{1}\u{10ffff}\"".repeat(3000))
        };
        let block = block_of(exit).unwrap();
        assert_eq!(block.len(), EXIT_BLOCK);
        fs::write(dir.path().join("exit"), block).unwrap();
        let Sight::Ended(read) = sight(dir.path()) else { panic!("no end") };
        assert!(read.message.starts_with('\u{1}') && read.how == How::NotStarted);
    }
}
