//! Somebody beside the root: a user with an access key, who calls operations and runs the aws CLI.

use std::path::{Path, PathBuf};
use std::process::Output;

use pilothouse_api::access::{CreateAccessKey, CreateUser, PutPolicy};
use pilothouse_api::{Fault, Operation};
use pilothouse_client::Credentials;

use crate::server::Server;

/// A user with an access key.
pub struct Person {
    /// Its name.
    pub name: String,
    credentials: PathBuf,
}

impl Person {
    /// Makes a user with an access key, and without rights.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn new(server: &Server, name: &str) -> Self {
        server.call(CreateUser { user_name: name.to_owned(), ..CreateUser::default() }).await.unwrap();
        let made = server.call(CreateAccessKey { user_name: name.to_owned() }).await.unwrap();
        let credentials = server.dir().join(format!("credentials-of-{name}"));
        let (id, secret) = (made.access_key.access_key_id, made.secret_access_key);
        let text = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        std::fs::write(&credentials, text).unwrap();
        Self { name: name.to_owned(), credentials }
    }

    /// The file that holds its key, for the aws CLI.
    #[must_use]
    pub fn credentials_file(&self) -> &Path {
        &self.credentials
    }

    /// What it signs with.
    ///
    /// # Panics
    /// When its file cannot be read.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::from_file(&self.credentials, "default").unwrap()
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// The server's fault.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call<O: Operation>(&self, server: &Server, operation: O) -> Result<O::Reply, Fault> {
        server.call_as(self.credentials(), operation).await
    }

    /// Runs `aws ssm` in its name.
    #[must_use]
    pub fn aws(&self, server: &Server, arguments: &[&str]) -> Output {
        server.aws_as(&self.credentials, arguments)
    }
}

/// Writes a policy.
///
/// # Panics
/// When it is refused.
pub async fn policy(server: &Server, name: &str, text: &str) {
    let put = PutPolicy { policy_name: name.to_owned(), text: text.to_owned(), comment: String::new() };
    server.call(put).await.unwrap();
}
