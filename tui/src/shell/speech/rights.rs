//! Words with arguments of access: `:audit`, `:arm`.

use pilothouse_api::arming::Arm;
use pilothouse_api::audit::AuditFilter;

use crate::route::Route;
use crate::shell::keys::{Action, Say};
use crate::spans;

/// The audit trail under these conditions; a word that is none is looked for in what was done.
pub(super) fn audit(words: &str) -> Result<Route, String> {
    let mut filter = AuditFilter::default();
    for word in words.split_whitespace() {
        let (field, text) = match word.split_once(['=', ':']) {
            Some(("who", text)) => (&mut filter.who, text),
            Some(("what", text)) => (&mut filter.what, text),
            Some(("where", text)) => (&mut filter.r#where, text),
            Some(("result", text)) => (&mut filter.result, text),
            Some((other, _)) => {
                return Err(format!(
                    "the audit trail is not filtered by {other:?}: who, what, where, result"
                ));
            }
            None if word == "writes" => {
                filter.writes_only = true;
                continue;
            }
            None => (&mut filter.what, word),
        };
        text.clone_into(field);
    }
    Ok(Route::Audit { filter })
}

/// `prod 10m OPS-7: roll out`, or the beginning of it: what is missing is asked for.
pub(super) fn arm(words: &str) -> Result<Say, String> {
    let (environment, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let (time, reason) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    if environment.is_empty() {
        return Ok(Say::Shell(Action::Arm));
    }
    let environment = environment.trim_start_matches('@').to_owned();
    if time.is_empty() {
        return Ok(Say::Shell(Action::ArmFor { environment, seconds: None }));
    }
    let seconds = spans::seconds(time).map_err(|error| error.to_string())?;
    let reason = reason.trim().to_owned();
    Ok(Say::Shell(match reason.as_str() {
        "" => Action::ArmFor { environment, seconds: Some(seconds) },
        _ => Action::ArmNow(Arm { environment, seconds, reason }),
    }))
}
