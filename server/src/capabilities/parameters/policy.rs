//! What a policy of a parameter may say, and when it is due.

use jiff::Timestamp;
use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use pilothouse_store::parameters::policies::{PENDING, PolicyRecord};
use serde_json::{Map, Value};

/// The most policies of one parameter.
const POLICIES: usize = 10;
/// The one version of the policies' language.
const VERSION: &str = "1.0";
/// The longest time before an expiration or after a change, in whatever unit.
const LONGEST: u32 = 100_000;

pub(super) const EXPIRATION: &str = "Expiration";
pub(super) const EXPIRATION_NOTIFICATION: &str = "ExpirationNotification";
pub(super) const NO_CHANGE_NOTIFICATION: &str = "NoChangeNotification";

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// As it was given, without blanks.
    text: String,
    says: Says,
}

/// What it says; lengths are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// The parameter is deleted then.
    Expires(Millis),
    /// Somebody is told so long before that.
    TellsBefore(i64),
    /// Somebody is told when there was no change for so long.
    TellsAfter(i64),
}

impl Policy {
    pub(super) fn kind(&self) -> &'static str {
        match self.says {
            Says::Expires(_) => EXPIRATION,
            Says::TellsBefore(_) => EXPIRATION_NOTIFICATION,
            Says::TellsAfter(_) => NO_CHANGE_NOTIFICATION,
        }
    }
}

/// Reads policies as a request gives them; an empty object, or none, says that there are to be none.
///
/// # Errors
/// `ValidationException`, `PoliciesLimitExceededException`, `InvalidPolicyTypeException`, `InvalidPolicyAttributeException`,
/// `IncompatiblePolicyException`.
pub(super) fn read(text: &str) -> Result<Vec<Policy>, Fault> {
    let unreadable = || Fault::validation(format!("Invalid policies input: {text}."));
    let objects: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| unreadable())?;
    if objects.len() > POLICIES {
        return Err(Fault::caller(
            "PoliciesLimitExceededException",
            format!("A parameter can have at most {POLICIES} policies, and these are {}.", objects.len()),
        ));
    }
    if let [only] = objects.as_slice()
        && only.is_empty()
    {
        return Ok(Vec::new());
    }
    let policies = objects.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    fit_together(&policies)?;
    Ok(policies)
}

fn fit_together(policies: &[Policy]) -> Result<(), Fault> {
    let incompatible = |message: &str| Err(Fault::caller("IncompatiblePolicyException", message));
    let of = |kind: &str| policies.iter().filter(|policy| policy.kind() == kind).count();
    if of(EXPIRATION) > 1 {
        return incompatible("A parameter can have one Expiration policy only.");
    }
    if of(EXPIRATION) == 0 && of(EXPIRATION_NOTIFICATION) > 0 {
        // Better refused than kept and never carried out.
        return incompatible("An ExpirationNotification policy needs an Expiration policy beside it.");
    }
    Ok(())
}

fn one(object: Map<String, Value>) -> Result<Policy, Fault> {
    let says = match object.get("Type").and_then(Value::as_str) {
        Some(EXPIRATION) => expires,
        Some(EXPIRATION_NOTIFICATION) => tells_before,
        Some(NO_CHANGE_NOTIFICATION) => tells_after,
        other => {
            return Err(Fault::caller(
                "InvalidPolicyTypeException",
                format!(
                    "The policy type {} is not supported. Valid types are {EXPIRATION}, {EXPIRATION_NOTIFICATION} and \
                     {NO_CHANGE_NOTIFICATION}.",
                    other.unwrap_or("null")
                ),
            ));
        }
    };
    if object.get("Version").and_then(Value::as_str) != Some(VERSION) {
        return Err(invalid(format!("The Version of a policy must be {VERSION:?}.")));
    }
    let known = ["Type", "Version", "Attributes"];
    let attributes = object.get("Attributes").and_then(Value::as_object);
    let attributes = attributes.filter(|_| object.keys().all(|key| known.contains(&key.as_str())));
    let attributes = attributes
        .ok_or_else(|| invalid(format!("A policy has the members {}, and no others.", known.join(", "))))?;
    let says = says(attributes)?;
    Ok(Policy { text: Value::Object(object).to_string(), says })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::caller("InvalidPolicyAttributeException", message.into())
}

