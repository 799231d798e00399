//! boto3 against a server: what programs in Python do, paginators and typed errors among it.

use std::path::Path;

use serde_json::Value;

use crate::program::{command, run};
use crate::server::Server;
use crate::skip::skip;

/// What every script begins with: a client, and how it says that something was refused.
const HEAD: &str = r#"
import json, sys
import boto3
from botocore.config import Config
ssm = boto3.client("ssm", config=Config(retries={"max_attempts": 1}, parameter_validation=False))
def refused(call, **members):
    try:
        call(**members)
    except ssm.exceptions.ClientError as error:
        assert type(error).__name__ in (error.response["Error"]["Code"], "ClientError"), error
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call.__name__} {members} was not refused")
"#;

/// Whether boto3 is installed; says that it is not.
#[must_use]
pub fn has_boto3() -> bool {
    let mut probe = command(Path::new("python3"));
    probe.args(["-c", "import boto3"]);
    let found = probe.output().is_ok_and(|out| out.status.success());
    if !found {
        skip("what boto3 does", "python3 has no boto3: pip install boto3");
    }
    found
}

/// Runs a script as root, which finds a client `ssm` and says its result as JSON: `print(json.dumps(...))`.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn boto3(server: &Server, script: &str) -> Value {
    let mut python = command(Path::new("python3"));
    python
        .args(["-c", &format!("{HEAD}\n{script}")])
        .env("AWS_ENDPOINT_URL", server.url())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_SHARED_CREDENTIALS_FILE", server.data_dir().join("credentials"))
        .env("AWS_CONFIG_FILE", server.dir().join("no-config"))
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let out = run(python);
    assert!(out.status.success(), "boto3: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out.stdout)))
}
