//! `pilothouse nodes`: the fleet as lines.

use std::io::Write;

use jiff::Timestamp;
use pilothouse_api::fleet::ResolveTargets;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::NodeView;
use pilothouse_client::Client;
use pilothouse_kit::safe;
use serde_json::json;

use super::VerbError;
use crate::screens::nodes::passes;
use crate::screens::rows::Filter;

const HEAD: [&str; 6] = ["NAME", "ID", "STATE", "PLATFORM", "ADDRESS", "TAGS"];

/// Prints the nodes that pass `filter`, in order of name.
///
/// # Errors
/// When they cannot be asked for or printed.
pub async fn nodes(client: &Client, filter: &str, json: bool, out: &mut impl Write) -> Result<(), VerbError> {
    let filter = Filter::read(filter);
    let mut nodes = client.call(&ResolveTargets::default()).await?.nodes;
    nodes.retain(|node| passes(&filter, node));
    if json {
        for node in &nodes {
            writeln!(out, "{}", object(node))?;
        }
    } else {
        table(&nodes, out)?;
    }
    out.flush()?;
    Ok(())
}

/// Members are called as those that `pilothouse run --json` prints.
fn object(node: &NodeView) -> serde_json::Value {
    let instant = |at: Millis| Timestamp::from_millisecond(at.0).ok().map(|at| at.to_string());
    json!({
        "node": node.name, "id": node.instance_id, "state": node.ping, "tags": node.tags,
        "platform": node.platform, "platformName": node.platform_name, "platformVersion": node.platform_version,
        "architecture": node.architecture, "kernel": node.kernel, "computerName": node.computer_name,
        "address": node.ip_address, "cpus": node.cpus, "memoryBytes": node.memory_bytes,
        "agentVersion": node.agent_version, "registeredAt": instant(node.registered_at),
        "lastHeardAt": instant(node.last_ping), "activationId": node.activation_id, "conflict": node.conflict,
    })
}

fn table(nodes: &[NodeView], out: &mut impl Write) -> std::io::Result<()> {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(nodes.iter().map(row));
    let mut widths = [0; HEAD.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(safe::width(cell));
        }
    }
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(&row) {
            line.push_str(&safe::fit(cell, *width, ""));
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn row(node: &NodeView) -> [String; 6] {
    let tags: Vec<String> = node.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    [
        node.name.clone(),
        node.instance_id.to_string(),
        node.ping.to_string(),
        format!("{} {}", node.platform_name, node.platform_version),
        node.ip_address.clone(),
        tags.join(","),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures;

    #[test]
    fn programs_find_the_members_that_a_run_has_and_instants_with_their_zone() {
        let object = object(&fixtures::node(0));
        assert_eq!(object["node"], "web-00");
        assert!(object["id"].as_str().unwrap().starts_with("mi-"));
        assert!(object["lastHeardAt"].as_str().unwrap().ends_with('Z'), "{object}");
    }

    #[test]
    fn the_fleet_is_a_table_and_names_are_made_harmless() {
        let mut nodes = vec![fixtures::node(0), fixtures::node(3)];
        nodes[0].name = "we\x1b[31mb".into();
        let mut out = Vec::new();
        table(&nodes, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("NAME") && text.contains("ConnectionLost") && !text.contains('\x1b'),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
    }
}
