//! A real server in a directory of its own, which can be killed and started again on it.

use std::path::{Path, PathBuf};
use std::process::Output;

use pilothouse_api::commands::{GetCommandInvocation, GetCommandInvocationResult, SendCommand};
use pilothouse_api::topics::{InvocationView, News, Topic};
use pilothouse_api::{Fault, Operation};
use pilothouse_client::{Authority, Client, ClientError, Credentials, Endpoint, EventStream, StreamEvent};
use pilothouse_protocol::{CommandId, InstanceId};
use tempfile::TempDir;

use crate::database;
use crate::following::Following;
use crate::program::{Program, binary, command, run};
use crate::skip::skip;
use crate::wait;

/// A running server.
pub struct Server {
    dir: TempDir,
    settings: Vec<(String, String)>,
    authority: Option<PathBuf>,
    url: String,
    program: Program,
}

/// A server that is to be started.
#[derive(Default)]
pub struct ServerOptions {
    settings: Vec<(String, String)>,
    authority: Option<PathBuf>,
}

impl ServerOptions {
    /// Sets a setting, such as `heartbeat_seconds`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.push((format!("PILOTHOUSE_{}", key.to_uppercase()), value.to_string()));
        self
    }

    /// Sets a variable of its environment that is no setting.
    #[must_use]
    pub fn in_environment(mut self, variable: &str, value: &str) -> Self {
        self.settings.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Clients and agents trust this PEM file, and nothing else.
    #[must_use]
    pub fn trusting(mut self, authority: &Path) -> Self {
        self.authority = Some(authority.to_owned());
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn start(self) -> Server {
        let dir = tempfile::Builder::new().prefix("pilothouse-server-").tempdir().unwrap();
        self.start_in(dir, "127.0.0.1:0").await
    }

    /// Starts it on what lies in `dir/data`, at an address where others may look for it.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn start_in(self, dir: TempDir, listen: &str) -> Server {
        let program = launch(dir.path(), &self.settings, listen);
        let is_own = self.settings.iter().any(|(key, value)| key == "PILOTHOUSE_TLS" && value == "auto");
        let own = is_own.then(|| dir.path().join("data/tls/ca.pem"));
        let authority = self.authority.or(own);
        let mut server = Server { dir, settings: self.settings, authority, url: String::new(), program };
        server.url = server.answers().await;
        server
    }
}

fn launch(dir: &Path, settings: &[(String, String)], listen: &str) -> Program {
    let mut command = command(&binary("pilothouse-server"));
    command.arg("--data-dir").arg(dir.join("data")).args(["--listen", listen]);
    command.envs(settings.iter().map(|(key, value)| (key, value)));
    Program::start(command, "server", dir)
}

impl Server {
    /// A server with settings that suit tests: it notices silence within seconds.
    pub async fn start() -> Self {
        Self::options().start().await
    }

    /// The same, to be changed.
    #[must_use]
    pub fn options() -> ServerOptions {
        ServerOptions::default().with("heartbeat_seconds", 1).with("connection_lost_after_seconds", 3)
    }

    /// Waits until it says where it listens.
    async fn answers(&mut self) -> String {
        wait::until("the server to listen", async || {
            if let Some(status) = self.program.ended() {
                panic!("the server ended with {status}: {}", self.program.log());
            }
            let out = self.program.out();
            let line = out.lines().rfind(|line| line.starts_with("listening on "))?;
            Some(line.trim_start_matches("listening on ").to_owned())
        })
        .await
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// Clients and agents find it at the URL of something in front of it. It cannot be started again then.
    pub fn found_at(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    /// The only authority that its clients and agents trust, if there is one.
    #[must_use]
    pub fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// The fingerprint of its own authority, as it announces it.
    ///
    /// # Panics
    /// When it announces none.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let out = self.program.out();
        let line = out.lines().rfind(|line| line.contains("--ca-fingerprint ")).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, key: &str, value: impl ToString) {
        self.settings.push((format!("PILOTHOUSE_{}", key.to_uppercase()), value.to_string()));
    }

    /// Runs a verb of the server's program with its settings, whether it runs or not.
    #[must_use]
    pub fn tool(&self, arguments: &[&str]) -> Output {
        let mut tool = command(&binary("pilothouse-server"));
        tool.arg("--data-dir").arg(self.data_dir()).args(arguments);
        tool.envs(self.settings.iter().map(|(key, value)| (key, value)));
        run(tool)
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs a statement past it, on the database in its data directory.
    ///
    /// # Panics
    /// When it fails.
    pub async fn sql(&self, statement: &'static str) {
        database::sql(&format!("sqlite:{}/pilothouse.db", self.data_dir().display()), statement).await;
    }

    /// A directory that goes when it goes.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The program, to look at or to end.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Starts it again, on the same data and the same port. It must have ended.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn start_again(&mut self) {
        self.program.kill();
        self.program = launch(self.dir.path(), &self.settings, self.address());
        let client = self.client();
        wait::until("the server to answer again", async || {
            let list = pilothouse_api::commands::ListCommands::default();
            client.call(&list).await.ok()
        })
        .await;
    }

    /// The root's credentials, as the server wrote them.
    ///
    /// # Panics
    /// When they are not there.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::from_file(&self.data_dir().join("credentials"), "default").unwrap()
    }

