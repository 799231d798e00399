//! One script: started in a process group of its own, listened to, and stopped with all that it started.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use pilothouse_protocol::Stream;
use pilothouse_protocol::chunk::MAX_CHUNK;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::intake::Intake;
use super::tree::{Toll, Tree, bury_orphans};
use super::{How, LEADER, Spec};

/// After TERM, this long until KILL.
const GRACE: Duration = Duration::from_secs(2);
/// Processes that not even KILL ends (they wait for a dead disk) are given up after so many attempts.
const ATTEMPTS: u32 = 5;
/// After the script's end, a background child that holds its output open is listened to until it is silent for this long..
const LINGER: Duration = Duration::from_millis(300);
/// .. and no longer than this.
const LONGEST_LINGER: Duration = Duration::from_secs(5);
/// Orphans that ended are taken note of by so much later, many at a time.
const BURIAL: Duration = Duration::from_secs(1);
/// Attempts to start a script while another process, which is just being started, still has its file open.
const BUSY: u32 = 20;

/// Starts the script: by the interpreter that it is for or names in its first line, or by `/bin/sh`.
///
/// # Errors
/// For people: why not.
pub(super) async fn start(dir: &Path, spec: &Spec) -> Result<Child, String> {
    let file = dir.join(spec.script_name());
    let begins = std::fs::read(&file).map_err(|error| format!("the script cannot be read: {error}"))?;
    let names_interpreter = begins.starts_with(b"#!");
    if let Some(directory) = spec.working_directory.as_deref().filter(|directory| !directory.is_dir()) {
        return Err(format!("the working directory {} does not exist on this node", directory.display()));
    }
    for attempt in 1.. {
        match spawn(&file, names_interpreter, spec) {
            Ok(child) => {
                // For who wants to see it; it runs without that.
                let leader = child.id().unwrap_or_default().to_string();
                let _ = std::fs::write(dir.join(LEADER), leader);
                return Ok(child);
            }
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy && attempt < BUSY => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) if let Some(it) = &spec.interpreter => {
                return Err(format!("{} could not be started: {error}", it.program.display()));
            }
            Err(error) if names_interpreter => {
                let line = String::from_utf8_lossy(&begins).lines().next().unwrap_or_default().to_owned();
                return Err(format!("the script could not be started by its first line, {line:?}: {error}"));
            }
            Err(error) => return Err(format!("/bin/sh could not be started: {error}")),
        }
    }
    Err(String::from("the script could not be started"))
}

#[expect(clippy::disallowed_methods, reason = "starting the script is what the step runner is for")]
fn spawn(file: &Path, names_interpreter: bool, spec: &Spec) -> std::io::Result<Child> {
    let mut command = match &spec.interpreter {
        Some(interpreter) => Command::new(&interpreter.program),
        None if names_interpreter => Command::new(file),
        None => Command::new("/bin/sh"),
    };
    if let Some(interpreter) = &spec.interpreter {
        command.args(&interpreter.arguments).arg(file);
    } else if !names_interpreter {
        command.arg(file);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    // What the agent was told in confidence is not the script's.
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PILOTHOUSE_"))
    {
        command.env_remove(name);
    }
    command.envs(spec.env.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &spec.working_directory {
        command.current_dir(directory);
    }
    command.spawn()
}

/// Where a script stands.
struct Watch {
    how: How,
    code: Option<i32>,
    /// TERM was sent: KILL follows then, and again.
    kill_at: Option<Instant>,
    attempts: u32,
    /// It ended by itself: its pipes are listened to until then, and at most until the second.
    drain_until: Option<(Instant, Instant)>,
    /// There may be more output.
    are_open: bool,
}

type Piece = (Stream, Vec<u8>);

/// Listens to a script until it is over. Gives how it ended, its exit code, and whom that took if it was not by itself.
pub(super) async fn watch(
    mut child: Child,
    spec: &Spec,
    intake: &mut Intake,
    term: &mut Signal,
) -> (How, i32, Toll) {
    let leader = child.id();
    let mut tree = Tree::of(leader);
    let mut orphans = signal(SignalKind::child()).ok();
    let mut bury_at = None;
    let mut pieces = listen(&mut child);
    let mut deadline = Box::pin(tokio::time::sleep(Duration::from_secs(spec.timeout_seconds)));
    let mut watch = Watch::begun();
    while !watch.is_over() {
        tokio::select! {
            _ = term.recv(), if watch.can_be_stopped() => watch.stop(How::Cancelled, &mut tree),
            () = &mut deadline, if watch.can_be_stopped() => watch.stop(How::TimedOut, &mut tree),
            status = child.wait(), if watch.code.is_none() => watch.ended(status.map_or(-1, code_of)),
            piece = pieces.recv(), if watch.are_open && intake.is_open() => watch.heard(piece, intake),
            () = at(intake.due()) => {
                intake.flush();
                watch.linger();
            }
            () = at(watch.kill_at) => watch.kill(&mut tree),
            () = ended(&mut orphans), if bury_at.is_none() => bury_at = Some(Instant::now() + BURIAL),
            () = at(bury_at) => {
                bury_at = None;
                bury_orphans(leader);
            }
            () = at(watch.drain_until.map(|(until, _)| until)), if intake.is_open() => watch.are_open = false,
        }
    }
    if watch.how == How::Exited {
        return (How::Exited, watch.code.unwrap_or(-1), Toll::default());
    }
    // What closed its pipes and lives on goes too, with the same grace.
    let toll = tree.end(watch.kill_at.unwrap_or_else(Instant::now)).await;
    (watch.how, 137, toll)
}

/// Reads both pipes, in pieces; the channel closes with the last of them, and they with the channel.
fn listen(child: &mut Child) -> mpsc::Receiver<Piece> {
    let (sender, pieces) = mpsc::channel(4);
    if let Some(out) = child.stdout.take() {
        tokio::spawn(read(out, Stream::Stdout, sender.clone()));
    }
    if let Some(err) = child.stderr.take() {
        tokio::spawn(read(err, Stream::Stderr, sender));
    }
    pieces
}

/// A child of this process ended.
async fn ended(children: &mut Option<Signal>) {
    match children {
        Some(children) => {
            children.recv().await;
        }
        None => std::future::pending().await,
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

impl Watch {
    /// It has begun.
    const fn begun() -> Self {
        Self { how: How::Exited, code: None, kill_at: None, attempts: 0, drain_until: None, are_open: true }
    }

    fn is_over(&self) -> bool {
        (self.code.is_some() && !self.are_open) || self.attempts >= ATTEMPTS
    }

    fn can_be_stopped(&self) -> bool {
        self.how == How::Exited && self.code.is_none()
    }

    fn stop(&mut self, how: How, tree: &mut Tree) {
        self.how = how;
        tree.ask_to_end();
        self.kill_at = Some(Instant::now() + GRACE);
    }

    fn kill(&mut self, tree: &mut Tree) {
        tree.kill();
        self.attempts += 1;
        self.kill_at = Some(Instant::now() + GRACE);
    }

    fn ended(&mut self, code: i32) {
        self.code = Some(code);
        if self.how == How::Exited {
            let now = Instant::now();
            self.drain_until = Some((now + LINGER, now + LONGEST_LINGER));
        }
    }

    fn heard(&mut self, piece: Option<Piece>, intake: &mut Intake) {
        match piece {
            Some((stream, bytes)) => intake.take(stream, bytes),
            None => self.are_open = false,
        }
        self.linger();
    }

    fn linger(&mut self) {
        if let Some((until, last)) = &mut self.drain_until {
            *until = (Instant::now() + LINGER).min(*last);
        }
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
