//! The resources that a request names itself: for calls that were refused before anything was looked up for them.

use serde_json::Value;

use super::record::MAX_RESOURCES;
use crate::access::{Kind, Resource};

/// Members that name resources, as they are recorded.
const MEMBERS: [(&str, Kind); 14] = [
    ("instanceId", Kind::Node),
    ("instanceIds", Kind::Node),
    ("nodes", Kind::Node),
    ("target", Kind::Node),
    ("resourceId", Kind::Node),
    ("activationId", Kind::Activation),
    ("documentName", Kind::Document),
    ("commandId", Kind::Command),
    ("userName", Kind::User),
    ("groupName", Kind::Group),
    ("roleName", Kind::Role),
    ("policyName", Kind::Policy),
    ("environment", Kind::Environment),
    ("approvalId", Kind::Approval),
];

/// What `request`, in its recorded form, names; whether it exists is not known.
#[must_use]
pub fn named(request: &Value) -> Vec<Resource> {
    let mut found = Vec::new();
    look(request, &mut found);
    // SendCommandToNodes carries the command that it sends.
    if let Some(command) = request.get("command") {
        look(command, &mut found);
    }
    found
}

fn look(request: &Value, found: &mut Vec<Resource>) {
    for (member, kind) in MEMBERS {
        let texts: Vec<&str> = match request.get(member) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        let room = MAX_RESOURCES.saturating_sub(found.len());
        let texts = texts.into_iter().filter(|text| !text.is_empty()).take(room);
        found.extend(texts.map(|text| Resource::new(kind, text)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn references(request: &Value) -> Vec<String> {
        named(request).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_refused_call_was_about_can_be_told_from_its_request() {
        let send =
            json!({ "documentName": "AWS-RunShellScript", "instanceIds": ["mi-1", "mi-2"], "comment": "x" });
        assert_eq!(references(&send), ["node/mi-1", "node/mi-2", "document/AWS-RunShellScript"]);
        let many = json!({ "nodes": ["mi-3"], "command": { "documentName": "AWS-RunShellScript" } });
        assert_eq!(references(&many), ["node/mi-3", "document/AWS-RunShellScript"]);
        let join = json!({ "groupName": "ops", "userName": "anna" });
        assert_eq!(references(&join), ["user/anna", "group/ops"]);
    }

    #[test]
    fn a_request_without_names_and_one_of_any_shape_names_nothing() {
        assert_eq!(references(&json!({ "instanceIds": [1, {}], "userName": null })), Vec::<String>::new());
        assert_eq!(references(&Value::Null), Vec::<String>::new());
    }
}
