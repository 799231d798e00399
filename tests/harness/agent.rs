//! Real agents, each in a directory of its own, and simulated fleets.

use std::path::Path;
use std::process::Output;

use pilothouse_api::activations::{CreateActivation, CreateActivationResult};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::tags::Tag;
use pilothouse_protocol::InstanceId;
use tempfile::TempDir;

use crate::program::{Program, binary, command, run};
use crate::server::Server;
use crate::wait;

/// Agents that register at a time: each is a process, and the machine is small.
const AT_A_TIME: usize = 4;

/// A registered agent.
pub struct Agent {
    dir: TempDir,
    id: InstanceId,
    program: Option<Program>,
}

/// An activation for so many nodes.
///
/// # Panics
/// When it is refused.
pub async fn activation(server: &Server, nodes: usize) -> CreateActivationResult {
    let request = CreateActivation {
        iam_role: "service-role/any".to_owned(),
        registration_limit: i64::try_from(nodes).ok(),
        ..CreateActivation::default()
    };
    server.call(request).await.unwrap()
}

/// `pilothouse-agent register`, with the only authority to trust if there is one.
#[must_use]
pub fn register(
    server: &Server,
    activation: &CreateActivationResult,
    data_dir: &Path,
    authority: Option<&Path>,
) -> Output {
    let authority = authority.map(|file| file.to_str().unwrap());
    let trust: Vec<&str> = authority.map(|file| ["--ca", file]).into_iter().flatten().collect();
    register_with(server, activation, data_dir, &trust)
}

/// `pilothouse-agent register`, with arguments such as `--ca-fingerprint`.
#[must_use]
pub fn register_with(
    server: &Server,
    activation: &CreateActivationResult,
    data_dir: &Path,
    arguments: &[&str],
) -> Output {
    let mut command = command(&binary("pilothouse-agent"));
    command
        .args(["register", "--server", server.url(), "--activation-id", &activation.activation_id])
        .args(["--activation-code", &activation.activation_code, "--data-dir"])
        .arg(data_dir)
        .args(arguments);
    run(command)
}

impl Agent {
    /// Registers an agent in a directory of its own.
    ///
    /// # Panics
    /// When it is refused.
    pub fn register(server: &Server, activation: &CreateActivationResult) -> Self {
        Self::of(|dir| register(server, activation, dir, server.authority()))
    }

    /// Registers an agent with arguments such as `--ca-fingerprint`.
    ///
    /// # Panics
    /// When it is refused.
    pub fn register_with(server: &Server, activation: &CreateActivationResult, arguments: &[&str]) -> Self {
        Self::of(|dir| register_with(server, activation, dir, arguments))
    }

    /// Registers an agent of an environment.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn of_environment(server: &Server, environment: &str) -> Self {
        let request = CreateActivation {
            iam_role: "service-role/any".to_owned(),
            tags: vec![Tag { key: "env".to_owned(), value: environment.to_owned() }],
            ..CreateActivation::default()
        };
        Self::register(server, &server.call(request).await.unwrap())
    }

    fn of(register: impl FnOnce(&Path) -> Output) -> Self {
        let dir = tempfile::Builder::new().prefix("pilothouse-agent-").tempdir().unwrap();
        let said = register(dir.path());
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let id = said.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self { dir, id, program: None }
    }

    /// Starts it; the same directory again after it ended.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// Starts it with settings, such as `("PILOTHOUSE_AGENT_SPOOL_BYTES", "1000000")`.
    pub fn start_with(&mut self, environment: &[(&str, &str)]) {
        self.start_as(&binary("pilothouse-agent"), environment);
    }

    /// Starts a program as this agent, such as a copy of it that may replace itself.
    pub fn start_as(&mut self, program: &Path, environment: &[(&str, &str)]) {
        let mut command = command(program);
        command.args(["run", "--data-dir"]).arg(self.dir.path()).envs(environment.iter().copied());
        self.program = Some(Program::start(command, "agent", self.dir.path()));
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &InstanceId {
        &self.id
    }

    /// Its directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The program.
    ///
    /// # Panics
    /// When it was never started.
    pub fn program(&mut self) -> &mut Program {
        self.program.as_mut().unwrap()
    }
}

/// Real agents.
pub struct Fleet {
    /// Each of them, in no order.
    pub agents: Vec<Agent>,
}

impl Fleet {
    /// So many real agents, registered, started, and online.
    ///
    /// # Panics
    /// When they are not.
    pub async fn start(server: &Server, count: usize) -> Self {
        let activation = activation(server, count).await;
        let mut agents = Vec::with_capacity(count);
        while agents.len() < count {
            let group = AT_A_TIME.min(count - agents.len());
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..group)
                    .map(|_| {
                        scope.spawn(|| {
                            let mut agent = Agent::register(server, &activation);
                            agent.start();
                            agent
                        })
                    })
                    .collect();
                agents.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
            });
        }
        let fleet = Self { agents };
        fleet.is_online(server).await;
        fleet
    }

    /// The ids of its nodes.
    #[must_use]
    pub fn ids(&self) -> Vec<InstanceId> {
        self.agents.iter().map(|agent| agent.id.clone()).collect()
    }

    /// Waits until every node is online.
    pub async fn is_online(&self, server: &Server) {
        for agent in &self.agents {
            has_ping(server, &agent.id, "Online").await;
        }
    }
}

/// Waits until a node has this status.
///
/// # Panics
/// When it does not come.
pub async fn has_ping(server: &Server, id: &InstanceId, status: &str) {
    wait::until(&format!("{id} to be {status}"), async || {
        (ping(server, id).await.as_deref() == Some(status)).then_some(())
    })
    .await;
}

/// A node's status, if there is such a node.
pub async fn ping(server: &Server, id: &InstanceId) -> Option<String> {
    let filter = pilothouse_api::nodes::InstanceInformationStringFilter {
        key: "InstanceIds".to_owned(),
        values: vec![id.to_string()],
    };
    let list =
        DescribeInstanceInformation { filters: vec![filter], ..DescribeInstanceInformation::default() };
    let found = server.call(list).await.ok()?.instance_information_list;
    found
        .into_iter()
        .next()
        .and_then(|it| serde_json::to_value(it).ok()?["PingStatus"].as_str().map(str::to_owned))
}

/// Simulated nodes, all in one process.
pub struct Simulated {
    program: Program,
    _dir: TempDir,
}

impl Simulated {
    /// So many simulated nodes, online.
    ///
    /// # Panics
    /// When they are not.
    pub async fn start(server: &Server, count: usize) -> Self {
        let activation = activation(server, count).await;
        let dir = tempfile::tempdir().unwrap();
        let mut command = command(&binary("pilothouse-agent"));
        command
            .args(["run", "--simulate", &count.to_string(), "--server", server.url()])
            .args([
                "--activation-id",
                &activation.activation_id,
                "--activation-code",
                &activation.activation_code,
            ])
            .arg("--data-dir")
            .arg(dir.path());
        let mut program = Program::start(command, "simulated", dir.path());
        wait::blocking("the simulated nodes to register", || {
            assert!(program.ended().is_none(), "the simulated nodes ended: {}", program.log());
            program.out().contains("are registered")
        });
        Self { program, _dir: dir }
    }

    /// The program.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }
}