/// The attributes, which are these and no others.
fn only<'a, const N: usize>(
    attributes: &'a Map<String, Value>,
    names: [&str; N],
) -> Result<[&'a str; N], Fault> {
    let values = names.map(|name| attributes.get(name).and_then(Value::as_str));
    if attributes.len() != N || values.iter().any(Option::is_none) {
        let message =
            format!("The attributes of this policy are {}, as texts, and no others.", names.join(" and "));
        return Err(invalid(message));
    }
    Ok(values.map(Option::unwrap_or_default))
}

fn expires(attributes: &Map<String, Value>) -> Result<Says, Fault> {
    let [timestamp] = only(attributes, ["Timestamp"])?;
    let at = Some(timestamp).filter(|text| text.contains('T') && !text.contains('['));
    let at = at.and_then(|text| text.parse::<Timestamp>().ok()).ok_or_else(|| {
        invalid(format!(
            "The Timestamp {timestamp} is not in the format ISO_INSTANT or ISO_OFFSET_DATE_TIME, such as 2030-12-02T21:34:33.000Z."
        ))
    })?;
    Ok(Says::Expires(Millis(at.as_millisecond())))
}

fn tells_before(attributes: &Map<String, Value>) -> Result<Says, Fault> {
    only(attributes, ["Before", "Unit"]).and_then(seconds).map(Says::TellsBefore)
}

fn tells_after(attributes: &Map<String, Value>) -> Result<Says, Fault> {
    only(attributes, ["After", "Unit"]).and_then(seconds).map(Says::TellsAfter)
}

fn seconds([number, unit]: [&str; 2]) -> Result<i64, Fault> {
    let unit_seconds = match unit {
        "Days" => 86_400,
        "Hours" => 3600,
        _ => return Err(invalid(format!("The Unit {unit} is neither Days nor Hours."))),
    };
    let number = number.parse::<u32>().ok().filter(|number| (1..=LONGEST).contains(number));
    let number = number.ok_or_else(|| {
        invalid(format!("Before and After are whole numbers from 1 to {LONGEST}, as texts."))
    })?;
    Ok(i64::from(number) * unit_seconds)
}

/// Policies that are new at `now`.
///
/// # Errors
/// `InvalidPolicyAttributeException` when the parameter would have expired already.
pub(super) fn begin(policies: &[Policy], now: Millis) -> Result<Vec<PolicyRecord>, Fault> {
    if expiration(policies).is_some_and(|at| at <= now) {
        return Err(invalid("The Timestamp of an Expiration policy must be in the future."));
    }
    Ok(records(policies, now))
}

/// Policies that go on with a new version, made at `now`: what was told before an expiration is not told again, and changes count
/// from this one.
pub(super) fn go_on(former: &[PolicyRecord], now: Millis) -> Result<Vec<PolicyRecord>, Fault> {
    let texts: Vec<&str> = former.iter().map(|it| it.policy.as_str()).collect();
    let policies = read(&format!("[{}]", texts.join(",")))?;
    let mut next = records(&policies, now);
    for (next, former) in next.iter_mut().zip(former) {
        if former.kind == EXPIRATION_NOTIFICATION && former.due_at.is_none() {
            next.clone_from(former);
        }
    }
    Ok(next)
}

fn expiration(policies: &[Policy]) -> Option<Millis> {
    policies.iter().find_map(|policy| match policy.says {
        Says::Expires(at) => Some(at),
        _ => None,
    })
}

