//! Session documents, schema 1.0. Source: "Session document schema".

use serde_json::{Map, Value};

use crate::member::{Members, Result, misfit};
use crate::session::{Session, SessionType};

const INPUTS: &[&str] = &[
    "s3BucketName",
    "s3KeyPrefix",
    "s3EncryptionEnabled",
    "cloudWatchLogGroupName",
    "cloudWatchEncryptionEnabled",
    "cloudWatchStreamingEnabled",
    "kmsKeyId",
    "runAsEnabled",
    "runAsDefaultUser",
    "idleSessionTimeout",
    "maxSessionDuration",
    "shellProfile",
];

pub(super) fn read(root: &Members<'_>) -> Result<Session> {
    root.required("sessionType")?;
    let session_type = root.word("sessionType", SessionType::WORDS)?.unwrap_or(SessionType::StandardStream);
    let inputs = match root.optional("inputs") {
        None => Map::new(),
        Some((value, at)) => {
            let inputs = Members::of(value, &at)?;
            inputs.only(INPUTS)?;
            if let Some((value, at)) = inputs.optional("shellProfile") {
                Members::of(value, &at)?.only(&["linux", "macOS", "windows"])?;
            }
            inputs.map.clone()
        }
    };
    Ok(Session { session_type, inputs, properties: properties(root, session_type)? })
}

fn properties(root: &Members<'_>, session_type: SessionType) -> Result<Map<String, Value>> {
    let Some((value, at)) = root.optional("properties") else {
        return match session_type {
            SessionType::StandardStream => Ok(Map::new()),
            _ => misfit(&root.at.member("properties"), "what the session runs", "nothing"),
        };
    };
    let properties = Members::of(value, &at)?;
    match session_type {
        SessionType::Port => {
            properties.only(&["portNumber", "type", "localPortNumber", "host", "localUnixSocket"])?;
            properties.required("portNumber")?;
        }
        SessionType::StandardStream => properties.only(&["linux", "macOS", "windows"])?,
        SessionType::InteractiveCommands | SessionType::NonInteractiveCommands => {
            properties.only(&["linux", "macOS", "windows"])?;
            if properties.map.is_empty() {
                return misfit(&at, "linux, macOS or windows", "none of them");
            }
            for (platform, value) in properties.map {
                let of_platform = Members::of(value, &at.member(platform))?;
                of_platform.only(&["commands", "runAsElevated"])?;
                of_platform.required_text("commands")?;
                of_platform.optional_flag("runAsElevated")?;
            }
        }
    }
    Ok(properties.map.clone())
}
