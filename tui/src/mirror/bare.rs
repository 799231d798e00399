//! Topics as rooms name them: without a cursor.

use std::collections::BTreeMap;

use pilothouse_api::topics::Topic;

/// The topic with its cursor at the beginning: what rooms name it by.
#[must_use]
pub fn bare(topic: &Topic) -> Topic {
    match topic {
        Topic::Nodes { .. } => Topic::nodes(),
        Topic::Commands { .. } => Topic::commands(),
        Topic::Command { command_id, .. } => Topic::Command { command_id: command_id.clone(), after: 0 },
        Topic::Output { command_id, instance_id, .. } => {
            Topic::Output { command_id: command_id.clone(), instance_id: instance_id.clone(), from: 0 }
        }
        Topic::Merged { command_id, .. } => {
            Topic::Merged { command_id: command_id.clone(), from: BTreeMap::new(), after: 0 }
        }
        Topic::Search { command_id, query, .. } => Topic::Search {
            command_id: command_id.clone(),
            query: query.clone(),
            from: BTreeMap::new(),
            after: 0,
        },
        Topic::Groups { command_id, normal, .. } => {
            Topic::Groups { command_id: command_id.clone(), normal: *normal, after: 0 }
        }
        Topic::Armings { .. } => Topic::Armings { after: 0 },
        Topic::Approvals { .. } => Topic::Approvals { after: 0 },
        Topic::Audit { filter, .. } => Topic::Audit { filter: filter.clone(), after: 0 },
        Topic::Parameters { .. } => Topic::parameters(),
    }
}