fn records(policies: &[Policy], now: Millis) -> Vec<PolicyRecord> {
    let expires = expiration(policies);
    let due = |policy: &Policy| match policy.says {
        Says::Expires(at) => Some(at),
        Says::TellsBefore(seconds) => expires.map(|at| at.plus_seconds(-seconds)),
        Says::TellsAfter(seconds) => Some(now.plus_seconds(seconds)),
    };
    let record = |policy: &Policy| PolicyRecord {
        kind: policy.kind().to_owned(),
        policy: policy.text.clone(),
        status: PENDING.to_owned(),
        due_at: due(policy),
    };
    policies.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expiration_at(text: &str) -> String {
        format!(r#"{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{text}"}}}}"#)
    }

    fn telling(kind: &str, attribute: &str, number: &str, unit: &str) -> String {
        format!(
            r#"{{"Type":"{kind}","Version":"1.0","Attributes":{{"{attribute}":"{number}","Unit":"{unit}"}}}}"#
        )
    }

    fn code(policies: &[String]) -> String {
        code_of(&format!("[{}]", policies.join(",")))
    }

    fn code_of(text: &str) -> String {
        read(text).map_or_else(|fault| fault.code.into_owned(), |found| found.len().to_string())
    }

    const IN_2030: &str = "2030-01-01T00:00:00.000Z";

    #[test]
    fn policies_are_an_array_of_objects_and_an_empty_object_clears() {
        assert_eq!(code_of("[{}]"), "0");
        assert_eq!(code_of("[]"), "0");
        assert_eq!(code(&[expiration_at(IN_2030)]), "1");
        for text in ["", "x", "{}", "[1]", "[[]]", &expiration_at(IN_2030), &"[".repeat(4000)] {
            assert_eq!(code_of(text), "ValidationException", "{text}");
        }
        assert_eq!(code(&[String::from("{}"), expiration_at(IN_2030)]), "InvalidPolicyTypeException");
    }

    #[test]
    fn only_the_three_types_are_known_and_ten_are_the_most() {
        let unknown = expiration_at(IN_2030).replace("Expiration", "Rotation");
        assert_eq!(code(&[unknown]), "InvalidPolicyTypeException");
        let told = telling(NO_CHANGE_NOTIFICATION, "After", "1", "Days");
        assert_eq!(code(&vec![told.clone(); 10]), "10");
        assert_eq!(code(&vec![told; 11]), "PoliciesLimitExceededException");
    }

    #[test]
    fn policies_that_cannot_stand_together_are_refused() {
        let expires = expiration_at(IN_2030);
        assert_eq!(code(&[expires.clone(), expires.clone()]), "IncompatiblePolicyException");
        let told = telling(EXPIRATION_NOTIFICATION, "Before", "30", "Days");
        assert_eq!(code(std::slice::from_ref(&told)), "IncompatiblePolicyException");
        assert_eq!(code(&[told.clone(), expires, told]), "3");
    }

    #[test]
    fn attributes_are_those_of_the_type_and_make_sense() {
        let of = |number: &str, unit: &str| telling(NO_CHANGE_NOTIFICATION, "After", number, unit);
        let bad = [
            expiration_at("tomorrow"),
            expiration_at("2030-01-01"),
            expiration_at("2030-01-01T00:00:00"),
            expiration_at("2030-01-01 00:00:00Z"),
            expiration_at("2030-13-01T00:00:00Z"),
            expiration_at(IN_2030).replace("1.0", "2.0"),
            expiration_at(IN_2030).replace("Timestamp", "At"),
            expiration_at(IN_2030).replace("Attributes", "Attribute"),
            expiration_at(IN_2030).replace(r#""Version""#, r#""More":1,"Version""#),
            of("0", "Days"),
            of("-1", "Days"),
            of("1.5", "Hours"),
            of("99999999999", "Days"),
            of("1", "Minutes"),
            of("1", "days"),
            of("1", "Days").replace(r#""1""#, "1"),
            telling(NO_CHANGE_NOTIFICATION, "Before", "1", "Days"),
        ];
        for policy in bad {
            assert_eq!(code(std::slice::from_ref(&policy)), "InvalidPolicyAttributeException", "{policy}");
        }
        for good in
            ["2030-01-01T00:00:00Z", "2030-11-01T22:13:48.87+10:30", "2030-11-01T22:13:48.87+10:30:00"]
        {
            assert_eq!(code(&[expiration_at(good)]), "1", "{good}");
        }
    }

    #[test]
    fn each_is_due_in_its_time() {
        let expires = expiration_at("1970-01-11T00:00:00Z");
        let day = 86_400_000;
        let all = [
            expires,
            telling(EXPIRATION_NOTIFICATION, "Before", "3", "Days"),
            telling(NO_CHANGE_NOTIFICATION, "After", "48", "Hours"),
        ];
        let policies = read(&format!("[{}]", all.join(" , "))).unwrap();
        let records = begin(&policies, Millis(day)).unwrap();
        let due: Vec<_> = records.iter().map(|it| it.due_at.unwrap().0 / day).collect();
        assert_eq!(due, [10, 7, 3]);
        assert_eq!(records.iter().map(|it| it.policy.clone()).collect::<Vec<_>>(), all);
        assert_eq!(begin(&policies, Millis(10 * day)).unwrap_err().code, "InvalidPolicyAttributeException");
        let told = PolicyRecord { status: "Finished".into(), due_at: None, ..records[1].clone() };
        let former = [records[0].clone(), told.clone(), PolicyRecord { due_at: None, ..records[2].clone() }];
        let next = go_on(&former, Millis(8 * day)).unwrap();
        assert_eq!(next[..2], [records[0].clone(), told], "it is not told twice");
        assert_eq!(next[2].due_at, Some(Millis(10 * day)), "changes count from this one");
    }
}
