//! The built programs, each run as a process whose words are kept, and shown when a test fails.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// Lines of a program's log that a failing test shows.
const SHOWN: usize = 40;
/// Variables of the developer's shell that programs under test must not see.
const FOREIGN: &[&str] =
    &["PILOTHOUSE_", "AWS_", "XDG_", "CARGO", "RUST_BACKTRACE", "NO_COLOR", "COLORTERM", "TMUX", "SSH_"];

/// The path of a built program. `cargo test` builds the programs of other packages only by chance, so they are built here,
/// once for a test process; that is quick when nothing changed, and no test ever runs against yesterday's program.
/// `PILOTHOUSE_TEST_BINARIES` names a folder of programs to test instead.
///
/// # Panics
/// When they cannot be built.
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER
        .get_or_init(|| std::env::var_os("PILOTHOUSE_TEST_BINARIES").map_or_else(build, PathBuf::from))
        .join(name)
}

fn build() -> PathBuf {
    // .../target/PROFILE/deps/TEST
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(Path::new(&cargo));
    command.args(["build", "--quiet", "--workspace", "--bins", "--target-dir"]).arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let built = command.current_dir(root).output().unwrap();
    if !built.status.success() {
        panic!("the programs cannot be built: {}", String::from_utf8_lossy(&built.stderr));
    }
    folder
}

/// A command that sees nothing of the developer's own settings.
pub fn command(program: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the harness starts what is tested")]
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if FOREIGN.iter().any(|start| text.starts_with(start)) && !text.starts_with("CARGO_HOME") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end.
///
/// # Panics
/// When it cannot be started.
pub fn run(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Everything that a program said.
#[must_use]
pub fn said(output: &Output) -> String {
    let Output { stdout, stderr, .. } = output;
    [stdout, stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// A running program. Ended when dropped.
pub struct Program {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says goes to `LOG_DIR/NAME.out` and `.log`, after what it said when it ran before.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut command: Command, name: &str, log_dir: &Path) -> Self {
        let file = |extension| {
            File::options().create(true).append(true).open(log_dir.join(name).with_extension(extension))
        };
        let log = log_dir.join(name).with_extension("log");
        let started = file("out")
            .and_then(|out| Ok((out, file("log")?)))
            .and_then(|(out, log)| command.stdin(Stdio::null()).stdout(out).stderr(log).spawn());
        let child = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, name: name.to_owned(), log }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it wrote to stdout, in all its runs.
    #[must_use]
    pub fn out(&self) -> String {
        fs::read_to_string(self.log.with_extension("out")).unwrap_or_default()
    }

    /// Everything that it wrote to stderr, in all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of the program, if it ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills it as the kernel does when memory runs out: it is not asked.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Asks it to end, and waits until it did.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let mut status = None;
        wait::blocking(&format!("{} to stop", self.name), || {
            status = self.ended();
            status.is_some()
        });
        status.unwrap_or_else(|| ExitStatus::from_raw(0))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let shown = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
            #[expect(
                clippy::print_stderr,
                reason = "who reads why a test failed wants to know what the programs said"
            )]
            {
                eprintln!("---- {} ({}) said:\n{shown}", self.name, self.id());
            }
        }
        self.kill();
    }
}
