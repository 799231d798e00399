//! What of the filter's text the server can do, so that what is rare or old is found: `who:`, `document:`, `state:`, `target:` and
//! any text, without `!`. All words are also tried here, on what the server let through.

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::InstanceId;
use pilothouse_api::runs::FindCommands;
use pilothouse_kit::theme::Symbols;

use crate::look;
use crate::typed;

/// The longest text that the server takes.
const LONGEST: usize = 256;

/// Reads what was typed; `faults` is the switch beside it.
pub(super) fn read(text: &str, faults: bool, symbols: &Symbols) -> FindCommands {
    let mut find = FindCommands::default();
    for word in typed::words(text) {
        if word.starts_with(['!', '~', '@', '/']) || word.len() > LONGEST {
            continue;
        }
        let (name, value) = word.split_once([':', '=']).unwrap_or(("", &word));
        if value.is_empty() {
            continue;
        }
        let part = match name {
            "who" | "by" => &mut find.who,
            "document" | "doc" => &mut find.document,
            "target" | "targets" if is_target(value) => &mut find.target,
            "state" | "status" if find.states.is_empty() => {
                find.states = states(value, symbols);
                continue;
            }
            "script" | "runs" | "comment" | "id" => &mut find.text,
            "" => &mut find.text,
            _ => continue,
        };
        // Of two the second narrows what the first let through, here; so does each of several values.
        if part.is_none() && !value.contains(',') {
            *part = Some(value.to_owned());
        }
    }
    // A word without a name may be anywhere, who sent it and the targets included: the server looks at less.
    if find.text.as_ref().is_some_and(|text| text.len() < 2) {
        find.text = None;
    }
    if faults && find.states.is_empty() {
        find.states = CommandState::ALL.iter().filter(|state| is_ill(**state)).map(name).collect();
    }
    find
}

/// Whether the server knows it as a target: a node, or a tag. What is part of one of both is looked for here.
fn is_target(value: &str) -> bool {
    let tag = value.strip_prefix("tag:").is_some_and(|tag| tag.contains('='));
    tag || value.parse::<InstanceId>().is_ok() || !value.contains(':')
}

/// States that are called so, by the server's word or by ours.
fn states(value: &str, symbols: &Symbols) -> Vec<String> {
    let wanted: Vec<String> =
        value.split(',').filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    let called = |state: &CommandState| {
        let names = [look::command(*state, symbols).word.to_lowercase(), state.as_str().to_lowercase()];
        wanted.iter().any(|part| names.iter().any(|name| name.contains(part)))
    };
    CommandState::ALL.iter().filter(|state| called(state)).map(name).collect()
}

fn name(state: &CommandState) -> String {
    state.as_str().to_owned()
}

/// Whether it is over, and not well.
const fn is_ill(state: CommandState) -> bool {
    use CommandState as S;
    !matches!(state, S::Pending | S::InProgress | S::Success | S::Cancelled | S::Cancelling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_kit::theme::{Depth, Theme};

    fn found(text: &str, faults: bool) -> FindCommands {
        let theme = Theme::builtin("dark", Depth::True).unwrap();
        read(text, faults, theme.symbols())
    }

    #[test]
    fn the_server_is_asked_for_what_it_can_do_and_nothing_else() {
        let find = found("who:anna doc:shell state:failed target:web-01 uptime !who:root @prod", false);
        let wanted = FindCommands {
            who: Some("anna".into()),
            document: Some("shell".into()),
            states: vec!["Failed".into()],
            target: Some("web-01".into()),
            text: Some("uptime".into()),
            ..FindCommands::default()
        };
        assert_eq!(find, wanted);
        assert_eq!(found("who:anna,ben target:tag:env nothing:x", false), FindCommands::default());
        assert_eq!(found("target:tag:env=prod", false).target.as_deref(), Some("tag:env=prod"));
    }

    #[test]
    fn faults_only_asks_for_the_states_that_are_one() {
        let states = found("", true).states;
        assert!(
            states.contains(&"Failed".to_owned()) && !states.contains(&"Success".to_owned()),
            "{states:?}"
        );
    }
}
