//! Targets and scripts as they are given on a command line.

use pilothouse_api::commands::Target;
use pilothouse_api::topics::NodeView;

use super::VerbError;

/// Reads `tag:env=prod,staging`, or AWS's `Key=tag:env,Values=prod,staging`.
///
/// # Errors
/// When it is neither.
pub fn target(text: &str) -> Result<Target, VerbError> {
    let split = match text.strip_prefix("Key=") {
        Some(rest) => rest.split_once(",Values="),
        None => text.split_once('='),
    };
    match split {
        Some((key, values)) if !key.is_empty() && !values.is_empty() => {
            Ok(Target { key: key.to_owned(), values: values.split(',').map(str::to_owned).collect() })
        }
        _ => Err(VerbError::Usage(format!(
            "{text:?} is no target: write tag:KEY=VALUE, tag:KEY=VALUE,VALUE or InstanceIds=ID"
        ))),
    }
}

/// The nodes of these names or ids, in order.
///
/// # Errors
/// When a name fits no node, or more than one.
pub fn named(names: &[String], fleet: &[NodeView]) -> Result<Vec<NodeView>, VerbError> {
    let mut found: Vec<NodeView> = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let fits =
            |node: &&NodeView| node.instance_id.as_str() == name || node.name.eq_ignore_ascii_case(name);
        let mut fitting = fleet.iter().filter(fits);
        let node = fitting.next().ok_or_else(|| VerbError::Usage(format!("no node is called {name:?}")))?;
        if fitting.next().is_some() {
            return Err(VerbError::Usage(format!("several nodes are called {name:?}: give the id instead")));
        }
        if !found.iter().any(|it| it.instance_id == node.instance_id) {
            found.push(node.clone());
        }
    }
    Ok(found)
}

/// The script that the words mean. One word is a script as it stands (`'cd /tmp && ls | wc -l'`). Several are a program and its
/// arguments and reach it one by one, whatever is in them, as with `sudo`, `env` or `kubectl exec`.
#[must_use]
pub fn script(words: &[String]) -> String {
    match words {
        [only] => only.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}

/// The word as a POSIX shell must be given it.
fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:=,@%+".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::{id, node};

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn targets_are_read_in_our_way_and_in_awss() {
        let wanted = Target { key: "tag:env".into(), values: vec!["prod".into(), "dev".into()] };
        assert_eq!(target("tag:env=prod,dev").unwrap(), wanted);
        assert_eq!(target("Key=tag:env,Values=prod,dev").unwrap(), wanted);
        assert_eq!(target("prod").unwrap_err().status(), 2);
    }

    #[test]
    fn one_word_is_a_script_and_several_are_arguments() {
        assert_eq!(script(&words(&["cd /tmp && ls | wc -l"])), "cd /tmp && ls | wc -l");
        assert_eq!(script(&words(&["df", "-h", "/"])), "df -h /");
        assert_eq!(script(&words(&["ls", "*.log", "it's", ""])), r"ls '*.log' 'it'\''s' ''");
    }

    #[test]
    fn nodes_are_found_by_name_or_id_once_and_a_wrong_name_is_said() {
        let fleet: Vec<_> = (0..4).map(node).collect();
        let found = named(&words(&["WEB-00", id(1).as_str(), "web-00"]), &fleet).unwrap();
        assert_eq!(found.iter().map(|it| &it.instance_id).collect::<Vec<_>>(), [&id(0), &id(1)]);
        assert!(named(&words(&["nope"]), &fleet).unwrap_err().to_string().contains("nope"));
    }
}
