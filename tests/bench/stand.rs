//! A server with a simulated fleet: what both benches measure.

use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::protocol::PingStatus;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, Credentials, Endpoint, EventStream, StreamEvent};

use crate::figure::tell;
use crate::process::{Program, beside, resident};

/// Registrations that one activation takes.
const PER_ACTIVATION: usize = 1000;
/// A fleet that is not up by then never will be.
const PATIENCE: Duration = Duration::from_secs(600);

/// A server; it ends with this value.
pub struct Server {
    pub client: Client,
    pub program: Program,
    dir: tempfile::TempDir,
}

impl Server {
    /// Starts one on a database of its own, or on this one.
    pub fn start(database: Option<&str>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("server");
        let arguments =
            [OsArg::from("--data-dir"), data.clone().into(), "--listen".into(), "127.0.0.1:0".into()];
        // The bench is the one client that is to be served without a limit.
        let mut settings = vec![
            ("PILOTHOUSE_LIMITS__REQUESTS_PER_SECOND", "0"),
            ("PILOTHOUSE_LIMITS__REQUESTS_IN_FLIGHT", "1000"),
        ];
        settings.extend(database.map(|url| ("PILOTHOUSE_DATABASE", url)));
        let mut program = Program::start(&beside("pilothouse-server")?, &arguments, &settings)?;
        let url = program.wait_for(|line| line.strip_prefix("listening on ").map(str::to_owned))?;
        let credentials = data.join("credentials");
        let endpoint = Endpoint {
            url,
            region: "us-east-1".into(),
            credentials: Credentials::from_file(&credentials, "default")?,
            ca: None,
        };
        Ok(Self { client: Client::new(endpoint)?, program, dir })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.client.endpoint().url
    }
}

/// A server and its fleet; both end with this value.
pub struct Stand {
    pub client: Client,
    pub server: Program,
    /// Resident bytes of the server before a node was there.
    pub empty: u64,
    /// How long it took until every node was Online.
    pub up_after: Duration,
    _fleet: Program,
    _dir: tempfile::TempDir,
}

impl Stand {
    /// Starts both and waits until every node is Online.
    pub async fn start(nodes: usize) -> anyhow::Result<Self> {
        let server = Server::start(None)?;
        let url = server.url().to_owned();
        let Server { client, program: server, dir } = server;
        let empty = resident(server.pid())?;
        tell(&format!("{nodes} simulated nodes register at {url}"));
        let began = Instant::now();
        let mut arguments: Vec<OsArg> =
            ["run", "--server", &url, "--simulate", &nodes.to_string()].map(OsArg::from).into();
        for _ in 0..nodes.div_ceil(PER_ACTIVATION) {
            let activation = CreateActivation {
                iam_role: "bench".into(),
                registration_limit: Some(PER_ACTIVATION as i64),
                ..CreateActivation::default()
            };
            let made = client.call(&activation).await?;
            arguments.extend(
                ["--activation-id", &made.activation_id, "--activation-code", &made.activation_code]
                    .map(OsArg::from),
            );
        }
        let agents = dir.path().join("agents");
        arguments.extend([OsArg::from("--data-dir"), agents.into()]);
        let fleet = Program::start(&beside("pilothouse-agent")?, &arguments, &[])?;
        all_online(&client, nodes).await?;
        let up_after = began.elapsed();
        Ok(Self { client, server, empty, up_after, _fleet: fleet, _dir: dir })
    }
}

type OsArg = std::ffi::OsString;

/// Waits until this many nodes answer.
async fn all_online(client: &Client, nodes: usize) -> anyhow::Result<()> {
    let mut stream = EventStream::open(client.clone());
    stream.follow(Topic::nodes());
    let mut online = std::collections::HashSet::new();
    let everyone = async {
        while online.len() < nodes {
            match stream.next().await.context("the event stream ended")? {
                StreamEvent::News { news: News::Nodes { nodes: told, .. }, .. } => {
                    online.extend(
                        told.into_iter().filter(|n| n.ping == PingStatus::Online).map(|n| n.instance_id),
                    );
                }
                StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
                _ => {}
            }
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, everyone).await.context("the fleet did not come up")?
}
