//! This machine.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_document::Platform;
use pilothouse_protocol::Facts;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use super::{Host, Place, Process, Script};
use crate::step_runner::{Exit, Spec, exit_of};

/// How often an adopted process, which has no doorbell any more, is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long a step runner may take to show itself.
const PATIENCE: u32 = 30;

/// This machine.
#[derive(Debug)]
pub struct Machine {
    step_runner: Vec<OsString>,
    spool_bytes: u64,
}

impl Machine {
    /// A machine whose step runner is started by these arguments, and whose jobs may each spool so many bytes.
    #[must_use]
    pub fn new(step_runner: Vec<OsString>, spool_bytes: u64) -> Self {
        Self { step_runner, spool_bytes }
    }
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned()
}

/// A value of `/etc/os-release`.
fn os_release(name: &str) -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_default().trim_matches('"').to_owned()
}

/// The first address that is not loopback.
fn address() -> String {
    let networks = sysinfo::Networks::new_with_refreshed_list().ok();
    let mut all: Vec<_> = networks
        .iter()
        .flat_map(|networks| networks.values())
        .flat_map(|data| data.ip_networks().iter().map(|network| network.addr))
        .filter(|address| !address.is_loopback() && !address.is_unspecified())
        .collect();
    all.sort_by_key(|address| (address.is_ipv6(), address.to_string()));
    all.first().map_or_else(|| String::from("127.0.0.1"), ToString::to_string)
}

fn memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[async_trait]
impl Host for Machine {
    fn facts(&self) -> Facts {
        let uname = rustix::system::uname();
        Facts {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: Some(match self.platform() {
                Platform::Linux => pilothouse_protocol::Platform::Linux,
                Platform::MacOS => pilothouse_protocol::Platform::MacOS,
                Platform::Windows => pilothouse_protocol::Platform::Windows,
            }),
            platform_name: Some(os_release("NAME")).filter(|n| !n.is_empty()).unwrap_or_else(|| std::env::consts::OS.into()),
            platform_version: os_release("VERSION_ID"),
            architecture: std::env::consts::ARCH.to_owned(),
            computer_name: uname.nodename().to_string_lossy().into_owned(),
            ip_address: address(),
            kernel: uname.release().to_string_lossy().into_owned(),
            boot_id: first_line("/proc/sys/kernel/random/boot_id"),
            cpus: std::thread::available_parallelism().map_or(0, |n| u32::try_from(n.get()).unwrap_or(0)),
            memory_bytes: memory(),
            tags: std::collections::BTreeMap::new(),
        }
    }

    fn platform(&self) -> Platform {
        if cfg!(target_os = "macos") { Platform::MacOS } else { Platform::Linux }
    }

    async fn start(&self, place: &Place, script: &Script) -> Result<Box<dyn Process>, String> {
        prepare(place, script, self.spool_bytes).map_err(|error| format!("the step's files cannot be written: {error}"))?;
        let (program, arguments) = self.step_runner.split_first().ok_or("no step runner is set up")?;
        let mut child = spawn(program, arguments, &place.dir)
            .map_err(|error| format!("the step runner {} could not be started: {error}", program.display()))?;
        let pid = child.id();
        let doorbell = child.stdout.take();
        // Reaps the step runner; its end is read from its files.
        tokio::spawn(async move { child.wait().await });
        Ok(Box::new(Runner { dir: place.dir.clone(), pid, start: pid.and_then(start_of), doorbell, gone: 0 }))
    }

    async fn adopt(&self, place: &Place) -> Option<Box<dyn Process>> {
        for _ in 0..PATIENCE {
            if exit_of(&place.dir).is_some() {
                break;
            }
            let pid = fs::read_to_string(place.dir.join("pid")).ok().and_then(|text| text.trim().parse().ok());
            if let Some(pid) = pid {
                if !is_runner_of(pid, &place.dir) {
                    // It may have written its end between the two looks.
                    exit_of(&place.dir)?;
                }
                return Some(Box::new(Runner { dir: place.dir.clone(), pid: Some(pid), start: start_of(pid), doorbell: None, gone: 0 }));
            }
            // Started just before the agent went down: it shows itself within milliseconds.
            tokio::time::sleep(POLL).await;
        }
        exit_of(&place.dir)?;
        Some(Box::new(Runner { dir: place.dir.clone(), pid: None, start: None, doorbell: None, gone: 0 }))
    }
}

fn prepare(place: &Place, script: &Script, spool_bytes: u64) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&place.dir)?;
    let spec = Spec {
        step: place.step,
        working_directory: script.working_directory.clone(),
        timeout_seconds: script.timeout.as_secs(),
        env: script.env.clone(),
        spool_bytes,
        carry_lost: place.carry_lost,
    };
    for (name, text) in [("spec.json", serde_json::to_vec(&spec)?), ("_script.sh", script.text.clone().into_bytes())] {
        let mut file = fs::File::options().create(true).truncate(true).write(true).mode(0o700).open(place.dir.join(name))?;
        file.write_all(&text)?;
    }
    Ok(())
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

/// When a process began, in clock ticks since boot: tells it from a later one with the same id.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name, in parentheses, may hold anything.
    stat.rsplit(')').next()?.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether a process is the step runner of `dir`: ids are given anew after a reboot.
fn is_runner_of(pid: u32, dir: &Path) -> bool {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => line.split(|byte| *byte == 0).any(|argument| argument == dir.as_os_str().as_encoded_bytes()),
        Err(_) => cfg!(not(target_os = "linux")) && pid_of(pid).is_some_and(|pid| test_kill_process(pid).is_ok()),
    }
}

fn pid_of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

struct Runner {
    dir: std::path::PathBuf,
    pid: Option<u32>,
    start: Option<String>,
    doorbell: Option<ChildStdout>,
    gone: u32,
}

impl Runner {
    fn is_alive(&self) -> bool {
        self.pid.is_some_and(|pid| start_of(pid).is_some_and(|start| Some(start) == self.start))
    }
}

#[async_trait]
impl Process for Runner {
    fn pid(&self) -> Option<u32> {
        self.pid
    }

    async fn changed(&mut self) {
        let mut rings = [0; 256];
        if let Some(doorbell) = &mut self.doorbell {
            match doorbell.read(&mut rings).await {
                Ok(n) if n > 0 => return,
                // The other end is closed: the step runner is going.
                _ => self.doorbell = None,
            }
        } else {
            tokio::time::sleep(POLL).await;
        }
        if !self.is_alive() {
            self.gone += 1;
        }
    }

    fn ended(&mut self) -> Option<Exit> {
        let exit = exit_of(&self.dir);
        if exit.is_some() || self.gone < 2 {
            return exit;
        }
        let (end, _) = crate::spool::scan(&self.dir.join("../spool")).unwrap_or_default();
        Some(super::not_started(
            String::from("the step runner was killed before the script ended (out of memory, or a reboot): how far it got is not known"),
            end,
        ))
    }

    fn cancel(&mut self) {
        if let Some(pid) = self.pid.filter(|_| self.is_alive()).and_then(pid_of) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}
