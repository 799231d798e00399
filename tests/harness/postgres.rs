//! A PostgreSQL of our own: made in a temporary folder from the binaries that the machine has, reached by a socket there, ended
//! with the test process, however that ends.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::wait;

/// A running cluster.
pub struct Postgres {
    bin: PathBuf,
    dir: TempDir,
    user: Option<(u32, u32)>,
    // Ends the server when this process lets go of its input.
    _keeper: Child,
}

/// The cluster of this test process, or why there is none. It is started by the first who asks.
pub fn cluster() -> Result<&'static Postgres, &'static str> {
    static CLUSTER: OnceLock<Result<Postgres, String>> = OnceLock::new();
    let started = CLUSTER.get_or_init(|| match binaries() {
        None => Err("initdb and postgres are neither in PATH nor in /usr/lib/postgresql/*/bin".to_owned()),
        // That it is there and does not start is no reason to skip.
        Some(bin) => {
            Ok(Postgres::start(bin).unwrap_or_else(|error| panic!("PostgreSQL does not start: {error:#}")))
        }
    });
    started.as_ref().map_err(String::as_str)
}

/// The newest installed server's folder of programs.
fn binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| it.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|it| it.join("initdb").exists() && it.join("postgres").exists())
}

/// PostgreSQL refuses to run as root: whom to run it as instead.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map_while(|id| id.parse().ok());
        Some((ids.next()?, ids.next()?))
    };
    let user = find("postgres").or_else(|| find("nobody"));
    Ok(Some(user.context("this is root, and there is no user postgres or nobody to run PostgreSQL as")?))
}

impl Postgres {
    fn start(bin: PathBuf) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("pilothouse-postgres-").tempdir()?;
        let user = other_user()?;
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid))?;
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700))?;
        }
        let data = dir.path().join("data");
        let made = program(user, &bin.join("initdb"), dir.path())
            .args([
                "--username=pilothouse",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let keeper = program(user, Path::new("/bin/sh"), dir.path())
            .arg("-c")
            .arg(
                "\"$0\" -D data -c listen_addresses='' -c unix_socket_directories=\"$PWD\" -c fsync=off \
                 -c max_connections=200 </dev/null >log 2>&1 & server=$!; read _; kill -QUIT $server; wait; rm -rf \"$PWD\"",
            )
            .arg(bin.join("postgres"))
            .stdin(Stdio::piped())
            .spawn()?;
        let postgres = Self { bin, dir, user, _keeper: keeper };
        wait::blocking("PostgreSQL to answer", || postgres.psql("postgres", "SELECT 1").is_ok());
        Ok(postgres)
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn database(&self) -> anyhow::Result<String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name} STRATEGY file_copy"))?;
        Ok(format!("postgres://pilothouse@localhost/{name}?host={}", self.dir.path().display()))
    }

    /// Runs SQL with PostgreSQL's own client.
    ///
    /// # Errors
    /// What it says.
    pub fn psql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let out = program(self.user, &self.bin.join("psql"), self.dir.path())
            .args(["-X", "-A", "-t", "-U", "pilothouse", "-d", database, "-c", sql, "-h"])
            .arg(self.dir.path())
            .output()?;
        ensure!(out.status.success(), "psql: {}", String::from_utf8_lossy(&out.stderr));
        Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    }
}

fn program(user: Option<(u32, u32)>, path: &Path, dir: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the harness starts what is tested against")]
    let mut command = Command::new(path);
    command.current_dir(dir).stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
