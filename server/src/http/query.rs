//! `POST /` with a form: AWS's query protocol, which its clients speak with the Security Token Service. The form becomes the
//! operation's JSON, the JSON of its reply becomes XML; nothing else is different.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use pilothouse_api::{Fault, OPERATIONS, OperationInfo};
use pilothouse_protocol::Millis;
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

use super::answer::Failure;
use super::operations::{Admitted, admit, carry_out, note};
use super::sigv4::{Service, decoded};
use super::{App, Envelope};

const XML: HeaderValue = HeaderValue::from_static("text/xml");
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";
/// The most members of a form.
const MAX_MEMBERS: usize = 64;

/// An action, with the members that it takes; those that are numbers are marked. Others, such as a session's own policy, would
/// change what is meant: they are refused, not ignored.
struct Action {
    name: &'static str,
    members: &'static [(&'static str, bool)],
}

const ACTIONS: &[Action] = &[
    Action { name: "GetCallerIdentity", members: &[] },
    Action {
        name: "AssumeRole",
        members: &[("RoleArn", false), ("RoleSessionName", false), ("DurationSeconds", true)],
    },
];

/// Members of replies that are instants.
const INSTANTS: &[&str] = &["Expiration"];

/// Whether a request speaks the query protocol.
pub(super) fn is_query(head: &Parts) -> bool {
    let kind = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = kind.split(';').next().is_some_and(|it| it.trim() == "application/x-www-form-urlencoded");
    is_form && !head.headers.contains_key("x-amz-target")
}

/// Serves one action.
pub(super) async fn serve(app: &App, head: &Parts, body: Body) -> Response {
    let request_id = head.extensions.get::<Envelope>().map_or("", |envelope| envelope.id.as_str());
    let outcome = perform(app, head, body).await;
    let target = outcome.as_ref().map_or("", |(info, _)| info.target);
    note(head, target, outcome.as_ref().err());
    match outcome {
        Ok((info, mut json)) => {
            let response = reply(info.name, &json, request_id);
            wipe(&mut json);
            response
        }
        Err(failure) => refusal(&failure, request_id),
    }
}

async fn perform(app: &App, head: &Parts, body: Body) -> Result<(&'static OperationInfo, Value), Failure> {
    let admitted = admit(app, head, body, Service::Sts).await?;
    let (info, json) = operation(&admitted.body)?;
    let reply = carry_out(app, info, Admitted { body: Bytes::from(json.to_string()), ..admitted }).await?;
    let reply = serde_json::from_slice(&reply).map_err(|error| {
        tracing::error!(%error, "a reply of our own is no JSON");
        super::answer::bug()
    })?;
    Ok((info, reply))
}

/// The operation that a form asks for, and its request in JSON.
fn operation(form: &[u8]) -> Result<(&'static OperationInfo, Value), Fault> {
    let members = members(form)?;
    let of = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (asked, version) = (of("Action").unwrap_or_default(), of("Version").unwrap_or_default());
    let unknown = || {
        let shown: String = asked.chars().take(128).collect();
        Fault::caller("InvalidAction", format!("Could not find operation {shown} for version {VERSION}"))
    };
    let action = ACTIONS.iter().find(|it| it.name == asked && version == VERSION).ok_or_else(unknown)?;
    let is_it = |it: &&OperationInfo| it.name == action.name && it.permission.starts_with("sts:");
    let info = OPERATIONS.iter().find(is_it).ok_or_else(unknown)?;
    let mut json = Map::new();
    for (name, value) in members.iter().filter(|(name, _)| name != "Action" && name != "Version") {
        let known = action.members.iter().find(|(known, _)| known == name);
        let (known, is_number) = known.ok_or_else(|| {
            let shown: String = name.chars().take(128).collect();
            Fault::validation(format!("{} does not take {shown} on this server", action.name))
        })?;
        let value = match (is_number, value.parse::<i64>()) {
            (false, _) => Value::from(value.as_str()),
            (true, Ok(number)) => Value::from(number),
            (true, Err(_)) => return Err(Fault::validation(format!("{known} is no number"))),
        };
        if json.insert((*known).to_owned(), value).is_some() {
            return Err(Fault::validation(format!("{known} is given more than once")));
        }
    }
    Ok((info, Value::Object(json)))
}

fn members(form: &[u8]) -> Result<Vec<(String, String)>, Fault> {
    let wrong = |why: &str| Fault::caller("MalformedQueryString", format!("the form cannot be read: {why}"));
    let text = std::str::from_utf8(form).map_err(|_| wrong("it is not UTF-8"))?;
    let plain = |text: &str| {
        String::from_utf8(decoded(&text.replace('+', " "))).map_err(|_| wrong("a value is not UTF-8"))
    };
    let pairs: Vec<&str> = text.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > MAX_MEMBERS {
        return Err(wrong("it has too many members"));
    }
    pairs
        .into_iter()
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((plain(name)?, plain(value)?))
        })
        .collect()
}

