//! The filter over the tree: the server is asked, so that all of it is searched and not only what was opened.
//!
//! In: what is typed: `db`, `/prod`, `type:secure`, `label:live`, `tag:env=prod`. Out: AWS's filters. Never here: the answers.

use pilothouse_api::parameters::{ParameterStringFilter, TIERS, TYPES};

use crate::typed;

/// What the filter may look like.
pub(super) const HINT: &str = "db  /prod  type:secure  label:live  tier:advanced  tag:env=prod  key:alias/x";

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Search {
    text: String,
    filters: Vec<ParameterStringFilter>,
    /// What is wrong with what was typed.
    pub(super) wrong: Option<String>,
}

impl Search {
    /// Whether something is searched for.
    pub(super) fn is_on(&self) -> bool {
        !self.text.is_empty()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What the server is asked for, if it makes sense.
    pub(super) fn filters(&self) -> Option<Vec<ParameterStringFilter>> {
        (self.is_on() && self.wrong.is_none()).then(|| self.filters.clone())
    }

    pub(super) fn take(&mut self, text: &str) {
        text.trim().clone_into(&mut self.text);
        (self.filters, self.wrong) = match read(&self.text) {
            Ok(filters) => (filters, None),
            Err(why) => (Vec::new(), Some(why)),
        };
    }
}

fn read(text: &str) -> Result<Vec<ParameterStringFilter>, String> {
    let mut filters: Vec<ParameterStringFilter> = Vec::new();
    for word in typed::words(text) {
        let filter = filter(&word)?;
        if filters.iter().any(|it| it.key == filter.key) {
            let said = if filter.key == "Name" { "one part of a name" } else { filter.key.as_str() };
            return Err(format!("{said} at a time can be searched for"));
        }
        filters.push(filter);
    }
    Ok(filters)
}

fn filter(word: &str) -> Result<ParameterStringFilter, String> {
    let of = |key: &str, option: Option<&str>, value: &str| ParameterStringFilter {
        key: key.to_owned(),
        option: option.map(str::to_owned),
        values: vec![value.to_owned()],
    };
    let (field, value) = match word.split_once(':') {
        Some((field, value)) => (field, value),
        None if word.starts_with('/') && word.len() > 1 => {
            return Ok(of("Path", Some("Recursive"), word.trim_end_matches('/')));
        }
        None => return Ok(of("Name", Some("Contains"), word)),
    };
    let choose = |key: &str, all: &[&str]| {
        let lower = value.to_lowercase();
        // Of two that begin so, the shorter is meant: String before StringList.
        let mut fit: Vec<&&str> = all.iter().filter(|it| it.to_lowercase().starts_with(&lower)).collect();
        fit.sort_by_key(|it| it.len());
        let found = fit.first().map(|it| of(key, None, it));
        found.ok_or_else(|| format!("{field} is one of {}", all.join(", ")))
    };
    match field {
        "type" => choose("Type", TYPES),
        "tier" => choose("Tier", TIERS),
        "label" => Ok(of("Label", None, value)),
        "key" => Ok(of("KeyId", None, value)),
        "data" => Ok(of("DataType", None, value)),
        "tag" => match value.split_once('=') {
            Some((key, value)) => Ok(of(&format!("tag:{key}"), None, value)),
            None => Ok(ParameterStringFilter { key: word.to_owned(), ..ParameterStringFilter::default() }),
        },
        _ => Err(format!("{field:?} is nothing to search by: type, tier, label, key, data, tag")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<(String, String)> {
        let filters = read(text).unwrap();
        filters.into_iter().map(|it| (it.key, it.values.join(","))).collect()
    }

    #[test]
    fn words_become_the_servers_filters() {
        let told = keys("db /prod/ type:sec label:live tag:env=prod");
        let told: Vec<(&str, &str)> = told.iter().map(|(key, value)| (&**key, &**value)).collect();
        let wanted = [
            ("Name", "db"),
            ("Path", "/prod"),
            ("Type", "SecureString"),
            ("Label", "live"),
            ("tag:env", "prod"),
        ];
        assert_eq!(told, wanted);
        assert_eq!(keys("type:string"), [("Type".to_owned(), "String".to_owned())]);
    }

    #[test]
    fn what_cannot_be_searched_for_is_said() {
        assert!(read("a b").unwrap_err().contains("one part of a name"));
        assert!(read("type:blob").unwrap_err().contains("StringList"));
        assert!(read("colour:red").unwrap_err().contains("colour"));
    }
}
