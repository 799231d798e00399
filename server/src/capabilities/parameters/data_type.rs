//! Data types: what the text of a value must look like. A StringList is looked at item by item.

use core::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::Fault;

/// What a parameter is without one.
pub(super) const TEXT: &str = "text";

/// What is true of a value of some data type.
type Looks = fn(&str) -> bool;

/// Data types by name.
const TYPES: &[(&str, Looks)] = &[
    (TEXT, |_| true),
    ("aws:ec2:image", is_image),
    ("aws:ssm:integration", |_| true),
    ("aws:region", is_region),
    ("aws:account:id", |value| value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit())),
    ("boolean", |value| matches!(value, "true" | "false")),
    ("integer", |value| value.parse::<i64>().is_ok()),
    ("float", |value| value.parse::<f64>().is_ok_and(f64::is_finite)),
    ("binary", |value| STANDARD.decode(value).is_ok()),
    ("hostname", is_hostname),
    ("email", is_email),
    ("ipv4-address", |value| value.parse::<Ipv4Addr>().is_ok()),
    ("ipv6-address", |value| value.parse::<Ipv6Addr>().is_ok()),
    ("url", is_url),
    ("json", is_json),
    ("jsonc", |value| is_json(&without_comments(value))),
];

/// The names of all data types.
pub(super) fn names() -> Vec<&'static str> {
    TYPES.iter().map(|(name, _)| *name).collect()
}

/// Whether a value looks like what it is said to be.
///
/// # Errors
/// `ValidationException`, which does not repeat the value.
pub(super) fn check(kind: &str, value: &str, data_type: &str) -> Result<(), Fault> {
    let Some((_, holds)) = TYPES.iter().find(|(name, _)| *name == data_type) else {
        return Err(Fault::validation(format!(
            "The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )));
    };
    let fits = if kind == "StringList" { value.split(',').all(holds) } else { holds(value) };
    if fits {
        return Ok(());
    }
    Err(Fault::validation(format!("The parameter value is not what the data type {data_type} says.")))
}

fn is_image(value: &str) -> bool {
    value.strip_prefix("ami-").is_some_and(|id| {
        matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn is_region(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hostname(value: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    value.len() <= 253 && value.split('.').all(is_label)
}

fn is_email(value: &str) -> bool {
    value.rsplit_once('@').is_some_and(|(who, host)| {
        (1..=64).contains(&who.len())
            && !who.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
            && host.contains('.')
            && is_hostname(host)
    })
}

fn is_url(value: &str) -> bool {
    value.parse::<http::Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some())
}

fn is_json(value: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(value).is_ok()
}

/// The same with blanks in the place of comments, which can stand wherever a blank can.
fn without_comments(value: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(value.len()), value);
    while let Some(start) = rest.find(['"', '/']) {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = if rest.starts_with('"') {
            end_of_text(rest)
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else {
            1
        };
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        plain.push_str(if is_comment { " " } else { &rest[..end] });
        rest = &rest[end..];
    }
    plain.push_str(rest);
    plain
}

/// Where a text in quotes ends.
fn end_of_text(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_are_said_to_be() {
        let cases = [
            ("aws:ec2:image", "ami-0123456789abcdef0", "ami-xyz"),
            ("aws:region", "us-gov-west-1", "europe"),
            ("aws:account:id", "000000000001", "12"),
            ("boolean", "true", "yes"),
            ("integer", "-17", "1.5"),
            ("float", "1e-3", "NaN"),
            ("binary", "AAEC", "***"),
            ("hostname", "db-1.example.com", "-x"),
            ("email", "ann@example.com", "ann@@example"),
            ("ipv4-address", "10.0.0.1", "10.0.0.256"),
            ("ipv6-address", "::1", "10.0.0.1"),
            ("url", "https://example.com/a?b", "/a"),
            ("json", "{\"a\":[1]}", "{a}"),
            ("jsonc", "{ // c\n \"a\": /* d */ \"http://x\\\"//\" }", "{ /* \"a\": 1 }"),
        ];
        for (name, good, bad) in cases {
            assert!(check("String", good, name).is_ok(), "{name}: {good}");
            let fault = check("String", bad, name).unwrap_err();
            assert!(!fault.message.contains(bad), "{}", fault.message);
        }
    }

    #[test]
    fn every_item_of_a_list_is_looked_at() {
        assert!(check("StringList", "1,2,3", "integer").is_ok());
        assert!(check("StringList", "1,b,3", "integer").is_err());
        assert!(check("String", "x", "Text").unwrap_err().message.contains("not supported: Text"));
    }

    #[test]
    fn deep_nesting_is_refused_and_does_no_harm() {
        assert!(check("String", &"[".repeat(8000), "json").is_err());
        assert!(check("String", &"/*".repeat(4000), "jsonc").is_err());
    }
}
