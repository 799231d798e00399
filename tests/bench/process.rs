//! Programs that the bench starts and ends, and what they cost.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context;

/// A program that is ended with this value.
pub struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// A program of this workspace, which is beside the bench.
pub fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(
        path.exists(),
        "{} is not there: cargo build --release --workspace makes it",
        path.display()
    );
    Ok(path)
}

/// Raises the limit of open files for this program and those it starts, as far as the machine allows.
pub fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

impl Program {
    /// Starts a program; what it logs is thrown away.
    pub fn start<A: AsRef<OsStr>>(
        path: &PathBuf,
        arguments: &[A],
        env: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
        let mut child = Command::new(path)
            .args(arguments)
            .envs(env.iter().copied())
            .env("PILOTHOUSE_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("{} cannot be started", path.display()))?;
        let stdout = BufReader::new(child.stdout.take().context("a program without stdout")?);
        Ok(Self { child, stdout })
    }

    /// The next line of its output that `wanted` finds something in.
    pub fn wait_for<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let mut line = String::new();
        loop {
            line.clear();
            anyhow::ensure!(
                self.stdout.read_line(&mut line)? > 0,
                "the program ended before it said what was waited for"
            );
            if let Some(found) = wanted(line.trim_end()) {
                return Ok(found);
            }
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended, and well.
    pub fn ends_well(mut self) -> anyhow::Result<()> {
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "a program of the bench ended with {status}");
        Ok(())
    }

    /// Kills it without a word.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Resident memory in bytes.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmRSS:")
}

/// The most memory in bytes that was resident at a time since [`forget_peak`].
pub fn peak(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmHWM:")
}

/// Lets [`peak`] begin anew.
pub fn forget_peak(pid: u32) -> anyhow::Result<()> {
    Ok(std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

fn memory(pid: u32, what: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = text.lines().find_map(|line| line.strip_prefix(what)).context("no such figure of memory")?;
    Ok(kib.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// How often all of its threads have gone to sleep.
pub fn naps(pid: u32) -> anyhow::Result<u64> {
    let mut total = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        let naps = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        total += naps.and_then(|naps| naps.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total)
}

/// CPU time that those whom it has started and seen end have used, in nanoseconds, by hundredths of a second.
pub fn ended_cpu(pid: u32) -> anyhow::Result<u64> {
    const TICK: u64 = 10_000_000;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Behind the name, which may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("no name")?;
    let ticks = rest.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap_or(0));
    Ok(ticks.sum::<u64>() * TICK)
}

/// CPU time that a process and all that it has started have used, in nanoseconds.
pub fn family_cpu(pid: u32) -> anyhow::Result<u64> {
    let mut family = vec![pid];
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // Behind the name, which may hold anything, stand the state and the parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parents.extend(parent.map(|parent: u32| (parent, child)));
    }
    let (mut at, mut total) = (0, 0);
    while let Some(pid) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(parent, _)| *parent == pid).map(|(_, child)| *child));
        total += cpu(pid).unwrap_or(0);
        at += 1;
    }
    Ok(total)
}

/// CPU time that all of its threads have used, in nanoseconds.
pub fn cpu(pid: u32) -> anyhow::Result<u64> {
    let mut total = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        total += text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total)
}
