//! What becomes of old output.

use pilothouse_protocol::{CommandId, JobId, Lost};
use serde::{Deserialize, Serialize};

/// Says whose output is to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookForOldOutput {
    /// Milliseconds after the last output of a command, after which it goes; 0 is never.
    pub keep_ms: i64,
    /// Bytes of all output; 0 is any number.
    pub total: u64,
}

/// Output that is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldOutput {
    /// Where the command is; empty if it is not known any more.
    pub region: String,
    /// Of which command.
    pub command_id: CommandId,
    /// Why.
    pub why: Lost,
}

/// Removes the output of all runs of a command, and leaves holes that say why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepOutput {
    /// Of which command.
    pub command_id: CommandId,
    /// Why.
    pub why: Lost,
}

/// A run's output is to be put into a bucket: what it takes to know the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputToBucket {
    /// Of the bucket; that of the settings if absent.
    pub region: Option<String>,
    /// Before every key; may be empty.
    pub prefix: String,
    /// The document's steps in order: name, and the action.
    pub steps: Vec<(String, String)>,
}

impl OutputToBucket {
    /// The key of a stream of a step, as AWS's agent makes it:
    /// `<prefix>/<command-id>/<instance-id>/<plugin, ':' removed>/<step>/stdout|stderr`.
    #[must_use]
    pub fn key(&self, job: &JobId, step: usize, is_error: bool) -> Option<String> {
        let (name, action) = self.steps.get(step)?;
        let bare = |text: &str| text.replace(':', "");
        let stream = if is_error { "stderr" } else { "stdout" };
        let (command, instance) = (job.command.to_string(), job.instance.to_string());
        let parts = [self.prefix.trim_matches('/'), &command, &instance, &bare(action), &bare(name), stream];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
    }
}

/// Where buckets are, for who tells of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAddress {
    /// Without a slash at its end; AWS's own if absent.
    pub endpoint: Option<String>,
    /// Where a command does not name one.
    pub region: String,
}

impl BucketAddress {
    /// The URL of an object.
    #[must_use]
    pub fn url(&self, region: Option<&str>, bucket: &str, key: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
            None => {
                let region = region.unwrap_or(&self.region);
                format!("https://s3.{region}.amazonaws.com/{bucket}/{key}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_awss_agent() {
        let job = JobId {
            command: "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap(),
            instance: "mi-0123456789abcdef0".parse().unwrap(),
        };
        let mut wanted = OutputToBucket {
            prefix: String::from("/logs/"),
            steps: vec![(String::from("0.aws:runShellScript"), String::from("aws:runShellScript"))],
            ..OutputToBucket::default()
        };
        let below =
            "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11/mi-0123456789abcdef0/awsrunShellScript/0.awsrunShellScript";
        assert_eq!(wanted.key(&job, 0, false).unwrap(), format!("logs/{below}/stdout"));
        wanted.prefix.clear();
        assert_eq!(wanted.key(&job, 0, true).unwrap(), format!("{below}/stderr"));
        assert_eq!(wanted.key(&job, 1, true), None);
    }

    #[test]
    fn urls_lead_to_the_endpoint_or_to_aws() {
        let mut address = BucketAddress { endpoint: None, region: String::from("eu-a-1") };
        assert_eq!(address.url(None, "b", "k"), "https://s3.eu-a-1.amazonaws.com/b/k");
        assert_eq!(address.url(Some("eu-b-1"), "b", "k"), "https://s3.eu-b-1.amazonaws.com/b/k");
        address.endpoint = Some(String::from("http://127.0.0.1:9000/"));
        assert_eq!(address.url(None, "b", "k"), "http://127.0.0.1:9000/b/k");
    }
}
