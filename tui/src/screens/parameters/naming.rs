//! Names and paths: `/staging/db/password`. A name without a slash stands at the root.
//!
//! In: names, typed or told. Out: their parts, what is wrong with them, lines to paste. Never here: what a parameter holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pilothouse_api::tags::Tag;

use crate::look;

/// The most levels of a name, the last included.
const MAX_LEVELS: usize = 15;
/// The most bytes of a name; the ARN takes the rest of AWS's 1011.
const MAX_NAME: usize = 1011;

/// The name with a slash before it: `x` and `/x` are one.
pub(super) fn slashed(name: &str) -> Cow<'_, str> {
    if name.starts_with('/') { Cow::Borrowed(name) } else { Cow::Owned(format!("/{name}")) }
}

/// The level that it stands on: `/a` of `/a/b`, `/` of `/a` and of `a`.
pub(super) fn parent(name: &str) -> &str {
    match name.trim_end_matches('/').rfind('/') {
        None | Some(0) => "/",
        Some(at) => &name[..at],
    }
}

/// What it is called on its level.
pub(super) fn leaf(name: &str) -> &str {
    let name = name.trim_end_matches('/');
    name.rfind('/').map_or(name, |at| &name[at + 1..])
}

/// A path with a name below it.
pub(super) fn below(path: &str, name: &str) -> String {
    format!("{}/{name}", path.trim_end_matches('/'))
}

/// Every level above it, the root first.
pub(super) fn above(name: &str) -> Vec<String> {
    let name = slashed(name);
    let mut levels = vec!["/".to_owned()];
    levels.extend(name.match_indices('/').filter(|(at, _)| *at > 0).map(|(at, _)| name[..at].to_owned()));
    levels
}

/// Whether it stands somewhere below a path.
pub(super) fn is_below(name: &str, path: &str) -> bool {
    slashed(name).strip_prefix(path.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

/// The environment that its tags name, else its path.
pub(super) fn environment(name: &str, tags: &[Tag]) -> Option<String> {
    let tags: BTreeMap<&str, &str> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    let tagged = tags.get("env").or_else(|| tags.get("environment")).map(|value| (*value).to_owned());
    tagged.or_else(|| production(name))
}

/// The part of a path that names production, where a slip hurts.
pub(super) fn production(name: &str) -> Option<String> {
    name.split('/').find(|part| look::is_prod(part)).map(str::to_owned)
}

/// What is wrong with a name.
pub(super) fn wrong(name: &str) -> Option<String> {
    let levels = name.trim_start_matches('/').split('/').count();
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    let fault = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "_.-/".contains(*c)));
    if name.trim_matches('/').is_empty() {
        Some("say what it is called, such as /staging/db/password".to_owned())
    } else if let Some(char) = fault {
        Some(format!("{char:?} cannot stand in a name: letters, digits and _ . - / can"))
    } else if name.contains('/') && !name.starts_with('/') {
        Some("a name with levels begins with a slash".to_owned())
    } else if name.ends_with('/') || name.contains("//") {
        Some("a level has no name".to_owned())
    } else if levels > MAX_LEVELS {
        Some(format!("at most {MAX_LEVELS} levels; these are {levels}"))
    } else if first.starts_with("aws") || first.starts_with("ssm") {
        Some("names that begin with aws or ssm are reserved".to_owned())
    } else if name.len() > MAX_NAME {
        Some(format!("at most {MAX_NAME} characters"))
    } else {
        None
    }
}

/// The `aws` line that reads it.
pub(super) fn aws_line(name: &str, is_secret: bool) -> String {
    let decrypt = if is_secret { " --with-decryption" } else { "" };
    format!("aws ssm get-parameter --name {name}{decrypt} --query Parameter.Value --output text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_level_and_levels_above() {
        assert_eq!((parent("/a/b/c"), leaf("/a/b/c")), ("/a/b", "c"));
        assert_eq!((parent("x"), leaf("x"), parent("/x")), ("/", "x", "/"));
        assert_eq!(above("/a/b/c"), ["/", "/a", "/a/b"]);
        assert_eq!(
            (above("x"), below("/", "x"), below("/a", "x")),
            (vec!["/".to_owned()], "/x".into(), "/a/x".into())
        );
        assert!(is_below("/a/b", "/a") && is_below("x", "/") && !is_below("/ab", "/a"));
    }

    #[test]
    fn production_is_known_by_tag_or_path() {
        let tag = Tag { key: "env".into(), value: "staging".into() };
        assert_eq!(environment("/prod/x", &[tag]), Some("staging".into()), "a tag says it better");
        assert_eq!(environment("/app/production/x", &[]), Some("production".into()));
        assert_eq!(environment("/products/x", &[]), None);
    }

    #[test]
    fn what_is_wrong_with_a_name_is_said() {
        for (name, said) in [
            ("", "called"),
            ("/", "called"),
            ("/a b", "' '"),
            ("a/b", "begins with a slash"),
            ("/a/", "no name"),
            ("/a//b", "no name"),
            ("/AWS/x", "reserved"),
            ("ssm-x", "reserved"),
            ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "16"),
        ] {
            let wrong = wrong(name).unwrap_or_default();
            assert!(wrong.contains(said), "{name}: {wrong}");
        }
        assert_eq!((wrong("/staging/db.url"), wrong("plain_name")), (None, None));
    }
}
