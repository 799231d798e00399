//! Names of places in the cockpit: ids only, never data. A place's text is its locator, which people paste to each other.

use std::fmt;
use std::str::FromStr;

use pilothouse_api::audit::AuditFilter;
use pilothouse_api::protocol::{InstanceId, Millis};
use serde::{Deserialize, Serialize};

mod command;
mod documents;
mod parameters;
mod run;

pub use command::{CommandSpot, CommandTab};
pub use documents::{DocumentSpot, DocumentTab, Draft};
pub use parameters::{ParameterPlace, ParameterTab, ParameterTask};
pub use run::RunSpec;
use run::{options, run};

/// What a locator begins with.
pub const SCHEME: &str = "pilothouse:";

/// What the room of access shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccessTab {
    /// Who can sign.
    #[default]
    Users,
    /// Whom rights are given to together.
    Groups,
    /// What is taken on for a while.
    Roles,
    /// What is permitted and forbidden.
    Policies,
    /// Why something may, or may not, be done.
    Simulate,
}

impl AccessTab {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Users, Self::Groups, Self::Roles, Self::Policies, Self::Simulate];

    /// Its name in a locator.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Roles => "roles",
            Self::Policies => "policies",
            Self::Simulate => "simulate",
        }
    }
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// The fleet.
    Nodes {
        /// What the list is filtered by.
        filter: Option<String>,
    },
    /// One node.
    Node(InstanceId),
    /// Preparing a run.
    Run(RunSpec),
    /// One command, live or past.
    Command(CommandSpot),
    /// The history.
    Commands,
    /// Requests for approval.
    Inbox,
    /// One request for approval, by its id.
    Approval(String),
    /// Who there is, and what they may do.
    Access {
        /// What of it.
        tab: AccessTab,
        /// The name of the user, group, role or policy that is looked at.
        selected: Option<String>,
    },
    /// The tree of parameters.
    Parameters {
        /// The folder or parameter that the cursor is on.
        path: Option<String>,
        /// As it was then; as it is, if absent.
        at: Option<Millis>,
    },
    /// One parameter.
    Parameter(ParameterPlace),
    /// Documents.
    Documents {
        /// What the list is filtered by.
        filter: Option<String>,
    },
    /// One document.
    Document(DocumentSpot),
    /// Writing a document.
    Editor(Draft),
    /// What was done.
    Audit {
        /// By whom, on what, and how it ended.
        filter: AuditFilter,
    },
}

/// A text that is not a locator, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLocator {
    /// It names no room.
    #[error(
        "{0:?} is no place: try nodes, nodes/FILTER, node/ID, command/ID, command/ID/TAB, commands, run, inbox, approval/ID, \
         access/users, audit, parameters, parameters/PATH or parameter/NAME"
    )]
    UnknownPlace(String),
    /// The id in it is malformed.
    #[error(transparent)]
    Id(#[from] pilothouse_api::protocol::MalformedId),
    /// It has an option that runs do not take.
    #[error(
        "a run has no {0:?}: it takes nodes, target, script, from, document, version, parameter and template"
    )]
    UnknownOption(String),
    /// It has an option that the audit trail is not filtered by.
    #[error("the audit trail is not filtered by {0:?}: it takes who, what, where, result and writes")]
    UnknownCondition(String),
    /// It names no part of the access room.
    #[error("access has no {0:?}: it has users, groups, roles, policies and simulate")]
    UnknownTab(String),
    /// It names no part of the room of a command.
    #[error("a command has no {0:?}: it has summary, nodes, output, diff and timeline")]
    UnknownCommandTab(String),
    /// It has an option that parameters do not take.
    #[error(
        "parameters have no {0:?}: the tree takes at=2026-11-01, a parameter tab=history and do=edit, label or tag"
    )]
    UnknownParameterOption(String),
    /// It has an option that documents do not take.
    #[error("{0} has no {1:?}: it takes version; a new one takes type, from and version")]
    UnknownDocumentOption(&'static str, String),
    /// A target that is not KEY=VALUE,VALUE.
    #[error("{0:?} is no target: expected KEY=VALUE or KEY=VALUE,VALUE")]
    Target(String),
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        match self {
            Self::Nodes { filter: None } => f.write_str("nodes"),
            Self::Nodes { filter: Some(filter) } => write!(f, "nodes/{}", escape(filter)),
            Self::Node(id) => write!(f, "node/{id}"),
            Self::Command(spot) => spot.write(f),
            Self::Commands => f.write_str("commands"),
            Self::Documents { filter: None } => f.write_str("documents"),
            Self::Documents { filter: Some(filter) } => write!(f, "documents/{}", escape(filter)),
            Self::Document(spot) => spot.write(f),
            Self::Editor(draft) => draft.write(f),
            Self::Inbox => f.write_str("inbox"),
            Self::Approval(id) => write!(f, "approval/{}", escape(id)),
            Self::Access { tab, selected: None } => write!(f, "access/{}", tab.name()),
            Self::Access { tab, selected: Some(name) } => write!(f, "access/{}/{}", tab.name(), escape(name)),
            Self::Run(spec) => with_options(f, "run", &options(spec)),
            Self::Audit { filter } => with_options(f, "audit", &conditions(filter)),
            Self::Parameters { path, at } => {
                let (place, options) = parameters::tree(path.as_deref(), *at);
                with_options(f, &place, &options)
            }
            Self::Parameter(place) => {
                with_options(f, &format!("parameter/{}", escape(&place.name)), &parameters::options(place))
            }
        }
    }
}

