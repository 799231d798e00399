//! What is asked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What it takes. Source: AWS-ConfigureAWSPackage and its plugin's reference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    name: String,
    #[serde(default)]
    version: String,
    action: String,
    #[serde(default)]
    installation_type: String,
    #[serde(default)]
    additional_arguments: Option<Value>,
}

/// What is to become of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It is to be there; another version goes before.
    Install,
    /// It is to be there; another version is updated in its place.
    Update,
    /// It is to go.
    Uninstall,
}

/// The same, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The package, without what an ARN says before.
    pub(super) name: String,
    /// As the server is asked for it.
    pub(super) asked: String,
    /// Which version; the default one if none.
    pub(super) version: Option<String>,
    pub(super) action: Action,
    /// Environment variables for its scripts.
    pub(super) arguments: Vec<(String, String)>,
}

impl Inputs {
    /// Checks them.
    pub(super) fn checked(self) -> Result<Order, String> {
        let asked = self.name.trim().to_owned();
        let name = asked.rsplit('/').next().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(String::from("name is empty: say which package"));
        }
        let action = match (self.action.as_str(), self.installation_type.as_str()) {
            ("Install", "" | "Uninstall and reinstall") => Action::Install,
            ("Install", "In-place update") => Action::Update,
            ("Uninstall", _) => Action::Uninstall,
            ("Install", other) => {
                return Err(format!(
                    "installationType is {other:?}, and must be \"Uninstall and reinstall\" or \"In-place update\""
                ));
            }
            (other, _) => return Err(format!("action is {other:?}, and must be Install or Uninstall")),
        };
        let version = self.version.trim();
        let is_default = version.is_empty() || version == "latest";
        let version = (!is_default).then(|| version.to_owned());
        Ok(Order { name, asked, version, action, arguments: arguments(self.additional_arguments)? })
    }
}

/// Each is named `SSM_…`, and reaches scripts as a variable of that name.
fn arguments(given: Option<Value>) -> Result<Vec<(String, String)>, String> {
    let wrong = |what: String| format!("additionalArguments {what}");
    let map: BTreeMap<String, Value> = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => serde_json::from_str(&text),
        Some(value) => serde_json::from_value(value),
    }
    .map_err(|error| wrong(format!("is no JSON object: {error}")))?;
    let mut arguments = Vec::with_capacity(map.len());
    for (name, value) in map {
        let rest = name.strip_prefix("SSM_").unwrap_or_default();
        let spelled = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if rest.is_empty() || !spelled {
            return Err(wrong(format!(
                "holds {name:?}: each name begins with SSM_, then letters, digits and _"
            )));
        }
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if value.contains('\0') {
            return Err(wrong(format!("holds a NUL in {name}")));
        }
        arguments.push((name, value));
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(inputs: Value) -> Result<Order, String> {
        serde_json::from_value::<Inputs>(inputs).map_err(|error| error.to_string())?.checked()
    }

    #[test]
    fn a_package_is_named_by_name_or_arn_and_latest_is_no_version() {
        let arn = "arn:aws:ssm:us-east-1:000000000000:document/web";
        let it = order(json!({ "name": arn, "version": "latest", "action": "Install" })).unwrap();
        assert_eq!((it.name.as_str(), it.asked.as_str(), it.version), ("web", arn, None));
        let it = order(json!({ "name": "web", "version": "1.0", "action": "Uninstall" })).unwrap();
        assert_eq!((it.version.as_deref(), it.action), (Some("1.0"), Action::Uninstall));
        let place = json!({ "name": "web", "action": "Install", "installationType": "In-place update" });
        assert_eq!(order(place).unwrap().action, Action::Update);
    }

    #[test]
    fn arguments_come_as_a_map_or_as_its_text() {
        for given in
            [json!({ "SSM_port": 80, "SSM_name": "a b" }), json!("{\"SSM_port\":80,\"SSM_name\":\"a b\"}")]
        {
            let it =
                order(json!({ "name": "web", "action": "Install", "additionalArguments": given })).unwrap();
            let found: Vec<_> = it.arguments.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(found, [("SSM_name", "a b"), ("SSM_port", "80")]);
        }
        let empty = json!({ "name": "web", "action": "Install", "additionalArguments": "" });
        assert_eq!(order(empty).unwrap().arguments, []);
    }

    #[test]
    fn what_cannot_be_is_told() {
        let with = |member: &str, value: Value| {
            let mut inputs = json!({ "name": "web", "action": "Install" });
            inputs[member] = value;
            order(inputs).unwrap_err()
        };
        assert!(with("action", json!("install")).contains("must be Install or Uninstall"));
        assert!(with("installationType", json!("Reinstall")).contains("In-place update"));
        assert!(with("additionalArguments", json!({ "PATH": "/tmp" })).contains("begins with SSM_"));
        assert!(with("additionalArguments", json!("{")).contains("no JSON object"));
        assert!(with("verison", json!("1")).contains("verison"));
        assert!(with("name", json!(" ")).contains("name is empty"));
    }
}
