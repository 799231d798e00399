//! What others run commands on many machines with: pdsh over ssh, to a loopback sshd under as many addresses as there are nodes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::figure::tell;
use crate::others::{self, Other, free_address};
use crate::process::{cpu, ended_cpu};

/// An sshd, and the key that it lets in.
pub struct Ssh {
    server: Other,
    port: String,
    nodes: usize,
}

/// Whether connections are kept from one command to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Warmth {
    /// Every command connects anew.
    Cold,
    /// ControlMaster: the connections are there.
    Warm,
}

/// One command on all nodes.
pub struct Spent {
    /// Until it was over.
    pub took: Duration,
    /// CPU of both ends, in nanoseconds.
    pub cpu: u64,
    /// Lines that it printed.
    pub lines: u64,
}

impl Ssh {
    /// Starts it; `None` where sshd, ssh or pdsh is not installed.
    pub async fn start(nodes: usize) -> anyhow::Result<Option<Self>> {
        match Self::started(nodes).await {
            Ok(ssh) => Ok(Some(ssh)),
            Err(error) => {
                tell(&format!("without pdsh over ssh: {error:#}"));
                Ok(None)
            }
        }
    }

    async fn started(nodes: usize) -> anyhow::Result<Self> {
        let (dir, address) = (tempfile::tempdir()?, free_address()?);
        let port = address.rsplit(':').next().context("an address without a port")?.to_owned();
        let path = |name: &str| dir.path().join(name).display().to_string();
        for key in ["host", "key"] {
            program("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &path(key)])?;
        }
        program("pdsh", &["-V"])?;
        // sshd wants it, and init makes it where it runs.
        let _ = std::fs::create_dir_all("/run/sshd");
        let config = format!(
            "Port {port}\nListenAddress 0.0.0.0\nHostKey {host}\nAuthorizedKeysFile {keys}\nStrictModes no\nUsePAM no\n\
             PermitRootLogin prohibit-password\nMaxStartups 10000\nMaxSessions 1000\nPidFile none\nSetEnv HOME={home}\n",
            // What somebody's shell reads at its start is not ssh's.
            home = dir.path().display(),
            host = path("host"),
            keys = path("key.pub"),
        );
        std::fs::write(path("config"), config)?;
        let file = path("config");
        let server = others::start("/usr/sbin/sshd", &["-D", "-f", &file], dir, &address).await?;
        Ok(Self { server, port, nodes })
    }

    /// Runs a script on all nodes by pdsh, as many at a time as there are nodes.
    pub fn run(&self, script: &str, warmth: Warmth) -> anyhow::Result<Spent> {
        let dir = self.server.dir();
        let mut ssh = format!(
            "-p {port} -i {key} -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            port = self.port,
            key = dir.join("key").display(),
        );
        if warmth == Warmth::Warm {
            let path = dir.join("%h");
            ssh += &format!(" -o ControlMaster=auto -o ControlPersist=600 -o ControlPath={}", path.display());
        }
        let hosts = (0..self.nodes).map(|n| format!("127.0.{}.{}", 1 + n / 250, 1 + n % 250));
        let hosts = hosts.collect::<Vec<_>>().join(",");
        let me = std::process::id();
        let spent = || {
            Ok::<_, anyhow::Error>(ended_cpu(me)? + cpu(self.server.pid())? + ended_cpu(self.server.pid())?)
        };
        let (began, before) = (Instant::now(), spent()?);
        #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
        let done = Command::new("pdsh")
            .args(["-R", "ssh", "-f", &self.nodes.to_string(), "-w", &hosts, script])
            .env("PDSH_SSH_ARGS_APPEND", ssh)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("pdsh cannot be started")?;
        let took = began.elapsed();
        anyhow::ensure!(done.status.success(), "pdsh ended with {}", done.status);
        let lines = done.stdout.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(Spent { took, cpu: spent()?.saturating_sub(before), lines })
    }

    /// Ends the connections that were kept.
    pub fn cool(&self) {
        let sockets = std::fs::read_dir(self.server.dir()).into_iter().flatten().flatten();
        for socket in sockets.filter(|it| it.file_name().to_string_lossy().starts_with("127.")) {
            let path = socket.path().display().to_string();
            let _ = program(
                "ssh",
                &["-O", "exit", "-o", &format!("ControlPath={path}"), "-F", "/dev/null", "any"],
            );
        }
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        self.cool();
    }
}

/// Runs a program to its end, which must be a good one.
fn program(name: &str, arguments: &[&str]) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
    let done = Command::new(name)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    anyhow::ensure!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}
