//! What a parameter does by itself, as it is typed: when it expires, how long before one is told, and after how long unchanged.

use jiff::Timestamp;
use pilothouse_api::parameters::ParameterInlinePolicy;
use pilothouse_api::protocol::Millis;
use serde_json::{Value, json};

use crate::moments;

/// The three of them, as they are typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policies {
    pub expires: String,
    pub notice: String,
    pub unchanged: String,
}

impl Policies {
    /// From what the server tells.
    pub(super) fn read(told: &[ParameterInlinePolicy]) -> Self {
        let mut policies = Self::default();
        for policy in told {
            let text: Value = serde_json::from_str(&policy.policy_text).unwrap_or_default();
            let attribute = |name: &str| text["Attributes"][name].as_str().unwrap_or_default().to_owned();
            let unit = if attribute("Unit").eq_ignore_ascii_case("hours") { "h" } else { "d" };
            match policy.policy_type.as_str() {
                "Expiration" => policies.expires = attribute("Timestamp"),
                "ExpirationNotification" => policies.notice = format!("{}{unit}", attribute("Before")),
                "NoChangeNotification" => policies.unchanged = format!("{}{unit}", attribute("After")),
                _ => {}
            }
        }
        policies
    }

    /// As AWS takes them; `[]` takes them all away.
    pub(super) fn written(&self, now: Millis) -> String {
        let mut policies = Vec::new();
        if let Ok(Some(at)) = instant(&self.expires, now) {
            policies
                .push(json!({ "Type": "Expiration", "Version": "1.0", "Attributes": { "Timestamp": at } }));
        }
        for (kind, key, text) in [
            ("ExpirationNotification", "Before", &self.notice),
            ("NoChangeNotification", "After", &self.unchanged),
        ] {
            if let Ok(Some((number, unit))) = span(text) {
                let attributes = json!({ key: number.to_string(), "Unit": unit });
                policies.push(json!({ "Type": kind, "Version": "1.0", "Attributes": attributes }));
            }
        }
        Value::Array(policies).to_string()
    }
}

/// When it expires: a date, an instant, or `90d` from now.
pub(super) fn instant(text: &str, now: Millis) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(Some((number, unit))) = span(text) {
        let hours = number.saturating_mul(if unit == "Days" { 24 } else { 1 });
        let at = Millis(now.0.saturating_add(hours.saturating_mul(3_600_000)));
        return Ok(Some(moments::written(at)));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at.to_string()));
    }
    // Any instant is past before the end of time.
    let at =
        moments::read(text, Millis(i64::MAX)).map_err(|_| "a date such as 2026-12-31, or 90d".to_owned())?;
    if at <= now { Err("that is past".to_owned()) } else { Ok(Some(moments::written(at))) }
}

/// A span in days or hours: `15d`, `12h`, `15`.
pub(super) fn span(text: &str) -> Result<Option<(i64, &'static str)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let (digits, unit) = match text.strip_suffix('h') {
        Some(digits) => (digits, "Hours"),
        None => (text.strip_suffix('d').unwrap_or(text), "Days"),
    };
    let number = digits.trim().parse().ok().filter(|n| (1..=3650).contains(n));
    number.map(|number| Some((number, unit))).ok_or_else(|| "days or hours, such as 15d or 12h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::NOW;

    #[test]
    fn what_is_typed_is_what_is_told_again() {
        let typed = Policies { expires: "90d".into(), notice: "15d".into(), unchanged: "12h".into() };
        let written: Value = serde_json::from_str(&typed.written(NOW)).unwrap();
        let told = written.as_array().unwrap().iter().map(|policy| ParameterInlinePolicy {
            policy_text: policy.to_string(),
            policy_type: policy["Type"].as_str().unwrap().to_owned(),
            policy_status: "Pending".to_owned(),
        });
        let told: Vec<_> = told.collect();
        let read = Policies::read(&told);
        assert_eq!(read, Policies { expires: "2027-02-21T12:00:00Z".into(), ..typed });
        assert_eq!(Policies::default().written(NOW), "[]");
    }

    #[test]
    fn what_is_no_span_or_past_is_said() {
        assert!(instant("soon", NOW).is_err() && instant("2020-01-01", NOW).is_err());
        assert!(span("0d").is_err() && span("x").is_err());
        assert_eq!(span("15"), Ok(Some((15, "Days"))));
    }
}
