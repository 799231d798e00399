//! What a value may be, and which tier it takes. Messages never repeat the value.

use pilothouse_api::Fault;
use regex::RegexBuilder;

use super::data_type;
use crate::secrets::is_alias;

/// The most bytes of a value in the standard tier.
const STANDARD_BYTES: usize = 4096;
/// The most bytes of a value in the advanced tier.
const ADVANCED_BYTES: usize = 8192;
/// The most bytes of a compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;
/// The most parameters of the standard tier in a region; one that finds its tier by itself passes on into the advanced tier.
pub(super) const STANDARD_PARAMETERS: i64 = 10_000;
/// The most parameters of the advanced tier in a region.
pub(super) const ADVANCED_PARAMETERS: i64 = 100_000;

pub(super) const STANDARD: &str = "Standard";
pub(super) const ADVANCED: &str = "Advanced";
pub(super) const SECURE: &str = "SecureString";
/// The key that a SecureString is sealed under if none is named, as AWS calls its own.
pub(super) const KEY: &str = "alias/aws/ssm";

/// Checks a value against everything that is known of its parameter.
///
/// # Errors
/// `ValidationException`, `InvalidAllowedPatternException`, `ParameterPatternMismatchException`.
pub(super) fn check_value(kind: &str, value: &str, of: &str, pattern: Option<&str>) -> Result<(), Fault> {
    if value.contains("{{") && value.contains("}}") {
        return Err(Fault::validation(
            "Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.",
        ));
    }
    data_type::check(kind, value, of)?;
    let Some(pattern) = pattern else { return Ok(()) };
    let regex = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().map_err(|_| {
        let message = format!(
            "{pattern:?} is no regular expression, or one with look-around, or one that is too large"
        );
        Fault::caller("InvalidAllowedPatternException", message)
    })?;
    if regex.is_match(value) {
        return Ok(());
    }
    Err(Fault::caller(
        "ParameterPatternMismatchException",
        format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
    ))
}

/// The key of a SecureString, which the version before had if none is asked for; nothing of another type has one. `arn` is what stands
/// before the name of a key in its ARN.
///
/// # Errors
/// `ValidationException`, `InvalidKeyId`.
pub(super) fn check_key(
    kind: &str,
    asked: Option<&str>,
    kept: Option<&str>,
    arn: &str,
) -> Result<Option<String>, Fault> {
    match asked {
        None if kind == SECURE => Ok(Some(kept.unwrap_or(KEY).to_owned())),
        None => Ok(None),
        Some(_) if kind != SECURE => {
            Err(Fault::validation("KeyId is required for SecureString type parameter only."))
        }
        Some(asked) => {
            let key = asked.strip_prefix(arn).unwrap_or(asked);
            if key == KEY || is_alias(key) { Ok(Some(key.to_owned())) } else { Err(no_key(asked)) }
        }
    }
}

/// The answer to whoever names a key that this server does not have.
pub(super) fn no_key(key: &str) -> Fault {
    let message = format!(
        "this server has no key {key}; {KEY} is its own, and pilothouse-server keys add makes others"
    );
    Fault::caller("InvalidKeyId", message)
}

/// What a version needs of its tier.
pub(super) struct Needs<'a> {
    /// Of its value.
    pub(super) bytes: usize,
    /// What its value looks like.
    pub(super) data_type: &'a str,
    /// Whether there are policies to be carried out.
    pub(super) has_policies: bool,
}

/// The tier of a version: `preset` is that of requests which ask for none, `was` that of the version before, `are` how many parameters
/// of the standard tier there are.
///
/// # Errors
/// `ValidationException`.
pub(super) fn tier(
    asked: Option<&str>,
    preset: &str,
    was: Option<&str>,
    needs: &Needs<'_>,
    are: i64,
) -> Result<&'static str, Fault> {
    let tier = match (asked.unwrap_or(preset), was) {
        (STANDARD, Some(ADVANCED)) if asked.is_some() => return Err(Fault::validation(NO_WAY_DOWN)),
        (ADVANCED, _) | (_, Some(ADVANCED)) => ADVANCED,
        (STANDARD, _) => needs.check_standard().map(|()| STANDARD)?,
        (_, was) => {
            let is_full = was.is_none() && are >= STANDARD_PARAMETERS;
            let is_typed = matches!(needs.data_type, "url" | "json" | "jsonc");
            if is_full || is_typed || needs.check_standard().is_err() { ADVANCED } else { STANDARD }
        }
    };
    if needs.bytes > ADVANCED_BYTES {
        return Err(Fault::validation(format!(
            "Advanced tier parameters support a maximum parameter value of {ADVANCED_BYTES} characters."
        )));
    }
    Ok(tier)
}

const NO_WAY_DOWN: &str = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter \
     tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.";

