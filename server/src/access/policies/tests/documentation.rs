//! What the page on policies shows is what the server takes.

use pilothouse_api::access::Severity;

use crate::access::policies::{actions, validate};

const PAGE: &str = include_str!("../../../../../assets/policies/README.md");

#[test]
fn every_policy_on_the_page_is_good() {
    let blocks: Vec<&str> = PAGE
        .split("```cedar\n")
        .skip(1)
        .map(|rest| rest.split_once("```").map(|(block, _)| block).unwrap())
        .collect();
    assert!(blocks.len() >= 12, "only {} blocks were found", blocks.len());
    for block in blocks {
        let errors: Vec<_> =
            validate(block).into_iter().filter(|it| it.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{block}\n{errors:?}");
    }
}

#[test]
fn every_statement_of_iam_on_the_page_is_json() {
    let blocks: Vec<&str> = PAGE
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split_once("```").map(|(block, _)| block).unwrap())
        .collect();
    assert!(blocks.len() >= 10);
    for block in blocks {
        serde_json::from_str::<serde_json::Value>(block).unwrap_or_else(|error| panic!("{error}: {block}"));
    }
}

#[test]
fn every_permission_that_the_page_names_exists() {
    let words = PAGE.split(|c: char| !(c.is_ascii_alphanumeric() || ":*".contains(c)));
    for word in words.filter(|word| word.starts_with("pilothouse:") && word.len() > 11) {
        assert!(actions().iter().any(|action| action.name == word), "{word} does not exist");
    }
}
