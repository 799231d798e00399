//! The certificate: whether it can be read, fits its key, and how long it lasts.

use pilothouse_protocol::Millis;

use super::Finding;
use crate::config::{Settings, Way};
use crate::tls;

/// About what.
const ABOUT: &str = "certificate";
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
/// The server's own is renewed a month before its end: with less left, nobody renews it.
const OWN: i64 = 25;
/// Who has a certificate from elsewhere wants to hear of it earlier than on the last day.
const GIVEN: i64 = 14;

pub(super) fn look(settings: &Settings, now: Millis) -> Finding {
    match settings.way() {
        Way::Loopback => Finding::ok(ABOUT, "none: plain HTTP, on this machine alone"),
        Way::Plain => Finding::warn(
            ABOUT,
            format!("none: plain HTTP on {}, which other machines can reach", settings.listen),
            "set tls = \"auto\" and strike allow_plain, unless the way is protected otherwise",
        ),
        Way::Own => {
            let file = settings.data_dir.join(tls::DIR).join(tls::SERVER_FILE);
            if !file.exists() {
                return Finding::ok(ABOUT, "made by the server's own authority at the next start");
            }
            let mend = "start the server: it makes another one";
            match tls::inspect(&file, &file) {
                Err(error) => Finding::fail(ABOUT, error.to_string(), mend),
                Ok(facts) => lasts(&facts, now, OWN, mend),
            }
        }
        Way::Given(files) => match tls::inspect(&files.certificate, &files.key) {
            Err(error) => Finding::fail(ABOUT, error.to_string(), "mend the files that [tls] names"),
            Ok(facts) => {
                lasts(&facts, now, GIVEN, "have it renewed: the server reads the files again by itself")
            }
        },
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
