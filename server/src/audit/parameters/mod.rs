//! A request as it is recorded: members named as CloudTrail names them, secrets masked, and of a bounded size whatever was sent.
//!
//! In: an operation. Out: JSON. It is made by walking over the request itself, so that a list of ten thousand costs no more than
//! what is kept of it, and so that members (which are renamed) are told from the keys of a map (which are the caller's own and stay
//! as they are).
//!
//! Never here: which members are secrets; the operation says that.

mod parts;
mod walker;

use std::cell::Cell;

use pilothouse_api::Operation;
use serde::Serialize;
use serde_json::Value;
use walker::Walker;

/// What stands in a secret's place.
pub const MASK: &str = "***";
/// Bytes of texts and names that are kept of one request.
const MAX_TOTAL: usize = 64 * 1024;

/// The recorded form of a request.
#[must_use]
pub fn parameters<O: Operation>(operation: &O) -> Value {
    walk(operation, O::SECRETS)
}

fn walk<T: Serialize>(request: &T, secrets: &[&str]) -> Value {
    let budget = Cell::new(MAX_TOTAL);
    match request.serialize(Walker::new(secrets, &budget)) {
        Ok(Value::Object(members)) if members.is_empty() => Value::Null,
        Ok(value) => value,
        Err(error) => {
            // Only a map whose keys are no texts comes here.
            tracing::error!(%error, "a request cannot be written into the audit trail");
            Value::String(String::from("(cannot be shown)"))
        }
    }
}

/// The first bytes of a text, and how long it was when it is cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pilothouse_api::commands::SendCommand;
    use serde_json::json;

    use super::walker::MAX_TEXT;
    use super::*;

    #[derive(Serialize)]
    struct Nested {
        #[serde(rename = "SecretAccessKey")]
        secret: &'static str,
        #[serde(rename = "UserName")]
        user: &'static str,
        activation_code: &'static str,
        absent: Option<u8>,
    }

    #[test]
    fn members_are_named_as_cloudtrail_names_them_and_keys_of_maps_are_the_callers_own() {
        let send = SendCommand {
            document_name: String::from("AWS-RunShellScript"),
            parameters: BTreeMap::from([(String::from("Commands"), vec![String::from("id")])]),
            ..SendCommand::default()
        };
        let shown = parameters(&send);
        assert_eq!(shown["documentName"], "AWS-RunShellScript");
        assert_eq!(shown["parameters"]["Commands"], json!(["id"]));
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let request = vec![Nested { secret: "s3cret", user: "ann", activation_code: "c0de", absent: None }];
        let shown = walk(&request, &["SecretAccessKey", "activation_code"]);
        assert_eq!(shown, json!([{"secretAccessKey": "***", "userName": "ann", "activationCode": "***"}]));
    }

    #[test]
    fn a_secret_is_masked_as_a_key_of_a_map_too() {
        let request = BTreeMap::from([("Code", "c0de")]);
        assert_eq!(walk(&request, &["Code"]), json!({"Code": "***"}));
    }

    #[test]
    fn long_lists_and_texts_are_cut_with_a_count() {
        let ids: Vec<String> = (0..10_000).map(|n| format!("mi-{n:017}")).collect();
        let shown = walk(&ids, &[]);
        assert_eq!(shown.as_array().unwrap().len(), 101);
        assert_eq!(shown[100], "… 9900 more");
        let text = "ä".repeat(MAX_TEXT);
        let shown = walk(&text, &[]);
        assert!(shown.as_str().unwrap().ends_with("… (16384 bytes)"), "{shown}");
    }

    #[test]
    fn whatever_is_sent_its_record_is_bounded() {
        let text = "x".repeat(MAX_TEXT);
        let lists: Vec<Vec<&str>> = vec![vec![&text; 200]; 200];
        let maps: BTreeMap<String, &Vec<Vec<&str>>> =
            (0..200).map(|n| (format!("{n}{}", "k".repeat(1000)), &lists)).collect();
        assert!(walk(&maps, &[]).to_string().len() < 2 * MAX_TOTAL);
    }
}
