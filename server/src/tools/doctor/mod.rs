//! `doctor`: whether a server is well, or could be started; one line per check, and how to mend what is not.
//!
//! In: settings, and what they lead to: files, disk, clock, certificate, database. Out: findings. It works beside a running
//! server and without one, changes nothing, and goes on with other checks when one fails.
//!
//! Never here: mending.

mod blobs;
mod certificate;
mod database;
mod place;
#[cfg(test)]
mod stories;

use std::fmt;
use std::io;

use super::{Bench, Outcome};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Ok,
    Warn,
    Fail,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    state: State,
    /// What was looked at.
    about: &'static str,
    /// What was seen.
    seen: String,
    /// How to mend it.
    mend: String,
}

impl Finding {
    fn ok(about: &'static str, seen: impl Into<String>) -> Self {
        Self { state: State::Ok, about, seen: seen.into(), mend: String::new() }
    }

    fn warn(about: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { state: State::Warn, about, seen: seen.into(), mend: mend.into() }
    }

    fn fail(about: &'static str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { state: State::Fail, about, seen: seen.into(), mend: mend.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        };
        write!(f, "{state:<5} {:<12} {}", self.about, self.seen)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, " -> {}", self.mend) }
    }
}

/// Looks at everything.
///
/// # Errors
/// When lines cannot be said.
pub async fn run(bench: &mut Bench<'_>) -> io::Result<Outcome> {
    let now = bench.clock.now();
    let mut findings = place::look(bench.data_dir());
    findings.push(place::clock(now));
    findings.push(certificate::look(bench.settings, now));
    findings.extend(database::look(bench.settings, bench.dice, now).await);
    for finding in &findings {
        bench.say(finding.to_string())?;
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (failed, warned) = (count(State::Fail), count(State::Warn));
    bench.say(format!("{} checks: {failed} failed, {warned} warnings", findings.len()))?;
    Ok(if failed == 0 { Outcome::Well } else { Outcome::NotWell })
}