fn with_options(f: &mut fmt::Formatter<'_>, place: &str, options: &[String]) -> fmt::Result {
    f.write_str(place)?;
    for (i, option) in options.iter().enumerate() {
        write!(f, "{}{option}", if i == 0 { '?' } else { '&' })?;
    }
    Ok(())
}

impl FromStr for Route {
    type Err = BadLocator;

    /// The scheme may be left out.
    fn from_str(text: &str) -> Result<Self, BadLocator> {
        let text = text.trim();
        let place = text.strip_prefix(SCHEME).unwrap_or(text);
        let (room, rest) = match place.find(['/', '?']) {
            Some(at) => (&place[..at], &place[at + 1..]),
            None => (place, ""),
        };
        match room {
            "nodes" if rest.is_empty() => Ok(Self::Nodes { filter: None }),
            "nodes" => Ok(Self::Nodes { filter: Some(unescape(rest)) }),
            "node" => Ok(Self::Node(rest.parse()?)),
            "command" => command::read(rest).map(Self::Command),
            "commands" if rest.is_empty() => Ok(Self::Commands),
            "run" => run(rest).map(Self::Run),
            "documents" if rest.is_empty() => Ok(Self::Documents { filter: None }),
            "documents" => Ok(Self::Documents { filter: Some(unescape(rest)) }),
            "document" if !rest.is_empty() => documents::document(rest),
            "new-document" => documents::new_document(rest),
            "inbox" if rest.is_empty() => Ok(Self::Inbox),
            "approval" if !rest.is_empty() => Ok(Self::Approval(unescape(rest))),
            "access" => access(rest),
            "audit" => audit(rest).map(|filter| Self::Audit { filter }),
            "parameters" => parameters::read_tree(&place[room.len()..]),
            "parameter" if !rest.is_empty() => parameters::read_one(rest).map(Self::Parameter),
            _ => Err(BadLocator::UnknownPlace(text.chars().take(80).collect())),
        }
    }
}

fn access(rest: &str) -> Result<Route, BadLocator> {
    let (tab, selected) = rest.split_once('/').unwrap_or((rest, ""));
    let selected = (!selected.is_empty()).then(|| unescape(selected));
    if tab.is_empty() {
        return Ok(Route::Access { tab: AccessTab::default(), selected });
    }
    let known = AccessTab::ALL.into_iter().find(|known| known.name() == tab);
    let tab = known.ok_or_else(|| BadLocator::UnknownTab(tab.chars().take(80).collect()))?;
    Ok(Route::Access { tab, selected })
}

fn conditions(filter: &AuditFilter) -> Vec<String> {
    let texts = [
        ("who", &filter.who),
        ("what", &filter.what),
        ("where", &filter.r#where),
        ("result", &filter.result),
    ];
    let mut conditions: Vec<String> = texts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("{name}={}", escape(text)))
        .collect();
    if filter.writes_only {
        conditions.push(String::from("writes"));
    }
    conditions
}

