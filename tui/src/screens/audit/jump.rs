//! Where one can go from a call: to what it touched, and to who made it.

use pilothouse_api::audit::AuditView;

use crate::mirror::Nodes;
use crate::route::{AccessTab, Route};

/// The place of a thing that is written `KIND/ID`, if it has one here.
pub(super) fn place(reference: &str) -> Option<Route> {
    let (kind, id) = reference.split_once('/')?;
    let access = |tab| Route::Access { tab, selected: Some(id.to_owned()) };
    Some(match kind {
        "node" => Route::Node(id.parse().ok()?),
        "command" => Route::command(id.parse().ok()?),
        "approval" => Route::Approval(id.to_owned()),
        "user" => access(AccessTab::Users),
        "group" => access(AccessTab::Groups),
        // Of somebody in a role the session's name follows.
        "role" => Route::Access {
            tab: AccessTab::Roles,
            selected: Some(id.split('/').next().unwrap_or(id).to_owned()),
        },
        "policy" => access(AccessTab::Policies),
        _ => return None,
    })
}

/// Everything that one can go to, with what it is called: resources first, then who made the call.
pub(super) fn places(call: &AuditView, nodes: &Nodes) -> Vec<(String, Route)> {
    let mut places: Vec<(String, Route)> = Vec::new();
    for reference in call.resources.iter().chain([&call.who]) {
        let Some(route) = place(reference) else { continue };
        if places.iter().any(|(_, known)| *known == route) {
            continue;
        }
        let called = match &route {
            Route::Node(id) => format!("node {}", nodes.name(id)),
            _ => reference.replacen('/', " ", 1),
        };
        places.push((called, route));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_place_is_found_there() {
        assert_eq!(
            place("role/deploy/ci-1"),
            Some(Route::Access { tab: AccessTab::Roles, selected: Some("deploy".into()) })
        );
        assert_eq!(
            place("node/mi-0123456789abcdef0"),
            Some(Route::Node("mi-0123456789abcdef0".parse().unwrap()))
        );
        for nowhere in ["root", "system", "account", "node/mi-1", "parameter/staging/db"] {
            assert_eq!(place(nowhere), None, "{nowhere}");
        }
    }
}