fn reply(name: &str, json: &Value, request_id: &str) -> Response {
    // With all its room from the beginning: what grows leaves parts of itself behind.
    let mut xml = String::with_capacity(16 * 1024);
    xml += &format!("<{name}Response xmlns=\"{NAMESPACE}\"><{name}Result>");
    write(&mut xml, json);
    xml += &format!(
        "</{name}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    );
    // It tells the secret of a session.
    ([(CONTENT_TYPE, XML)], Bytes::from_owner(Zeroizing::new(xml.into_bytes()))).into_response()
}

/// Wipes every text from memory.
fn wipe(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Array(elements) => elements.iter_mut().for_each(wipe),
        Value::String(text) => text.zeroize(),
        _ => {}
    }
}

/// An object's members, each as an element of its name.
fn write(xml: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                *xml += &format!("<{name}>");
                match value.as_f64().filter(|_| INSTANTS.contains(&name.as_str())) {
                    Some(seconds) => *xml += &instant(seconds),
                    None => write(xml, value),
                }
                *xml += &format!("</{name}>");
            }
        }
        Value::String(text) => *xml += &Zeroizing::new(escaped(text)),
        other => *xml += &other.to_string(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and such an instant is none of ours"
)]
fn instant(seconds: f64) -> String {
    let at = Millis((seconds * 1000.0).round() as i64);
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // XML has no place for these, whatever they are written as.
            letter if letter.is_control() && !matches!(letter, '\n' | '\t') => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            letter => out.push(letter),
        }
    }
    out
}

/// What the Security Token Service calls what Systems Manager calls otherwise.
const CODES: &[(&str, &str)] = &[
    ("UnrecognizedClientException", "InvalidClientTokenId"),
    ("InvalidSignatureException", "SignatureDoesNotMatch"),
    ("IncompleteSignatureException", "IncompleteSignature"),
    ("MissingAuthenticationTokenException", "MissingAuthenticationToken"),
    ("ExpiredTokenException", "ExpiredToken"),
    ("AccessDeniedException", "AccessDenied"),
    ("ValidationException", "ValidationError"),
    ("ThrottlingException", "Throttling"),
];
/// Codes that travel with 403.
const FORBIDDEN: &[&str] = &[
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "ExpiredToken",
    "AccessDenied",
];

fn refusal(failure: &Failure, request_id: &str) -> Response {
    let code =
        CODES.iter().find(|(ours, _)| *ours == failure.code()).map_or(failure.code(), |(_, theirs)| *theirs);
    let status = if FORBIDDEN.contains(&code) { StatusCode::FORBIDDEN } else { failure.status() };
    let whose = if status.is_server_error() { "Receiver" } else { "Sender" };
    let (code, message) = (escaped(code), escaped(failure.message()));
    let xml = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{whose}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    failure.told((status, [(CONTENT_TYPE, XML)], xml).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(form: &str) -> Result<(&'static str, String), String> {
        operation(form.as_bytes())
            .map(|(info, json)| (info.permission, json.to_string()))
            .map_err(|fault| fault.code.into_owned())
    }

    #[test]
    fn a_form_becomes_the_operations_json() {
        let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdeck&RoleSessionName=a+b&DurationSeconds=900";
        let json = r#"{"RoleArn":"arn:aws:iam::1:role/deck","RoleSessionName":"a b","DurationSeconds":900}"#;
        assert_eq!(asked(form), Ok(("sts:AssumeRole", json.to_owned())));
        assert_eq!(
            asked("Action=GetCallerIdentity&Version=2011-06-15"),
            Ok(("sts:GetCallerIdentity", "{}".to_owned()))
        );
    }

    #[test]
    fn what_would_change_the_meaning_is_refused_and_not_ignored() {
        let refused = |rest: &str| asked(&format!("Action=AssumeRole&Version=2011-06-15{rest}")).unwrap_err();
        assert_eq!(refused("&Policy=%7B%7D"), "ValidationException");
        assert_eq!(refused("&RoleArn=a&RoleArn=b"), "ValidationException");
        assert_eq!(refused("&DurationSeconds=long"), "ValidationException");
        assert_eq!(refused("&RoleArn=%ff"), "MalformedQueryString");
        assert_eq!(asked("Action=SendCommand&Version=2011-06-15"), Err("InvalidAction".to_owned()));
        assert_eq!(asked("Action=AssumeRole&Version=2012-01-01"), Err("InvalidAction".to_owned()));
        assert_eq!(asked(""), Err("InvalidAction".to_owned()));
    }

    #[test]
    fn a_reply_is_written_in_xml_with_instants_for_people() {
        let json = serde_json::json!({ "Credentials": { "SecretAccessKey": "a<&>\"\u{1b}b", "Expiration": 1_795_515_300.25 } });
        let mut xml = String::new();
        write(&mut xml, &json);
        assert_eq!(
            xml,
            "<Credentials><SecretAccessKey>a&lt;&amp;&gt;&quot;\u{fffd}b</SecretAccessKey>\
             <Expiration>2026-11-24T10:15:00Z</Expiration></Credentials>"
        );
    }
}
