//! Trying a new agent out: it runs as the agent it is to be, beside the program that waits for it, until the server let it in.
//!
//! The old agent has ended by then (this process was started anew for it), so there is one agent at a time. What runs meanwhile
//! is left to step runners, and found by the new agent as by any other start. If it ends, is not let in in time, or says another
//! version than it should, it is stopped and forgotten; the old agent goes on, and its update's step says why.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::host::program::{Program, Stage, Update, VERSION};

/// The flag that a program which is tried out is started with.
pub const FLAG: &str = "--trial";
/// Between two looks at one that is tried out.
const LOOK: Duration = Duration::from_millis(100);
/// How long it may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is to be done when a process starts.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    /// Be an agent.
    Agent,
    /// The new program was proven and is in place: be that one.
    Anew,
    /// Nothing: it was asked to stop.
    Stop,
}

/// Looks at the start of a process whether a new program is to be tried out, and does so.
///
/// # Errors
/// For people: when how far it is cannot be read or written.
pub async fn begin(
    program: &Program,
    patience: Duration,
    stop: &mut watch::Receiver<bool>,
) -> Result<Start, String> {
    let Some(update) = program.update()? else { return Ok(Start::Agent) };
    match &update.stage {
        Stage::Staged => try_out(program, update, patience, stop).await,
        // The old program was in the middle of it. If this is the new one, its place was the last thing to be changed.
        Stage::Trying if update.to == VERSION => settle(program, update, Stage::Swapped),
        Stage::Trying => {
            let why = "the agent was stopped while the new one was being tried out";
            fail(program, update, why)
        }
        Stage::Swapped | Stage::Settled | Stage::Failed(_) => Ok(Start::Agent),
    }
}

fn settle(program: &Program, update: Update, stage: Stage) -> Result<Start, String> {
    program.write(&Update { stage, ..update })?;
    Ok(Start::Agent)
}

fn fail(program: &Program, update: Update, why: &str) -> Result<Start, String> {
    let Update { from, to, .. } = &update;
    tracing::error!(from, to, why, "the agent was not updated");
    let failed = format!("the agent was not updated to {to}: {why}; {from} goes on");
    program.unstage();
    settle(program, update, Stage::Failed(failed))
}

async fn try_out(
    program: &Program,
    update: Update,
    patience: Duration,
    stop: &mut watch::Receiver<bool>,
) -> Result<Start, String> {
    let update = Update { stage: Stage::Trying, ..update };
    program.write(&update)?;
    let _ = fs::remove_file(program.proof());
    tracing::info!(from = update.from, to = update.to, "a new agent is tried out");
    let mut child = match spawn(program) {
        Ok(child) => child,
        Err(error) => return fail(program, update, &format!("it could not be started: {error}")),
    };
    let judged = tokio::select! {
        judged = judge(program, &update, &mut child, patience) => judged,
        _ = stop.wait_for(|is| *is) => {
            end(&mut child).await;
            fail(program, update, "the agent was stopped while the new one was being tried out")?;
            return Ok(Start::Stop);
        }
    };
    end(&mut child).await;
    let _ = fs::remove_file(program.proof());
    match judged {
        Err(why) => fail(program, update, &why),
        Ok(()) => match program.swap() {
            Err(error) => fail(program, update, &format!("it could not take the old one's place: {error}")),
            Ok(()) => {
                settle(program, update, Stage::Swapped)?;
                Ok(Start::Anew)
            }
        },
    }
}

/// Waits until it is proven, or can not be any more.
async fn judge(
    program: &Program,
    update: &Update,
    child: &mut Child,
    patience: Duration,
) -> Result<(), String> {
    let until = Instant::now() + patience;
    loop {
        if let Ok(version) = fs::read_to_string(program.proof()) {
            let (said, to) = (version.trim(), &update.to);
            return if said == to { Ok(()) } else { Err(format!("it says that it is {said:?}, not {to}")) };
        }
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => return Err(format!("it ended ({status}) before the server let it in")),
            Err(error) => return Err(format!("it cannot be watched: {error}")),
        }
        if Instant::now() >= until {
            return Err(format!("the server did not let it in within {} s", patience.as_secs()));
        }
        sleep(LOOK).await;
    }
}

/// The same arguments as this process has, and the flag.
fn arguments() -> Vec<OsString> {
    std::env::args_os().skip(1).filter(|argument| argument != FLAG).collect()
}

#[expect(clippy::disallowed_methods, reason = "the agent starts another version of itself")]
fn spawn(program: &Program) -> std::io::Result<Child> {
    Command::new(program.staged()).args(arguments()).arg(FLAG).kill_on_drop(true).spawn()
}

/// Stops it as a service manager would.
async fn end(child: &mut Child) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(PATIENCE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Becomes the program at its path, with the same arguments, process id and files that are kept open. Gives only an error.
#[must_use]
pub fn become_anew(program: &Program) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    #[expect(clippy::disallowed_methods, reason = "the agent becomes another version of itself")]
    let mut command = std::process::Command::new(program.path());
    command.args(arguments()).exec()
}

/// The new program, which was proven, cannot be started from its place: the old one gets it back and goes on.
///
/// # Errors
/// For people: when that cannot be.
pub fn go_back(program: &Program, error: &std::io::Error) -> Result<(), String> {
    fs::rename(program.previous(), program.path()).map_err(|why| why.to_string())?;
    match program.update()? {
        Some(update) => {
            fail(program, update, &format!("it could not be started from its place: {error}")).map(drop)
        }
        None => Ok(()),
    }
}

/// Children of the program that this process was before: step runners, which nobody else would bury. To be called before this one
/// has any of its own.
#[must_use]
pub fn inherited() -> Vec<Pid> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids =
        lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>());
    pids.filter_map(Pid::from_raw).collect()
}

/// Buries them when they end; what they have to say stands in their files.
pub async fn bury(mut children: Vec<Pid>) {
    while !children.is_empty() {
        children.retain(|child| matches!(waitpid(Some(*child), WaitOptions::NOHANG), Ok(None)));
        sleep(LOOK * 10).await;
    }
}

/// One that is tried out goes when the program that tries it goes.
pub fn go_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
}