fn audit(conditions: &str) -> Result<AuditFilter, BadLocator> {
    let mut filter = AuditFilter::default();
    for condition in conditions.split('&').filter(|condition| !condition.is_empty()) {
        match condition.split_once('=') {
            Some(("who", text)) => filter.who = unescape(text),
            Some(("what", text)) => filter.what = unescape(text),
            Some(("where", text)) => filter.r#where = unescape(text),
            Some(("result", text)) => filter.result = unescape(text),
            None if condition == "writes" => filter.writes_only = true,
            _ => return Err(BadLocator::UnknownCondition(condition.chars().take(80).collect())),
        }
    }
    Ok(filter)
}

/// Percent-encodes what would end a part of a locator, or a word in a shell or a chat.
fn escape(text: &str) -> String {
    use fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@!*/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pilothouse_api::commands::Target;

    use super::*;

    const COMMAND: &str = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11";

    fn node() -> InstanceId {
        "mi-0123456789abcdef0".parse().unwrap()
    }

    #[test]
    fn every_place_survives_being_pasted() {
        let spec = RunSpec {
            nodes: vec![node()],
            targets: vec![Target {
                key: "tag:env".into(), values: vec!["prod, & = 50%".into(), "ü".into()]
            }],
            script: Some("uptime\necho \"a b\" && id".into()),
            from: Some(COMMAND.parse().unwrap()),
            document: Some("Deploy/web".into()),
            version: Some("3".into()),
            parameters: BTreeMap::from([("hosts".into(), vec!["a,b".into(), "c=d&e".into()])]),
            template: Some("restart-web".into()),
        };
        for route in [
            Route::Nodes { filter: None },
            Route::Nodes { filter: Some("!web os:debian".into()) },
            Route::Node(node()),
            Route::command(COMMAND.parse().unwrap()),
            Route::Command(CommandSpot {
                id: COMMAND.parse().unwrap(),
                tab: Some(CommandTab::Timeline),
                node: None,
            }),
            Route::Command(CommandSpot::output(COMMAND.parse().unwrap(), node())),
            Route::Commands,
            Route::Run(RunSpec::default()),
            Route::Run(spec),
            Route::Inbox,
            Route::Approval("apr-0123456789ab".into()),
            Route::Access { tab: AccessTab::Users, selected: None },
            Route::Access { tab: AccessTab::Policies, selected: Some("only staging/ü".into()) },
            Route::Audit { filter: AuditFilter::default() },
            Route::Audit {
                filter: AuditFilter {
                    who: "user/anna".into(),
                    what: "SendCommand".into(),
                    r#where: "env=prod & more".into(),
                    result: "refused".into(),
                    writes_only: true,
                },
            },
            Route::Parameters { path: None, at: None },
            Route::Parameters { path: None, at: Some(Millis(1_793_491_200_000)) },
            Route::Parameters { path: Some("/prod/db".into()), at: Some(Millis(1_793_491_200_000)) },
            Route::Parameters { path: Some("plain".into()), at: None },
            Route::Parameter(ParameterPlace::of("/prod/db/password")),
            Route::Parameter(ParameterPlace {
                name: "plain".into(),
                tab: ParameterTab::Uses,
                task: Some(ParameterTask::Edit),
            }),
        ] {
            let text = route.to_string();
            assert!(!text.contains(char::is_whitespace), "{text} would break in a chat");
            assert_eq!(text.parse::<Route>().as_ref(), Ok(&route), "{text}");
        }
        assert_eq!(Route::Nodes { filter: Some("web".into()) }.to_string(), "pilothouse:nodes/web");
    }

    #[test]
    fn a_text_that_is_no_place_says_what_is() {
        let said = "secrets/x".parse::<Route>().unwrap_err().to_string();
        assert!(said.contains("\"secrets/x\" is no place"), "{said}");
        assert!("node/i-1".parse::<Route>().unwrap_err().to_string().contains("mi- and 17"));
        assert!("run?colour=red".parse::<Route>().unwrap_err().to_string().contains("colour"));
        assert!(
            format!("command/{COMMAND}/log").parse::<Route>().unwrap_err().to_string().contains("\"log\"")
        );
        assert!("access/keys".parse::<Route>().unwrap_err().to_string().contains("\"keys\""));
        assert!("parameters?at=soon".parse::<Route>().unwrap_err().to_string().contains("at=soon"));
        assert!("parameter/x?tab=colour".parse::<Route>().unwrap_err().to_string().contains("tab=history"));
        assert!("audit?when=now".parse::<Route>().unwrap_err().to_string().contains("who, what"));
    }
}
