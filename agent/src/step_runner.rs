//! The step runner: a small process of its own session between the agent and a script. It outlives the agent.
//!
//! It is told everything by files in its step's directory, and tells everything by files:
//! `spec.json` (what to run), `_script.sh`, `pid` (its own, once it lives), `exit` (a block that is reserved before the script
//! begins, so that the end is kept even on a full disk), and the job's `spool` one level up. One byte on standard output is the
//! doorbell: "look again". SIGTERM means cancel.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use pilothouse_protocol::chunk::MAX_CHUNK;
use pilothouse_protocol::{Chunk, Payload, Stream};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

use crate::clock;
use crate::spool::{record, scan};

/// Bytes reserved for the end of a step.
const EXIT_BLOCK: usize = 512;
/// After TERM, this long until KILL.
const GRACE: Duration = Duration::from_secs(2);
/// After the script's end, a background child that holds its output open is listened to for this long.
const LINGER: Duration = Duration::from_millis(300);
/// A hole grows by at most this many bytes before it is written down.
const HOLE: u64 = 1024 * 1024;

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
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By itself.
    Exited,
    /// Killed for its time.
    TimedOut,
    /// Killed on request.
    Cancelled,
    /// It could not be started.
    NotStarted,
}

/// The end of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// How.
    pub how: How,
    /// Exit code; 128 + signal when it was killed.
    pub code: i32,
    /// End of the job's output, holes included.
    pub output_end: u64,
    /// Bytes at that end which are not in the spool, as the disk was full.
    pub lost: u64,
    /// Why it could not be started; empty otherwise.
    pub message: String,
}

/// The end of the step in `dir`, if it has ended.
#[must_use]
pub fn exit_of(dir: &Path) -> Option<Exit> {
    let bytes = fs::read(dir.join("exit")).ok()?;
    let text: Vec<u8> = bytes.into_iter().take_while(|byte| *byte != 0).collect();
    serde_json::from_slice(&text).ok()
}

/// The main function of the hidden verb `step-runner DIR`.
#[must_use]
pub fn main(dir: &Path) -> ExitCode {
    // A session of its own: signals to the agent's terminal or group do not reach the script.
    let _ = rustix::process::setsid();
    let done = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|rt| rt.block_on(run(dir)));
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(dir: &Path) -> io::Result<()> {
    let block = File::options().create(true).truncate(false).write(true).mode(0o600).open(dir.join("exit"))?;
    block.write_all_at(&[0; EXIT_BLOCK], 0)?;
    block.sync_all()?;
    fs::write(dir.join("pid"), std::process::id().to_string())?;
    let doorbell = Doorbell::new();
    doorbell.ring();
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let spec: Spec = serde_json::from_slice(&fs::read(dir.join("spec.json"))?)?;
    let mut spool = SpoolWriter::open(&dir.join("../spool"), &spec)?;
    let (how, code, message) = match start(dir, &spec) {
        Ok(child) => {
            let (how, code) = watch(child, &spec, &mut spool, &doorbell, &mut term).await;
            (how, code, String::new())
        }
        Err(message) => (How::NotStarted, -1, message),
    };
    spool.close();
    let exit = Exit { how, code, output_end: spool.end, lost: spool.lost_bytes, message: message.chars().take(200).collect() };
    let mut text = serde_json::to_vec(&exit)?;
    text.resize(EXIT_BLOCK.max(text.len()), 0);
    block.write_all_at(&text, 0)?;
    block.sync_data()?;
    doorbell.ring();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "starting the script is what the step runner is for")]
