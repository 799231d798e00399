//! Programs that are not of ours, each started anew on a free port, with its data in a folder of its own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A program that is not of ours; it ends with this value.
pub struct Other {
    child: Child,
    dir: TempDir,
}

impl Other {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its folder.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        // Asked, so that it takes its workers along.
        let _ = pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago: these programs cannot choose one themselves and tell.
pub fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Starts it and waits until something listens.
pub async fn start(program: &str, arguments: &[&str], dir: TempDir, address: &str) -> anyhow::Result<Other> {
    #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
    let child = Command::new(program)
        .args(arguments)
        .env("HOME", dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} cannot be started"))?;
    let mut other = Other { child, dir };
    let began = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        anyhow::ensure!(other.child.try_wait()?.is_none(), "{program} ended at once");
        anyhow::ensure!(began.elapsed() < Duration::from_secs(30), "{program} does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(other)
}
