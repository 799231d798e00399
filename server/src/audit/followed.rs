//! What a `Follow` follows, in a word: its request is a tree of cursors, and its answer touches nothing that a list could name.

use serde_json::{Map, Value};

/// What `request`, in its recorded form, follows: `nodes`, `command/UUID`, `output of node/mi-… in command/UUID`, ….
#[must_use]
pub(super) fn followed(request: &Value) -> Option<String> {
    let (topic, members) = request.get("topic")?.as_object()?.iter().next()?;
    let members = members.as_object()?;
    Some(match topic.as_str() {
        "Command" => command(members)?,
        "Output" => {
            format!("output of node/{} in {}", members.get("instanceId")?.as_str()?, command(members)?)
        }
        "Merged" => format!("output of {}", command(members)?),
        "Groups" => format!("groups of {}", command(members)?),
        other => other.to_lowercase(),
    })
}

fn command(members: &Map<String, Value>) -> Option<String> {
    members.get("commandId")?.as_str().map(|id| format!("command/{id}"))
}

#[cfg(test)]
mod tests {
    use pilothouse_api::audit::AuditFilter;
    use pilothouse_api::fleet::Follow;
    use pilothouse_api::folding::Normal;
    use pilothouse_api::topics::Topic;
    use pilothouse_protocol::{CommandId, InstanceId};

    use super::*;
    use crate::audit::parameters;

    #[test]
    fn every_topic_is_told_in_a_word() {
        let command_id: CommandId = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap();
        let instance_id = InstanceId::from_random([7; 9]);
        let groups_of = command_id.clone();
        let command = format!("command/{command_id}");
        for (topic, told) in [
            (Topic::nodes(), String::from("nodes")),
            (Topic::commands(), String::from("commands")),
            (Topic::Command { command_id: command_id.clone(), after: 0 }, command.clone()),
            (
                Topic::Output { command_id: command_id.clone(), instance_id: instance_id.clone(), from: 0 },
                format!("output of node/{instance_id} in {command}"),
            ),
            (
                Topic::Merged { command_id, from: [(instance_id, 9)].into(), after: 0 },
                format!("output of {command}"),
            ),
            (
                Topic::Groups { command_id: groups_of, normal: Normal::default(), after: 0 },
                format!("groups of {command}"),
            ),
            (Topic::Armings { after: 0 }, String::from("armings")),
            (Topic::Approvals { after: 0 }, String::from("approvals")),
            (Topic::Audit { filter: AuditFilter::default(), after: 0 }, String::from("audit")),
            (Topic::parameters(), String::from("parameters")),
        ] {
            assert_eq!(followed(&parameters(&Follow { topic })), Some(told));
        }
        assert_eq!(followed(&Value::Null), None);
    }
}
