//! The target line of the run form: what a person types, as a question to the server.
//!
//! In: `tag:env=prod,staging`, names and ids of nodes, `all`, `online`. Out: targets and ids that a command can carry, or why
//! not, in words.
//! Never here: which nodes these are (the server says that), the form.

use std::collections::BTreeSet;

use pilothouse_api::commands::Target;
use pilothouse_api::fleet::ResolveTargets;
use pilothouse_api::protocol::InstanceId;
use serde::{Deserialize, Serialize};

use crate::typed;

/// The most values that AWS takes for one target.
const MAX_VALUES: usize = 50;
/// The most targets that AWS takes.
const MAX_TARGETS: usize = 5;

/// A target line that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Tags: entries are ANDed, the values of one ORed.
    pub targets: Vec<Target>,
    /// Explicit ids.
    pub ids: BTreeSet<InstanceId>,
    /// Words that are neither; taken as names of nodes.
    pub names: BTreeSet<String>,
    /// Whether nodes that do not answer are left out.
    pub online_only: bool,
    /// Whether every node is meant.
    pub all: bool,
}

/// Why a target line was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing was typed.
    #[error("say where: tag:env=prod, a node's name or id, or all online")]
    Empty,
    /// A tag without a key or value.
    #[error("{0:?}: a tag is written tag:KEY=VALUE, several values with commas")]
    Tag(String),
    /// Tags and nodes in one line.
    #[error("name nodes or tags, not both in one line")]
    Mixed,
    /// More tags than one command takes.
    #[error("at most {MAX_TARGETS} tags")]
    TooManyTags,
    /// More values than one tag takes.
    #[error("tag {0:?} has more than {MAX_VALUES} values")]
    TooManyValues(String),
    /// `all` and something else.
    #[error("all means every node: leave the rest out")]
    AllAndMore,
}

