//! What happened to a parameter, in a few words.

use pilothouse_api::topics::{ParameterEvent, ParameterOperation as Did};
use pilothouse_kit::theme::Role;

/// So long what changed stands out, in milliseconds.
pub(super) const FRESH_FOR: i64 = 6_000;

/// Who an ARN is: `user/anna` of `arn:aws:iam::000000000000:user/anna`.
pub(super) fn who(arn: &str) -> &str {
    arn.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4)).unwrap_or(arn)
}

/// What happened.
pub(super) fn words(event: &ParameterEvent) -> String {
    let version = event.version.map_or_else(String::new, |version| format!(" {version}"));
    let by = who(&event.by);
    let detail = if event.detail.is_empty() { String::new() } else { format!(": {}", event.detail) };
    match event.operation {
        Did::Create => format!("made by {by}"),
        Did::Update => format!("version{version} by {by}"),
        Did::Delete => format!("deleted by {by}"),
        Did::LabelParameterVersion => format!("version{version} labelled by {by}{detail}"),
        Did::UnlabelParameterVersion => format!("labels taken from version{version} by {by}{detail}"),
        Did::Expiration => "expired, and was deleted".to_owned(),
        Did::ExpirationNotification => format!("expires soon{detail}"),
        Did::NoChangeNotification => format!("did not change for long{detail}"),
        Did::TagsChanged => format!("tags changed by {by}{detail}"),
        Did::Unknown => format!("something happened{detail}"),
    }
}

/// How it looks.
pub(super) const fn role(did: Did) -> Role {
    match did {
        Did::Expiration | Did::ExpirationNotification | Did::NoChangeNotification => Role::Warn,
        Did::Delete => Role::Bad,
        Did::Create => Role::Good,
        _ => Role::Info,
    }
}

/// Whether a policy of the parameter did it: then somebody should know.
pub(super) const fn is_by_policy(did: Did) -> bool {
    matches!(did, Did::Expiration | Did::ExpirationNotification | Did::NoChangeNotification)
}

/// Whether the parameter came or went.
pub(super) const fn comes_or_goes(did: Did) -> bool {
    matches!(did, Did::Create | Did::Delete | Did::Expiration | Did::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_it_is_said_without_the_account() {
        assert_eq!(who("arn:aws:iam::000000000000:user/anna"), "user/anna");
        assert_eq!((who("arn:aws:iam::000000000000:root"), who("system")), ("root", "system"));
    }
}
