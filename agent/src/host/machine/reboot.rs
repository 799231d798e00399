//! How this machine is rebooted.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How long the command may take that asks for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// What it says is told up to here.
const SAID: usize = 400;

/// How a machine is rebooted when a script asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reboot {
    /// Not at all: the agent is a part of something else, such as a cockpit on somebody's desk.
    #[default]
    Never,
    /// As the platform does it.
    Platform,
    /// By this command of `/bin/sh`, which may first tell others.
    Command(String),
}

impl Reboot {
    fn command(&self) -> Option<&str> {
        match self {
            Self::Never => None,
            Self::Command(command) => Some(command),
            Self::Platform if Path::new("/run/systemd/system").exists() => Some("systemctl reboot"),
            Self::Platform => Some("shutdown -r now || reboot"),
        }
    }

    /// Asks the machine to go down and to come up again.
    ///
    /// # Errors
    /// For people: why it does not.
    pub(super) async fn ask(&self) -> Result<(), String> {
        let command = self.command().ok_or("this agent does not reboot the machine that it runs on")?;
        // What is not on the disk by then never happened.
        rustix::fs::sync();
        tracing::warn!(command, "a script asked for a reboot: the machine goes down");
        let ended = tokio::time::timeout(PATIENCE, spawn(command)).await;
        match ended {
            Err(_) => Err(format!("`{command}` did not end within {} s", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(format!("`{command}` could not be started: {error}")),
            Ok(Ok(output)) if output.status.success() => Ok(()),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said: String = said.trim().chars().take(SAID).collect();
                Err(format!("`{command}` failed, {}: {said}", output.status))
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the host room is where processes are started")]
async fn spawn(command: &str) -> std::io::Result<std::process::Output> {
    tokio::process::Command::new("/bin/sh")
        .args(["-c", command])
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_machine_that_cannot_be_rebooted_says_why() {
        let never = Reboot::Never.ask().await.unwrap_err();
        assert!(never.contains("does not reboot"), "{never}");
        let failed = Reboot::Command(String::from("echo no right >&2; exit 3")).ask().await.unwrap_err();
        assert!(failed.contains("exit status: 3") && failed.ends_with("no right"), "{failed}");
        assert_eq!(Reboot::Command(String::from("true")).ask().await, Ok(()));
    }
}