impl Needs<'_> {
    /// Refuses what the standard tier does not give.
    fn check_standard(&self) -> Result<(), Fault> {
        if self.bytes > STANDARD_BYTES {
            return Err(Fault::validation(format!(
                "Standard tier parameters support a maximum parameter value of {STANDARD_BYTES} characters. To create a larger \
                 parameter value, upgrade the parameter to use the advanced-parameter tier."
            )));
        }
        if self.has_policies {
            return Err(Fault::validation(
                "Standard tier parameters do not support parameter policies. To use policies, upgrade the parameter to use the \
                 advanced-parameter tier.",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(outcome: Result<(), Fault>) -> String {
        outcome.map_or_else(|fault| fault.code.into_owned(), |()| String::new())
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_and_not_repeated() {
        let fault = check_value("String", "s3cret", "text", Some("^[0-9]+$")).unwrap_err();
        assert_eq!(fault.code, "ParameterPatternMismatchException");
        assert!(!fault.message.contains("s3cret"));
        assert_eq!(
            code(check_value("String", "x", "text", Some("(?<=a)b"))),
            "InvalidAllowedPatternException"
        );
        assert_eq!(
            code(check_value("String", "x", "text", Some("(a{1000}){1000}"))),
            "InvalidAllowedPatternException"
        );
        assert_eq!(code(check_value("String", "a {{ssm:x}} b", "text", None)), "ValidationException");
        assert_eq!(code(check_value("String", "{\"a\":{\"b\":1}}", "text", None)), "");
    }

    #[test]
    fn a_tier_is_found_and_never_left_downwards() {
        let of = |asked: Option<&str>, was: Option<&str>, bytes: usize, data_type: &str, are: i64| {
            let needs = Needs { bytes, data_type, has_policies: false };
            tier(asked, STANDARD, was, &needs, are).map_err(|fault| fault.code.into_owned())
        };
        let intelligent = Some("Intelligent-Tiering");
        let refused = Err(String::from("ValidationException"));
        assert_eq!(of(None, None, 4096, "text", 0), Ok(STANDARD));
        assert_eq!(of(None, None, 4097, "text", 0), refused);
        assert_eq!(of(Some(ADVANCED), None, 1, "text", 0), Ok(ADVANCED));
        assert_eq!(of(Some(STANDARD), Some(ADVANCED), 1, "text", 0), refused);
        assert_eq!(of(None, Some(ADVANCED), 5000, "text", 0), Ok(ADVANCED));
        assert_eq!(of(intelligent, None, 1, "text", 0), Ok(STANDARD));
        assert_eq!(of(intelligent, Some(STANDARD), 4097, "text", 0), Ok(ADVANCED));
        assert_eq!(of(intelligent, None, 1, "json", 0), Ok(ADVANCED));
        assert_eq!(of(intelligent, None, 1, "text", STANDARD_PARAMETERS), Ok(ADVANCED));
        assert_eq!(of(intelligent, Some(STANDARD), 1, "text", STANDARD_PARAMETERS), Ok(STANDARD));
        assert_eq!(of(Some(ADVANCED), None, 8192, "text", 0), Ok(ADVANCED));
        assert_eq!(of(Some(ADVANCED), None, 8193, "text", 0), refused);
    }

    #[test]
    fn policies_need_the_advanced_tier_and_the_setting_stands_for_what_is_not_asked() {
        let of = |asked: Option<&str>, preset: &str, was: Option<&str>, has_policies: bool| {
            let needs = Needs { bytes: 1, data_type: "text", has_policies };
            tier(asked, preset, was, &needs, 0).map_err(|fault| fault.code.into_owned())
        };
        let intelligent = "Intelligent-Tiering";
        let refused = Err(String::from("ValidationException"));
        assert_eq!(of(None, STANDARD, None, true), refused);
        assert_eq!(of(Some(STANDARD), ADVANCED, None, true), refused);
        assert_eq!(of(Some(ADVANCED), STANDARD, None, true), Ok(ADVANCED));
        assert_eq!(of(None, STANDARD, Some(ADVANCED), true), Ok(ADVANCED));
        assert_eq!(of(Some(intelligent), STANDARD, None, true), Ok(ADVANCED));
        assert_eq!(of(None, intelligent, None, true), Ok(ADVANCED));
        assert_eq!(of(None, intelligent, None, false), Ok(STANDARD));
        assert_eq!(of(None, ADVANCED, Some(STANDARD), false), Ok(ADVANCED));
        assert_eq!(of(Some(STANDARD), ADVANCED, None, false), Ok(STANDARD));
        assert_eq!(of(None, STANDARD, Some(ADVANCED), false), Ok(ADVANCED), "the setting takes nobody down");
    }

    #[test]
    fn only_a_secure_string_has_a_key_which_stays_until_another_one_is_asked_for() {
        let arn = "arn:aws:kms:eu-test-1:0:";
        let of = |kind: &str, asked: Option<&str>, kept: Option<&str>| {
            check_key(kind, asked, kept, arn).map_err(|fault| fault.code.into_owned())
        };
        let key = |key: &str| Ok(Some(key.to_owned()));
        assert_eq!(of(SECURE, None, None), key(KEY));
        assert_eq!(of(SECURE, None, Some("alias/mine")), key("alias/mine"));
        assert_eq!(of(SECURE, Some(KEY), Some("alias/mine")), key(KEY));
        assert_eq!(of(SECURE, Some("arn:aws:kms:eu-test-1:0:alias/aws/ssm"), None), key(KEY));
        assert_eq!(of(SECURE, Some("arn:aws:kms:eu-test-1:0:alias/a/b"), None), key("alias/a/b"));
        assert_eq!(of("String", None, None), Ok(None));
        assert_eq!(of("String", Some(KEY), None), Err("ValidationException".into()));
        let elsewhere = "arn:aws:kms:elsewhere:0:alias/mine";
        for none in ["mine", "alias/", "alias/aws/s3", "1234abcd-12ab-34cd-56ef-1234567890ab", elsewhere] {
            assert_eq!(of(SECURE, Some(none), None), Err("InvalidKeyId".into()), "{none}");
        }
    }
}
