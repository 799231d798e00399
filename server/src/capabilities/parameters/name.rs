//! What a parameter may be called, and what is meant by a name with a selector, or by an ARN.

use pilothouse_api::Fault;

use crate::cx::Cx;

/// The most levels.
const LEVELS: usize = 15;
/// The most characters, with what stands before the name in its ARN.
const LONGEST: usize = 1011;

/// Which version is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    /// The one with this number.
    Version(i64),
    /// The one that this label stands on.
    Label(String),
}

/// A parameter as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// With a slash before it.
    pub(super) path: String,
    /// The version, if one is named.
    pub(super) selector: Option<Selector>,
    /// `:3` or `:label`, as it was written.
    pub(super) suffix: Option<String>,
}

impl Reference {
    /// What `text` names; nothing when no parameter of this account and region can be called so.
    pub(super) fn read(cx: &Cx<'_>, text: &str) -> Option<Self> {
        Self::parse(text, &format!("arn:aws:ssm:{}:{}:parameter", cx.region(), cx.account_id))
    }

    fn parse(text: &str, prefix: &str) -> Option<Self> {
        let text = text.trim();
        let name = if text.starts_with("arn:") {
            text.strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?
        } else {
            text
        };
        let (name, selector) = match name.split_once(':') {
            None => (name, None),
            Some((name, selector)) => (name, Some(selector)),
        };
        if selector.is_some_and(|it| it.is_empty() || it.contains(':')) {
            return None;
        }
        let path = path(name)?;
        let version = selector.map(|selector| match selector.parse() {
            Ok(number) => Selector::Version(number),
            Err(_) => Selector::Label(selector.to_owned()),
        });
        Some(Self { path, selector: version, suffix: selector.map(|selector| format!(":{selector}")) })
    }
}

/// The path of a name that is spelled as names are; whether it may be given to a new parameter is not asked.
fn path(name: &str) -> Option<String> {
    let is_whole = name.starts_with('/') || !name.contains('/');
    let levels = name.strip_prefix('/').unwrap_or(name);
    let legal = is_whole && name.len() <= LONGEST && levels.split('/').all(is_level);
    legal.then(|| format!("/{levels}"))
}

fn is_level(level: &str) -> bool {
    !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The path of a new parameter with this name. The order of the checks is AWS's.
///
/// # Errors
/// `AccessDeniedException`, `ValidationException`, `HierarchyLevelLimitExceededException`.
pub(super) fn check(cx: &Cx<'_>, name: &str) -> Result<String, Fault> {
    check_under(name, super::arn(cx, "").len())
}

fn check_under(name: &str, prefix: usize) -> Result<String, Fault> {
    let name = name.trim();
    is_free(name)?;
    if name.contains(':') {
        return Err(Fault::validation(
            "Invalid parameter name. Please use correct syntax for referencing a version/label <name>:<version/label>",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(Fault::validation("Parameter name must be a fully qualified name."));
    }
    let path = path(name).ok_or_else(unspellable)?;
    let levels = path.matches('/').count();
    if levels > LEVELS {
        return Err(Fault::caller(
            "HierarchyLevelLimitExceededException",
            format!("A hierarchy can have a maximum of {LEVELS} levels, and this name has {levels}."),
        ));
    }
    if prefix + path.len() > LONGEST {
        return Err(Fault::validation(format!(
            "Parameter name: it can have at most {LONGEST} characters with what stands before it in its ARN, which are {prefix}"
        )));
    }
    Ok(path)
}

/// The answer to what is no name of a parameter.
pub(super) fn unspellable() -> Fault {
    Fault::validation(PREFIXED_PATH)
}

const PREFIXED_PATH: &str = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
     sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";

/// Whether a name, or a path, begins as only AWS's own do.
pub(super) fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let first = lower.trim_start_matches('/');
    first.starts_with("aws") || first.starts_with("ssm")
}

/// Refuses names that are AWS's own.
fn is_free(name: &str) -> Result<(), Fault> {
    if !is_reserved(name) {
        return Ok(());
    }
    if name.to_ascii_lowercase().starts_with("/aws") {
        return Err(Fault::denied(format!("No access to reserved parameter name: {name}.")));
    }
    Err(Fault::validation(if name.matches('/').count() > 1 {
        PREFIXED_PATH
    } else {
        "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."
    }))
}

/// The path that something is looked for below, without a slash at its end; the root is a slash.
///
/// # Errors
/// `ValidationException` when it is no path.
pub(super) fn check_path(text: &str) -> Result<String, Fault> {
    let path = text.strip_suffix('/').unwrap_or(text);
    let is_path = path.strip_prefix('/').is_some_and(|levels| levels.split('/').all(is_level));
    if is_path || text == "/" {
        return Ok(if is_path { path } else { text }.to_owned());
    }
    Err(Fault::validation(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". \
         It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the following \
         symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must \
         use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:ssm:eu-test-1:000000000000:parameter";

    fn code(name: &str) -> String {
        check_under(name, ARN.len()).unwrap_or_else(|fault| fault.code.into_owned())
    }

    #[test]
    fn a_name_with_and_without_a_slash_is_one_path() {
        assert_eq!(code(" x "), "/x");
        assert_eq!(code("/x"), "/x");
        assert_eq!(code("/a/b_c.d-e"), "/a/b_c.d-e");
    }

    #[test]
    fn reserved_names_are_refused_before_all_else_and_in_any_case() {
        assert_eq!(code("/AWS/x:y"), "AccessDeniedException");
        for name in ["aws-x", "SSM", "/Ssm/x y", "ssm:1"] {
            assert_eq!(code(name), "ValidationException", "{name}");
        }
        assert_eq!(code("/my/aws"), "/my/aws");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["a b", "a/b", "/a//b", "/a/", "/", "", "/ä", "/a:b", "/{{x}}"] {
            assert_eq!(code(name), "ValidationException", "{name:?}");
        }
        assert_eq!(code(&"/l".repeat(15)), "/l".repeat(15));
        assert_eq!(code(&"/l".repeat(16)), "HierarchyLevelLimitExceededException");
        assert_eq!(code(&"x".repeat(LONGEST - ARN.len() - 1)).len(), LONGEST - ARN.len());
        assert_eq!(code(&"x".repeat(LONGEST - ARN.len())), "ValidationException");
    }

    #[test]
    fn a_selector_is_a_number_or_a_label_also_on_an_arn() {
        let read = |text: &str| Reference::parse(text, ARN);
        let of = |path: &str, selector, suffix: &str| {
            Some(Reference { path: path.into(), selector: Some(selector), suffix: Some(suffix.into()) })
        };
        assert_eq!(read("x:3"), of("/x", Selector::Version(3), ":3"));
        assert_eq!(read("/a/b:prod"), of("/a/b", Selector::Label("prod".into()), ":prod"));
        assert_eq!(read(&format!("{ARN}/a/b:prod")), read("/a/b:prod"));
        assert_eq!(read(&format!("{ARN}/x")).map(|it| it.path), Some("/x".into()));
        for nothing in ["x:1:2", "x:", "a/b", "arn:aws:ssm:elsewhere:000000000000:parameter/x"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(read(&format!("{ARN}x")), None);
    }

    #[test]
    fn a_path_is_whole_levels() {
        assert_eq!(check_path("/a/b/").unwrap(), "/a/b");
        assert_eq!(check_path("/").unwrap(), "/");
        for none in ["a", "/a b", "//", "/a//b", ""] {
            assert!(check_path(none).is_err(), "{none:?}");
        }
    }
}