impl Query {
    /// Reads a target line. Words are separated by blanks; a value with blanks stands in double quotes.
    ///
    /// # Errors
    /// When it is empty, mixes tags and nodes, or breaks a limit of the command.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for word in typed::words(text) {
            query.take(&word)?;
        }
        query.check()
    }

    fn take(&mut self, word: &str) -> Result<(), QueryError> {
        let lower = word.to_lowercase();
        if lower == "all" || lower == "*" {
            self.all = true;
        } else if lower == "online" || lower == "ping=online" {
            self.online_only = true;
        } else if let Some(rest) = word.strip_prefix("tag:") {
            self.targets.push(tag(word, rest)?);
        } else if let Some(keys) = word.strip_prefix("tag-key=").or_else(|| word.strip_prefix("tag-key:")) {
            self.targets.push(Target { key: "tag-key".to_owned(), values: values(word, keys)? });
        } else {
            for part in word.split(',').filter(|part| !part.is_empty()) {
                match part.parse() {
                    Ok(id) => drop(self.ids.insert(id)),
                    Err(_) => drop(self.names.insert(part.to_owned())),
                }
            }
        }
        Ok(())
    }

    fn check(self) -> Result<Self, QueryError> {
        let nodes = !self.ids.is_empty() || !self.names.is_empty();
        let tags = !self.targets.is_empty();
        if self.all && (nodes || tags) {
            return Err(QueryError::AllAndMore);
        }
        if nodes && tags {
            return Err(QueryError::Mixed);
        }
        if self.targets.len() > MAX_TARGETS {
            return Err(QueryError::TooManyTags);
        }
        if let Some(target) = self.targets.iter().find(|t| t.values.len() > MAX_VALUES) {
            return Err(QueryError::TooManyValues(target.key.clone()));
        }
        if !nodes && !tags && !self.all && !self.online_only {
            return Err(QueryError::Empty);
        }
        Ok(self)
    }

    /// The line that means these targets, as far as it can be written.
    #[must_use]
    pub fn text(targets: &[Target]) -> String {
        let words = targets.iter().map(|target| {
            let values = target.values.join(",");
            let word = match target.key.as_str() {
                key if key.eq_ignore_ascii_case("InstanceIds") && values == "*" => "all".to_owned(),
                key if key.eq_ignore_ascii_case("InstanceIds") => values,
                key => format!("{key}={values}"),
            };
            if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether the command can carry the tags themselves, so that its history says what was meant.
    #[must_use]
    pub fn is_by_tags(&self) -> bool {
        !self.targets.is_empty() && !self.online_only
    }

    /// The question to the server; `ids_of_names` are the nodes that the names stand for.
    #[must_use]
    pub fn question(&self, ids_of_names: &[InstanceId]) -> ResolveTargets {
        let mut ids: BTreeSet<String> = self.ids.iter().map(ToString::to_string).collect();
        ids.extend(ids_of_names.iter().map(ToString::to_string));
        ResolveTargets { targets: self.targets.clone(), instance_ids: ids.into_iter().collect() }
    }
}

fn tag(word: &str, rest: &str) -> Result<Target, QueryError> {
    let (key, value) = rest.split_once('=').ok_or_else(|| QueryError::Tag(word.to_owned()))?;
    if key.is_empty() {
        return Err(QueryError::Tag(word.to_owned()));
    }
    Ok(Target { key: format!("tag:{key}"), values: values(word, value)? })
}

fn values(word: &str, text: &str) -> Result<Vec<String>, QueryError> {
    let found: Vec<String> = text.split(',').filter(|v| !v.is_empty()).map(str::to_owned).collect();
    if found.is_empty() { Err(QueryError::Tag(word.to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(key: &str, values: &[&str]) -> Target {
        Target { key: key.to_owned(), values: values.iter().map(|&v| v.to_owned()).collect() }
    }

    #[test]
    fn tags_become_targets_of_the_command() {
        let query = Query::parse("tag:env=prod,staging  tag:Role=\"web server\" tag-key=owner").unwrap();
        assert_eq!(
            query.targets,
            [
                target("tag:env", &["prod", "staging"]),
                target("tag:Role", &["web server"]),
                target("tag-key", &["owner"])
            ]
        );
        assert!(query.is_by_tags());
    }

    #[test]
    fn the_targets_of_an_earlier_command_can_be_typed_again() {
        let targets = vec![target("tag:env", &["prod", "staging"]), target("tag:Role", &["web server"])];
        let text = Query::text(&targets);
        assert_eq!(text, "tag:env=prod,staging \"tag:Role=web server\"");
        assert_eq!(Query::parse(&text).unwrap().targets, targets);
        assert!(Query::parse(&Query::text(&[target("InstanceIds", &["*"])])).unwrap().all);
    }

    #[test]
    fn ids_and_names_can_be_mixed_and_are_asked_for_by_id() {
        let query = Query::parse("mi-00000000000000001,web-01 db-02").unwrap();
        assert_eq!(query.names.iter().map(String::as_str).collect::<Vec<_>>(), ["db-02", "web-01"]);
        let asked = query.question(&["mi-00000000000000002".parse().unwrap()]);
        assert_eq!(asked.instance_ids, ["mi-00000000000000001", "mi-00000000000000002"]);
    }

    #[test]
    fn all_online_is_every_node_that_answers() {
        let query = Query::parse("all online").unwrap();
        assert!(query.all && query.online_only);
        assert_eq!(query.question(&[]), ResolveTargets::default());
    }

    #[test]
    fn what_a_command_cannot_carry_is_refused_with_the_reason() {
        for (text, error) in [
            ("", QueryError::Empty),
            ("   ", QueryError::Empty),
            ("tag:env", QueryError::Tag("tag:env".to_owned())),
            ("tag:=x", QueryError::Tag("tag:=x".to_owned())),
            ("tag:env=", QueryError::Tag("tag:env=".to_owned())),
            ("tag:env=prod web-01", QueryError::Mixed),
            ("all web-01", QueryError::AllAndMore),
            ("tag:a=1 tag:b=1 tag:c=1 tag:d=1 tag:e=1 tag:f=1", QueryError::TooManyTags),
        ] {
            assert_eq!(Query::parse(text), Err(error), "{text:?}");
        }
    }
}