fn start(dir: &Path, spec: &Spec) -> Result<tokio::process::Child, String> {
    let mut command = tokio::process::Command::new("/bin/sh");
    command.arg(dir.join("_script.sh")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.envs(spec.env.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &spec.working_directory {
        if !directory.is_dir() {
            return Err(format!("the working directory {} does not exist on this node", directory.display()));
        }
        command.current_dir(directory);
    }
    command.spawn().map_err(|error| format!("/bin/sh could not be started: {error}"))
}

type Piece = (Stream, Vec<u8>);

async fn watch(
    mut child: tokio::process::Child,
    spec: &Spec,
    spool: &mut SpoolWriter,
    doorbell: &Doorbell,
    term: &mut tokio::signal::unix::Signal,
) -> (How, i32) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let (sender, mut pieces) = mpsc::channel(16);
    let readers = [
        child.stdout.take().map(|out| tokio::spawn(read(out, Stream::Stdout, sender.clone()))),
        child.stderr.take().map(|err| tokio::spawn(read(err, Stream::Stderr, sender.clone()))),
    ];
    drop(sender);
    let mut how = How::Exited;
    let deadline = tokio::time::sleep(Duration::from_secs(spec.timeout_seconds));
    let kill = tokio::time::sleep(Duration::MAX / 4);
    tokio::pin!(deadline, kill);
    let mut end = None;
    let mut open = true;
    while end.is_none() || open {
        tokio::select! {
            biased;
            piece = pieces.recv(), if open => match piece {
                Some((stream, bytes)) => {
                    spool.append(stream, bytes);
                    doorbell.ring();
                }
                None => open = false,
            },
            status = child.wait(), if end.is_none() => {
                end = Some(status.map_or(-1, code_of));
                kill.as_mut().reset(tokio::time::Instant::now() + LINGER);
            }
            _ = term.recv(), if how == How::Exited && end.is_none() => {
                how = How::Cancelled;
                signal(group, Signal::TERM);
                kill.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
            () = &mut deadline, if how == How::Exited && end.is_none() => {
                how = How::TimedOut;
                signal(group, Signal::TERM);
                kill.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
            () = &mut kill => {
                if end.is_some() {
                    // A background child holds the pipes: the step is over all the same.
                    open = false;
                } else {
                    signal(group, Signal::KILL);
                    kill.as_mut().reset(tokio::time::Instant::now() + GRACE);
                }
            }
        }
    }
    if how != How::Exited {
        // Whatever ignored TERM, or outlived its parent, goes too.
        signal(group, Signal::KILL);
    }
    for reader in readers.into_iter().flatten() {
        reader.abort();
    }
    (how, if how == How::Exited { end.unwrap_or(-1) } else { 137 })
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // The group may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

async fn read(mut from: impl AsyncRead + Unpin, stream: Stream, to: mpsc::Sender<Piece>) {
    loop {
        let mut bytes = vec![0; MAX_CHUNK];
        match from.read(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(n) => bytes.truncate(n),
        }
        if to.send((stream, bytes)).await.is_err() {
            return;
        }
    }
}

/// Standard output as a doorbell: never blocks, never fails.
struct Doorbell;

impl Doorbell {
    fn new() -> Self {
        let _ = rustix::fs::fcntl_setfl(rustix::stdio::stdout(), rustix::fs::OFlags::NONBLOCK);
        Self
    }

    #[expect(clippy::unused_self, reason = "the doorbell must have been set up")]
    fn ring(&self) {
        let _ = rustix::io::write(rustix::stdio::stdout(), b"\n");
    }
}

/// Appends to the job's spool, within its bound, and accounts for what does not fit.
struct SpoolWriter {
    file: File,
    step: u16,
    length: u64,
    limit: u64,
    end: u64,
    hole: Option<(Stream, u64, u64)>,
    lost_bytes: u64,
}

impl SpoolWriter {
    fn open(path: &Path, spec: &Spec) -> io::Result<Self> {
        let (end, length) = scan(path)?;
        let mut file = File::options().create(true).truncate(false).write(true).mode(0o600).open(path)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        let hole = (spec.carry_lost > 0).then_some((Stream::Agent, spec.carry_lost, 0));
        Ok(Self { file, step: spec.step, length, limit: spec.spool_bytes, end, hole, lost_bytes: spec.carry_lost })
    }

    fn append(&mut self, stream: Stream, bytes: Vec<u8>) {
        if self.length < self.limit {
            if !self.close() {
                self.widen(stream, &bytes);
                return;
            }
            let chunk = self.chunk(stream, Payload::Data(bytes));
            if !self.write(&chunk)
                && let Payload::Data(bytes) = chunk.payload
            {
                self.widen(stream, &bytes);
            }
        } else {
            self.widen(stream, &bytes);
            if self.hole.is_some_and(|(_, bytes, _)| bytes >= HOLE) {
                self.close();
            }
        }
    }

    fn chunk(&self, stream: Stream, payload: Payload) -> Chunk {
        Chunk { offset: self.end, step: self.step, stream, at: clock::now(), payload }
    }

    fn widen(&mut self, stream: Stream, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let (_, so_far, lines_so_far) = self.hole.unwrap_or((stream, 0, 0));
        self.hole = Some((stream, so_far + bytes.len() as u64, lines_so_far + lines));
        self.lost_bytes = so_far + bytes.len() as u64;
    }

    /// Writes an open hole down; `false` when the disk does not even take that, and it stays open.
    fn close(&mut self) -> bool {
        let Some((stream, bytes, lines)) = self.hole else { return true };
        let chunk = self.chunk(stream, Payload::Dropped { bytes, lines });
        let written = self.write(&chunk);
        if written {
            self.hole = None;
            self.lost_bytes = 0;
        }
        written
    }

    fn write(&mut self, chunk: &Chunk) -> bool {
        let bytes = record(chunk);
        if self.file.write_all(&bytes).is_err() {
            // What was half written is no record; take it back.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return false;
        }
        self.length += bytes.len() as u64;
        self.end = chunk.end();
        true
    }
}

/// Arguments that start the step runner of a program whose hidden verb is `step-runner`.
///
/// # Errors
/// When the program does not know its own path.
pub fn command_of_this_program() -> io::Result<Vec<OsString>> {
    Ok(vec![std::env::current_exe()?.into_os_string(), OsString::from("step-runner")])
}