    /// A client with the root's credentials.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_as(self.credentials())
    }

    /// A client with somebody's credentials.
    ///
    /// # Panics
    /// When the endpoint is none.
    #[must_use]
    pub fn client_as(&self, credentials: Credentials) -> Client {
        let endpoint = Endpoint {
            url: self.url.clone(),
            region: "us-east-1".to_owned(),
            credentials,
            ca: self.authority.clone().map(Authority::File),
        };
        Client::new(endpoint).unwrap()
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// The server's fault.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Reply, Fault> {
        self.call_as(self.credentials(), operation).await
    }

    /// Calls an operation in somebody's name.
    ///
    /// # Errors
    /// The server's fault.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_as<O: Operation>(
        &self,
        credentials: Credentials,
        operation: O,
    ) -> Result<O::Reply, Fault> {
        match self.client_as(credentials).call(&operation).await {
            Ok(reply) => Ok(reply),
            Err(ClientError::Fault(fault)) => Err(fault),
            Err(error) => panic!("{}: {error}", O::NAME),
        }
    }

    /// Runs a script on nodes; gives the command's id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn send(&self, nodes: &[InstanceId], script: &str) -> CommandId {
        self.send_as(SendCommand {
            instance_ids: nodes.iter().map(ToString::to_string).collect(),
            ..shell(script)
        })
        .await
        .unwrap()
    }

    /// Sends a command as it is given.
    ///
    /// # Errors
    /// The server's fault.
    ///
    /// # Panics
    /// When the id is none.
    pub async fn send_as(&self, command: SendCommand) -> Result<CommandId, Fault> {
        Ok(self.call(command).await?.command.command_id.parse().unwrap())
    }

    /// The run of a command on a node.
    ///
    /// # Panics
    /// When there is none.
    pub async fn run_of(&self, command: &CommandId, node: &InstanceId) -> GetCommandInvocationResult {
        let get = GetCommandInvocation {
            command_id: command.to_string(),
            instance_id: node.to_string(),
            plugin_name: None,
        };
        self.call(get).await.unwrap()
    }

    /// Follows a command until every run of it is over; gives them in order of node.
    ///
    /// # Panics
    /// When they are not over in time.
    pub async fn runs_when_over(&self, command: &CommandId) -> Vec<InvocationView> {
        self.runs_when(command, "to be over", |runs| runs.iter().all(|it| it.state.is_terminal())).await
    }

    /// Follows a command until its runs are as asked for; gives them in order of node.
    ///
    /// # Panics
    /// When they do not become so in time.
    pub async fn runs_when(
        &self,
        command: &CommandId,
        what: &str,
        are: impl Fn(&[InvocationView]) -> bool,
    ) -> Vec<InvocationView> {
        let mut stream = EventStream::open(self.client());
        stream.follow(Topic::Command { command_id: command.clone(), after: 0 });
        let mut runs = std::collections::BTreeMap::new();
        let mut states = String::new();
        let followed = tokio::time::timeout(wait::PATIENCE, async {
            while let Some(event) = stream.next().await {
                let StreamEvent::News { news: News::Command { invocations, .. }, more, .. } = event else {
                    continue;
                };
                runs.extend(invocations.into_iter().map(|it| (it.instance_id.clone(), it)));
                states = runs
                    .values()
                    .map(|it| format!("{} {} {}\n", it.instance_id, it.state, it.message))
                    .collect();
                let now: Vec<_> = runs.values().cloned().collect();
                if !more && !now.is_empty() && are(&now) {
                    return now;
                }
            }
            Vec::new()
        });
        match followed.await {
            Ok(runs) if !runs.is_empty() => runs,
            _ => panic!("waited in vain for the runs of {command} {what}:\n{states}"),
        }
    }

    /// Follows the output of a run from its beginning until all of it was told.
    ///
    /// # Panics
    /// When it has a gap, or does not end.
    pub async fn output_of(&self, command: &CommandId, node: &InstanceId) -> Vec<u8> {
        let mut output = Following::of(self, command, node);
        while !output.next().await {}
        output.bytes
    }

    /// Runs the aws CLI against it.
    #[must_use]
    pub fn aws(&self, arguments: &[&str]) -> Output {
        self.aws_as(&self.data_dir().join("credentials"), arguments)
    }

    /// Runs the aws CLI against it with the credentials in a file.
    #[must_use]
    pub fn aws_as(&self, credentials: &Path, arguments: &[&str]) -> Output {
        self.aws_of("ssm", credentials, arguments)
    }

    /// Runs the aws CLI against it, for a service such as `sts`, with the credentials in a file.
    #[must_use]
    pub fn aws_of(&self, service: &str, credentials: &Path, arguments: &[&str]) -> Output {
        let config = self.dir.path().join("aws-config");
        // What the server refuses is to be refused by the server.
        std::fs::write(&config, "[default]\nparameter_validation = false\n").unwrap();
        let mut command = command(Path::new("aws"));
        command
            .args(["--endpoint-url", &self.url, "--region", "us-east-1", "--output", "json", service])
            .args(arguments)
            .env("AWS_SHARED_CREDENTIALS_FILE", credentials)
            .env("AWS_CONFIG_FILE", config)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_PAGER", "");
        if let Some(authority) = &self.authority {
            command.env("AWS_CA_BUNDLE", authority);
        }
        run(command)
    }
}

/// Whether the aws CLI is installed; says that it is not.
#[must_use]
pub fn has_aws() -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|it| it.join("aws").exists());
    if !found {
        skip("what the aws CLI does", "there is no aws in PATH: pip install awscli");
    }
    found
}

/// A command that runs a script.
#[must_use]
pub fn shell(script: &str) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".to_owned(),
        parameters: [("commands".to_owned(), script.lines().map(str::to_owned).collect())].into(),
        ..SendCommand::default()
    }
}
