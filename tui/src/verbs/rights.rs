//! `pilothouse whoami`, `arm` and `disarm`: who one is to the server, and the right to change an environment for a while.

use std::io::Write;

use jiff::Timestamp;
use pilothouse_api::access::{GetCallerAccess, GetCallerAccessResult};
use pilothouse_api::arming::{Arm, Arming, Disarm};
use pilothouse_client::Client;
use pilothouse_kit::safe;
use serde_json::json;

use super::VerbError;
use crate::spans;

/// Prints who the caller is.
///
/// # Errors
/// When the server does not say.
pub async fn whoami(client: &Client, json: bool, out: &mut impl Write) -> Result<(), VerbError> {
    let access = client.call(&GetCallerAccess {}).await?;
    if json {
        let value = json!({
            "principal": access.principal, "person": access.person, "arn": access.arn, "groups": access.groups, "denied": access.denied,
        });
        writeln!(out, "{value}")?;
    } else {
        for line in lines(&access) {
            writeln!(out, "{}", safe::visible(&line))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn lines(access: &GetCallerAccessResult) -> Vec<String> {
    let mut lines = vec![access.principal.clone(), access.arn.clone()];
    if access.person != access.principal && !access.person.is_empty() {
        lines.push(format!("in person: {}", access.person));
    }
    if !access.groups.is_empty() {
        lines.push(format!("groups: {}", access.groups.join(", ")));
    }
    if !access.denied.is_empty() {
        lines.push(format!("given by no policy: {} permissions (--json names them)", access.denied.len()));
    }
    lines
}

/// Arms an environment, and says until when.
///
/// # Errors
/// When the time or the reason cannot be meant, or the server says no.
pub async fn arm(
    client: &Client,
    environment: &str,
    time: &str,
    reason: &[String],
    out: &mut impl Write,
) -> Result<(), VerbError> {
    let seconds = spans::seconds(time).map_err(|error| VerbError::Usage(error.to_string()))?;
    let reason = reason.join(" ");
    let arm = Arm { environment: environment.to_owned(), seconds, reason };
    let arming = client.call(&arm).await?.arming;
    writeln!(out, "{}", safe::visible(&armed(&arming)))?;
    out.flush()?;
    Ok(())
}

fn armed(arming: &Arming) -> String {
    let until = Timestamp::from_millisecond(arming.until.0).map(|at| at.to_string()).unwrap_or_default();
    let time = spans::words(arming.until.since(arming.since) / 1000);
    format!(
        "{} is armed for {} for {time}, until {until}: {}",
        arming.environment, arming.principal, arming.reason
    )
}

/// Ends the caller's arming of an environment.
///
/// # Errors
/// When the server says no.
pub async fn disarm(client: &Client, environment: &str, out: &mut impl Write) -> Result<(), VerbError> {
    client.call(&Disarm { environment: environment.to_owned() }).await?;
    writeln!(out, "{} is disarmed", safe::visible(environment))?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::arming;

    #[test]
    fn who_one_is_stands_first() {
        let access = GetCallerAccessResult {
            principal: "user/anna".into(),
            arn: "arn:aws:iam::000000000000:user/anna".into(),
            groups: vec!["operators".into(), "oncall".into()],
            denied: [("ssm:SendCommand".to_owned(), "no policy gives it".to_owned())].into(),
            ..GetCallerAccessResult::default()
        };
        let lines = lines(&access);
        assert_eq!(lines[0], "user/anna");
        assert_eq!(lines[2], "groups: operators, oncall");
        assert!(lines[3].contains("1 permissions"));
    }

    #[test]
    fn an_arming_says_for_how_long_and_until_when() {
        let said = armed(&arming("prod", "user/anna", 540));
        assert_eq!(
            said,
            "prod is armed for user/anna for 10 min, until 2026-11-23T12:09:00Z: OPS-7: roll out"
        );
    }
}
