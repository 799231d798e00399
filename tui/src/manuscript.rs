//! Documents in words: whose they are, what their versions are, what can be copied of them.

use pilothouse_api::documents::DocumentDescription;

use crate::screen::Cx;

/// Who owns what came with the server, as AWS's clients expect it.
const BUILT_IN: &str = "Amazon";

/// Whether it came with the server.
#[must_use]
pub fn is_built_in(owner: &str) -> bool {
    owner == BUILT_IN
}

/// Whether it is of the account that the server belongs to; as long as the server has not said which that is, it may be.
#[must_use]
pub fn is_own(owner: &str, cx: &Cx<'_>) -> bool {
    !is_built_in(owner) && cx.mirror.caller.server().is_none_or(|server| server.account_id == owner)
}

/// `own`, `built-in`, or the account.
#[must_use]
pub fn owner(owner: &str, cx: &Cx<'_>) -> String {
    if is_built_in(owner) {
        "built-in".to_owned()
    } else if is_own(owner, cx) {
        "own".to_owned()
    } else {
        owner.to_owned()
    }
}

/// `4, of which 3 is the default`.
#[must_use]
pub fn versions(known: &DocumentDescription) -> String {
    if known.latest_version == known.default_version {
        return format!("newest {}, which is the default", known.latest_version);
    }
    format!("newest {}, default {}", known.latest_version, known.default_version)
}

/// What can be copied of a document, each with what it is called.
#[must_use]
pub fn copies(name: &str, owner: &str, region: &str, version: Option<&str>) -> Vec<(&'static str, String)> {
    let account = if is_built_in(owner) { "" } else { owner };
    let arn = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("arn:aws:ssm:{region}:{account}:document/{name}")
    };
    let which = version.map_or_else(String::new, |version| format!(" --document-version '{version}'"));
    vec![
        ("name", name.to_owned()),
        ("ARN", arn),
        ("aws command line", format!("aws ssm get-document --name '{name}'{which}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_has_an_arn_without_an_account() {
        let copies = copies("AWS-RunShellScript", "Amazon", "us-east-1", None);
        assert_eq!(copies[1].1, "arn:aws:ssm:us-east-1::document/AWS-RunShellScript");
        assert_eq!(copies[2].1, "aws ssm get-document --name 'AWS-RunShellScript'");
    }
}
