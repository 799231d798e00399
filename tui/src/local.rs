//! Local mode: a server and an agent in this process, for who has no server yet, and the demo with its simulated fleet.
//!
//! In: where state lives. Out: an endpoint to speak to like any other; the rest of the cockpit does not know the difference.
//! State of this machine is kept in `pilothouse/local` below the state directory and belongs to one cockpit at a time; a second one
//! attaches to the first. The demo lives in a temporary directory that goes with it.
//!
//! The only file that may know `pilothouse-server` and `pilothouse-agent`. Never here: screens, calls of the cockpit.

mod place;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use pilothouse_agent::host::fake::Temper;
use pilothouse_agent::host::machine::Reboot;
use pilothouse_agent::link::{Dial, DialError};
use pilothouse_agent::simulate::{self, Activation};
use pilothouse_agent::{Agent, AgentError, AgentOptions, register, step_runner};
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::protocol::{ActivationId, MalformedId};
use pilothouse_client::{Client, ClientError, Credentials, CredentialsError, Endpoint};
use pilothouse_server::config::Settings;
use pilothouse_server::server::{Server, StartError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::place::{io_error, temporary, write_url};

/// Jobs that this machine runs at a time.
const CONCURRENCY: usize = 8;
/// Bytes of output that are kept for one job until the server has them.
const SPOOL_BYTES: u64 = 64 * 1024 * 1024;
/// How long the agent may take to stop; what it is doing is on disk.
const AGENT_PATIENCE: Duration = Duration::from_secs(3);
/// How long a server that holds the directory may take to say where it is.
const ATTACH_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a directory that another cockpit holds.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Where the running server's URL stands, below the state directory of local mode.
const URL_FILE: &str = "url";
const IDENTITY: &str = "identity.json";

/// What is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This machine, as a fleet of one.
    Machine,
    /// Simulated nodes.
    Demo,
}

