//! The certificate: whether it can be read, fits its key, and how long it lasts.

use pilothouse_protocol::Millis;

use super::{Finding, State};
use crate::config::{Settings, Way};
use crate::tls;

/// About what.
const ABOUT: &str = "certificate";
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
/// The server's own is renewed a month before its end: with less left, nobody renews it.
const OWN: i64 = 25;
/// Who has a certificate from elsewhere wants to hear of it earlier than on the last day.
const GIVEN: i64 = 14;

/// What is known of how the server was started.
const SAID: &str =
    "by the settings that doctor was given (it does not see a server's own flags and environment)";

pub(super) fn look(settings: &Settings, now: Millis) -> Finding {
    match settings.way() {
        Way::Loopback => beside(
            settings,
            now,
            Finding::ok(ABOUT, format!("none: plain HTTP, on this machine alone, {SAID}")),
        ),
        Way::Plain => {
            let listen = settings.listen;
            let seen = format!("none: plain HTTP on {listen}, which other machines can reach, {SAID}");
            let mend = "set tls = \"auto\" and strike allow_plain, unless the way is protected otherwise";
            beside(settings, now, Finding::warn(ABOUT, seen, mend))
        }
        Way::Own => {
            let nothing = || Finding::ok(ABOUT, "made by the server's own authority at the next start");
            own(settings, now).unwrap_or_else(nothing)
        }
        Way::Given(files) => match tls::inspect(&files.certificate, &files.key) {
            Err(error) => Finding::fail(ABOUT, error.to_string(), "mend the files that [tls] names"),
            Ok(facts) => {
                lasts(&facts, now, GIVEN, "have it renewed: the server reads the files again by itself")
            }
        },
    }
}

/// The certificate of the server's own authority, if one was made.
fn own(settings: &Settings, now: Millis) -> Option<Finding> {
    let file = settings.data_dir.join(tls::DIR).join(tls::SERVER_FILE);
    let mend = "start the server: it makes another one";
    file.exists().then(|| match tls::inspect(&file, &file) {
        Err(error) => Finding::fail(ABOUT, error.to_string(), mend),
        Ok(facts) => lasts(&facts, now, OWN, mend),
    })
}

/// What is there though these settings ask for none: the server may have been started with others, or was once.
fn beside(settings: &Settings, now: Millis, without: Finding) -> Finding {
    let Some(found) = own(settings, now) else { return without };
    Finding {
        // Nothing is wrong with one that is not shown any more.
        state: without.state.max(found.state.min(State::Warn)),
        seen: format!("{}; yet the server's own authority has made one: {}", without.seen, found.seen),
        mend: if found.mend.is_empty() { without.mend } else { found.mend },
        ..without
    }
}

pub(super) fn lasts(facts: &tls::Facts, now: Millis, few: i64, mend: &str) -> Finding {
    let days = (facts.not_after.0 - now.0).div_euclid(DAY);
    let names = facts.names.iter().collect::<Vec<_>>().join(", ");
    if facts.not_before > now {
        Finding::fail(ABOUT, "is not valid yet", "look at the clock")
    } else if facts.not_after <= now {
        Finding::fail(ABOUT, format!("ended {} days ago", -days), mend)
    } else if days < few {
        Finding::warn(ABOUT, format!("ends in {days} days"), mend)
    } else {
        Finding::ok(ABOUT, format!("for {names}, {days} days left"))
    }
}
