//! The scripts that run a package's scripts.

use std::path::Path;
use std::time::Duration;

use pilothouse_protocol::Facts;

use crate::host::Script;
use crate::host::depot::{Phase, Selector};

/// How long one script of a package may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(3600);

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A script that only says lines.
pub(super) fn says(lines: &[String], env: Vec<(String, String)>) -> Script {
    let text = lines.iter().map(|line| format!("printf '%s\\n' {}\n", quoted(line))).collect();
    Script { text, working_directory: None, timeout: TIMEOUT, env, interpreter: None }
}

/// Runs a script of a package in its tree.
pub(super) fn runs(what: &str, file: &str, tree: &Path, phase: Phase, env: Vec<(String, String)>) -> Script {
    let action = phase.action();
    let run = if file.ends_with(".ps1") {
        format!(
            "command -v pwsh >/dev/null || {{ printf '%s\\n' {} >&2; exit 127; }}\n\
             pwsh -NoProfile -NonInteractive -File ./{file}",
            quoted("this package's scripts are PowerShell, and there is no pwsh on this node")
        )
    } else {
        format!("sh ./{file}")
    };
    let says = |text: String| format!("printf '%s\\n' {}", quoted(&text));
    let text = format!(
        "{}\n{run}\ncode=$?\nif [ \"$code\" -eq 0 ]; then {}; else {} >&2; fi\nexit \"$code\"\n",
        says(format!("Initiating {what} {action}: running {file}")),
        says(format!("{what}: {action} succeeded")),
        says(format!("{what}: {action} failed")),
    );
    Script { text, working_directory: Some(tree.to_owned()), timeout: TIMEOUT, env, interpreter: None }
}

/// What scripts of packages know of the machine, by the names that AWS's agent gives it.
pub(super) fn environment(facts: &Facts, action: &str) -> Vec<(String, String)> {
    let Selector { platform, release, architecture } = Selector::of(facts);
    [
        ("BWS_ACTION_NAME", action.to_owned()),
        ("BWS_PLATFORM_NAME", platform),
        ("BWS_PLATFORM_VERSION", release),
        ("BWS_ARCHITECTURE", architecture),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_a_command() {
        let script = says(&[String::from("it's $(reboot) `reboot`")], Vec::new());
        assert_eq!(script.text, "printf '%s\\n' 'it'\\''s $(reboot) `reboot`'\n");
    }

    #[test]
    fn a_script_keeps_its_exit_code_and_says_what_it_was() {
        let script = runs("web 1.0", "install.sh", Path::new("/tree"), Phase::Install, Vec::new());
        assert!(
            script.text.contains("sh ./install.sh\ncode=$?") && script.text.ends_with("exit \"$code\"\n")
        );
        assert_eq!(script.working_directory.as_deref(), Some(Path::new("/tree")));
        let script = runs("web 1.0", "install.ps1", Path::new("/tree"), Phase::Install, Vec::new());
        assert!(script.text.contains("pwsh -NoProfile -NonInteractive -File ./install.ps1"));
    }
}