/// Why local mode does not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The server does not start.
    #[error("the local server does not start: {0}")]
    Server(#[from] StartError),
    /// A file or directory cannot be used.
    #[error("{} cannot be used: {why}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// Another cockpit holds the directory and does not say where its server is.
    #[error("another cockpit uses {} and its server does not answer", .0.display())]
    Held(PathBuf),
    /// The other cockpit's credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// Why this machine, or the simulated fleet, does not come up.
#[derive(Debug, thiserror::Error)]
enum EnrolError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error(transparent)]
    Id(#[from] MalformedId),
    #[error("this program does not know where it is: {0}")]
    Program(#[from] io::Error),
    #[error("{0}")]
    Fleet(String),
}

/// What runs in this process.
pub struct Hosted {
    server: Server,
    stop: watch::Sender<bool>,
    fleet: JoinHandle<()>,
    url_file: PathBuf,
    temporary: Option<PathBuf>,
    /// Nodes that will be Online once all is up.
    pub expected: usize,
}

/// Starts what is asked for, or attaches to the cockpit that runs it already; then there is nothing to stop.
///
/// # Errors
/// When the state directory cannot be used or the server does not start.
pub async fn start(kind: Kind, state: &Path) -> Result<(Endpoint, Option<Hosted>), LocalError> {
    let (dir, temporary) = match kind {
        Kind::Machine => (state.join("local"), None),
        Kind::Demo => {
            let dir = temporary(state)?;
            (dir.clone(), Some(dir))
        }
    };
    let url_file = dir.join(URL_FILE);
    let server = match serve(&dir, &url_file).await? {
        Serving::Here(server) => *server,
        Serving::Elsewhere(endpoint) => return Ok((endpoint, None)),
    };
    let (id, secret) = server.root_credentials();
    let endpoint = Endpoint {
        url: server.url().to_owned(),
        region: server.region().to_owned(),
        credentials: Credentials::new(id, secret),
        ca: None,
    };
    let (stop, stopped) = watch::channel(false);
    let fleet = tokio::spawn(populate(kind, endpoint.clone(), dir.join("agent"), stopped));
    let expected = match kind {
        Kind::Machine => 1,
        Kind::Demo => simulate::demo_fleet().iter().filter(|node| node.temper != Temper::Offline).count(),
    };
    Ok((endpoint, Some(Hosted { server, stop, fleet, url_file, temporary, expected })))
}

impl Hosted {
    /// Stops the agents, then the server. Scripts that run on this machine run on under their step runners.
    pub async fn stop(self) {
        let Self { server, stop, fleet, url_file, temporary, .. } = self;
        let _ = fs::remove_file(&url_file);
        let _ = stop.send(true);
        let abort = fleet.abort_handle();
        if tokio::time::timeout(AGENT_PATIENCE, fleet).await.is_err() {
            abort.abort();
        }
        server.stop().await;
        if let Some(dir) = temporary
            && let Err(error) = fs::remove_dir_all(&dir)
        {
            tracing::warn!(dir = %dir.display(), %error, "the demo's directory could not be removed");
        }
    }
}

/// The hidden verb that the agent starts for each script.
#[must_use]
pub fn run_step(dir: &Path) -> ExitCode {
    step_runner::main(dir)
}

/// Who serves a directory.
enum Serving {
    Here(Box<Server>),
    Elsewhere(Endpoint),
}

/// Within one machine a node that is silent is gone: it is said sooner than over a network.
fn settings(server_dir: PathBuf) -> Settings {
    Settings { heartbeat_seconds: 5, connection_lost_after_seconds: 15, ..Settings::local(server_dir) }
}

/// Starts the server in `dir`, or finds the one that another cockpit runs there. One that is just starting or ending is waited for.
async fn serve(dir: &Path, url_file: &Path) -> Result<Serving, LocalError> {
    let server_dir = dir.join("server");
    let deadline = tokio::time::Instant::now() + ATTACH_PATIENCE;
    loop {
        match Server::start(settings(server_dir.clone())).await {
            Ok(server) => {
                write_url(url_file, server.url()).map_err(io_error(url_file))?;
                return Ok(Serving::Here(Box::new(server)));
            }
            Err(StartError::Locked(_)) => {
                if let Some(endpoint) = running(url_file, &server_dir).await? {
                    return Ok(Serving::Elsewhere(endpoint));
                }
                if tokio::time::Instant::now() >= deadline {
                    return Err(LocalError::Held(dir.to_owned()));
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The server that another cockpit runs here, if it answers.
async fn running(url_file: &Path, server_dir: &Path) -> Result<Option<Endpoint>, LocalError> {
    let Ok(url) = fs::read_to_string(url_file) else { return Ok(None) };
    let Some(address) = url.trim().strip_prefix("http://") else { return Ok(None) };
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return Ok(None);
    }
    let credentials = Credentials::from_file(&server_dir.join("credentials"), "default")?;
    let region = Settings::local(server_dir.to_owned()).region;
    Ok(Some(Endpoint { url: url.trim().to_owned(), region, credentials, ca: None }))
}

/// Brings the nodes up and keeps them up.
async fn populate(kind: Kind, endpoint: Endpoint, agent_dir: PathBuf, stop: watch::Receiver<bool>) {
    let done = match kind {
        Kind::Machine => this_machine(endpoint, &agent_dir, stop).await,
        Kind::Demo => demo(endpoint, stop).await,
    };
    if let Err(error) = done {
        tracing::error!(%error, "the nodes of local mode do not come up");
    }
}

async fn this_machine(endpoint: Endpoint, dir: &Path, stop: watch::Receiver<bool>) -> Result<(), EnrolError> {
    let dial = Dial::new(&endpoint.url, None, false)?;
    let client = Client::new(endpoint)?;
    // Once more, when the server does not know this machine any more: somebody deregistered it, or removed the server's state.
    for _ in 0..2 {
        if !dir.join(IDENTITY).exists() {
            let activation = activation(&client, 1).await?;
            register(dir, &dial, activation.id, activation.code).await?;
        }
        let options = AgentOptions {
            data_dir: dir.to_owned(),
            dial: dial.clone(),
            step_runner: step_runner::command_of_this_program()?,
            concurrency: CONCURRENCY,
            spool_bytes: SPOOL_BYTES,
            // Somebody sits at it.
            reboot: Reboot::Never,
            reboot_patience: Duration::ZERO,
        };
        match Agent::open(options)?.run(stop.clone()).await {
            Err(AgentError::Refused(why)) => {
                tracing::warn!(%why, "this machine is enrolled anew");
                fs::remove_file(dir.join(IDENTITY))?;
            }
            ended => {
                ended?;
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn demo(endpoint: Endpoint, stop: watch::Receiver<bool>) -> Result<(), EnrolError> {
    let dial = Dial::new(&endpoint.url, None, false)?;
    let fleet = simulate::demo_fleet();
    let activation = activation(&Client::new(endpoint)?, fleet.len()).await?;
    simulate::run(dial, fleet, vec![activation], stop, |_| {}).await.map_err(EnrolError::Fleet)
}

async fn activation(client: &Client, nodes: usize) -> Result<Activation, EnrolError> {
    let operation = CreateActivation {
        description: Some(String::from("local mode")),
        default_instance_name: None,
        iam_role: String::from("pilothouse"),
        registration_limit: i64::try_from(nodes).ok(),
        expiration_date: None,
        tags: Vec::new(),
    };
    let made = client.call(&operation).await?;
    let id: ActivationId = made.activation_id.parse()?;
    Ok(Activation { id, code: made.activation_code, nodes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_api::protocol::{InstanceId, PingStatus};
    use pilothouse_api::topics::{News, Topic};
    use pilothouse_client::{EventStream, StreamEvent};
    use std::collections::BTreeMap;

    /// The nodes, once so many of them are Online.
    async fn online(endpoint: &Endpoint, wanted: usize) -> Vec<InstanceId> {
        let mut stream = EventStream::open(Client::new(endpoint.clone()).unwrap());
        stream.follow(Topic::nodes());
        let mut seen = BTreeMap::new();
        loop {
            if let StreamEvent::News { news: News::Nodes { nodes, .. }, .. } = stream.next().await.unwrap() {
                seen.extend(nodes.into_iter().map(|node| (node.instance_id, node.ping)));
                let online = seen.iter().filter(|(_, ping)| **ping == PingStatus::Online);
                let online: Vec<_> = online.map(|(id, _)| id.clone()).collect();
                if online.len() >= wanted {
                    return online;
                }
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn this_machine_enrols_itself_once_and_the_next_start_finds_it_again() {
        let state = tempfile::tempdir().unwrap();
        let (endpoint, hosted) = start(Kind::Machine, state.path()).await.unwrap();
        let first = online(&endpoint, 1).await;
        hosted.unwrap().stop().await;
        assert!(!state.path().join("local").join(URL_FILE).exists());
        let (endpoint, hosted) = start(Kind::Machine, state.path()).await.unwrap();
        assert_eq!(online(&endpoint, 1).await, first);
        hosted.unwrap().stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_cockpit_attaches_to_the_first() {
        let state = tempfile::tempdir().unwrap();
        let (endpoint, hosted) = start(Kind::Machine, state.path()).await.unwrap();
        let (same, nothing) = start(Kind::Machine, state.path()).await.unwrap();
        assert!(nothing.is_none());
        assert_eq!(
            (&same.url, same.credentials.access_key_id()),
            (&endpoint.url, endpoint.credentials.access_key_id())
        );
        online(&same, 1).await;
        hosted.unwrap().stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_machine_that_the_server_forgot_is_enrolled_anew() {
        let state = tempfile::tempdir().unwrap();
        let (endpoint, hosted) = start(Kind::Machine, state.path()).await.unwrap();
        let first = online(&endpoint, 1).await;
        hosted.unwrap().stop().await;
        fs::remove_dir_all(state.path().join("local/server")).unwrap();
        let (endpoint, hosted) = start(Kind::Machine, state.path()).await.unwrap();
        assert_ne!(online(&endpoint, 1).await, first);
        hosted.unwrap().stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_demo_comes_up_whole_and_leaves_nothing() {
        let state = tempfile::tempdir().unwrap();
        let (endpoint, hosted) = start(Kind::Demo, state.path()).await.unwrap();
        let hosted = hosted.unwrap();
        assert!(online(&endpoint, hosted.expected).await.len() >= hosted.expected);
        hosted.stop().await;
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }
}
