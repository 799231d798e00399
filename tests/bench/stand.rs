//! A server with a simulated fleet: what several benches measure.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::protocol::PingStatus;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Authority, Client, Credentials, Endpoint, EventStream, StreamEvent};
use pilothouse_tests::postgres;

use crate::figure::tell;
use crate::process::{Program, beside, resident};

/// Registrations that one activation takes.
const PER_ACTIVATION: usize = 1000;
/// A fleet that is not up by then never will be.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a server stands on.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Ground {
    /// Plain HTTP instead of TLS with the server's own authority
    #[arg(long)]
    pub plain: bool,
    /// PostgreSQL, started from the installed programs, instead of SQLite
    #[arg(long)]
    pub postgres: bool,
}

impl Ground {
    /// What a figure is called on it.
    pub fn name(self, bench: &str) -> String {
        let database = if self.postgres { "PostgreSQL" } else { "SQLite" };
        format!("{bench}, {}, {database}", if self.plain { "plain" } else { "TLS" })
    }
}

/// A server; it ends with this value.
pub struct Server {
    pub client: Client,
    pub program: Program,
    settings: Vec<(&'static str, String)>,
    dir: tempfile::TempDir,
}

impl Server {
    /// Starts one that speaks plain HTTP, on a database of its own, or on this one.
    pub fn start(database: Option<&str>) -> anyhow::Result<Self> {
        Self::with(true, database.map(str::to_owned))
    }

    /// Starts one on this ground.
    pub fn on(ground: Ground) -> anyhow::Result<Self> {
        let database = match ground.postgres {
            true => Some(postgres::cluster().map_err(anyhow::Error::msg)?.database()?),
            false => None,
        };
        Self::with(ground.plain, database)
    }

    fn with(plain: bool, database: Option<String>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        // The bench is the one client that is to be served without a limit.
        let mut settings = vec![
            ("PILOTHOUSE_LIMITS__REQUESTS_PER_SECOND", String::from("0")),
            ("PILOTHOUSE_LIMITS__REQUESTS_IN_FLIGHT", String::from("1000")),
        ];
        settings.extend(database.map(|url| ("PILOTHOUSE_DATABASE", url)));
        if !plain {
            settings.push(("PILOTHOUSE_TLS", String::from("auto")));
        }
        let (program, url) = launch(&dir, &settings, "127.0.0.1:0")?;
        let authority = dir.path().join("server/tls/ca.pem");
        let endpoint = Endpoint {
            url,
            region: "us-east-1".into(),
            credentials: Credentials::from_file(&dir.path().join("server/credentials"), "default")?,
            ca: (!plain).then_some(Authority::File(authority)),
        };
        Ok(Self { client: Client::new(endpoint)?, program, settings, dir })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.client.endpoint().url
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Where its file of credentials is.
    pub fn credentials(&self) -> PathBuf {
        self.dir.path().join("server/credentials")
    }

    /// Arguments by which a program trusts it.
    pub fn trust(&self) -> Vec<OsString> {
        match &self.client.endpoint().ca {
            Some(Authority::File(file)) => vec!["--ca".into(), file.into()],
            _ => Vec::new(),
        }
    }

    /// Kills it without a word, and starts it again where it was; how long it took until it listened.
    pub fn restart(&mut self) -> anyhow::Result<Duration> {
        let address = self.url().split("://").nth(1).context("a URL without an address")?.to_owned();
        self.program.kill();
        let began = Instant::now();
        (self.program, _) = launch(&self.dir, &self.settings, &address)?;
        Ok(began.elapsed())
    }

    /// Makes activations for so many nodes; as arguments of the agent.
    async fn activations(&self, nodes: usize) -> anyhow::Result<Vec<OsString>> {
        let mut arguments = Vec::new();
        for _ in 0..nodes.div_ceil(PER_ACTIVATION) {
            let activation = CreateActivation {
                iam_role: "bench".into(),
                registration_limit: Some(PER_ACTIVATION as i64),
                ..CreateActivation::default()
            };
            let made = self.client.call(&activation).await?;
            arguments.extend(
                ["--activation-id", &made.activation_id, "--activation-code", &made.activation_code]
                    .map(OsString::from),
            );
        }
        Ok(arguments)
    }

    /// The ids of all nodes.
    pub async fn nodes(&self) -> anyhow::Result<Vec<String>> {
        let mut ask = DescribeInstanceInformation::default();
        let mut ids = Vec::new();
        loop {
            let page = self.client.call(&ask).await?;
            ids.extend(page.instance_information_list.into_iter().map(|node| node.instance_id));
            ask.next_token = page.next_token;
            if ask.next_token.is_none() {
                return Ok(ids);
            }
        }
    }

    /// A simulated fleet that registers here.
    pub async fn fleet(&self, nodes: usize) -> anyhow::Result<Program> {
        let mut arguments: Vec<OsString> =
            ["run", "--server", self.url(), "--simulate", &nodes.to_string()].map(OsString::from).into();
        arguments.extend(self.activations(nodes).await?);
        arguments.extend(self.trust());
        arguments.extend([OsString::from("--data-dir"), self.dir.path().join("agents").into()]);
        Program::start(&beside("pilothouse-agent")?, &arguments, &[])
    }

    /// So many agents as they run on machines, each in a process and a directory of its own.
    pub async fn machines(&self, count: usize) -> anyhow::Result<Vec<Program>> {
        let mut machines = Vec::new();
        let agent = beside("pilothouse-agent")?;
        let activations = self.activations(count).await?;
        for (n, activation) in (0..count).zip(activations.chunks(4).cycle()) {
            let dir = self.dir.path().join(format!("machine-{n}"));
            std::fs::create_dir(&dir)?;
            let place = [OsString::from("--data-dir"), dir.into()];
            let mut register: Vec<OsString> = vec!["register".into(), "--server".into(), self.url().into()];
            // One activation is good for a thousand.
            let which = activations.chunks(4).nth(n / PER_ACTIVATION).unwrap_or(activation);
            register.extend(which.iter().cloned().chain(place.clone()).chain(self.trust()));
            Program::start(&agent, &register, &[])?.ends_well()?;
            let run: Vec<OsString> = [OsString::from("run")].into_iter().chain(place).collect();
            machines.push(Program::start(&agent, &run, &[])?);
        }
        all_online(&self.client, count).await?;
        Ok(machines)
    }
}

/// Starts a server in `dir`, and gives its URL.
fn launch(
    dir: &tempfile::TempDir,
    settings: &[(&'static str, String)],
    listen: &str,
) -> anyhow::Result<(Program, String)> {
    let data = dir.path().join("server");
    let arguments = [OsString::from("--data-dir"), data.into(), "--listen".into(), listen.into()];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut program = Program::start(&beside("pilothouse-server")?, &arguments, &settings)?;
    let url = program.wait_for(|line| line.strip_prefix("listening on ").map(str::to_owned))?;
    Ok((program, url))
}

/// A server and its fleet; both end with this value.
pub struct Stand {
    pub client: Client,
    pub server: Server,
    /// Resident bytes of the server before a node was there.
    pub empty: u64,
    /// How long it took until every node was Online.
    pub up_after: Duration,
    _fleet: Program,
}

impl Stand {
    /// Starts both, on plain HTTP and SQLite, and waits until every node is Online.
    pub async fn start(nodes: usize) -> anyhow::Result<Self> {
        Self::on(Ground { plain: true, postgres: false }, nodes).await
    }

    /// Starts both on this ground, and waits until every node is Online.
    pub async fn on(ground: Ground, nodes: usize) -> anyhow::Result<Self> {
        let server = Server::on(ground)?;
        let client = server.client.clone();
        let empty = resident(server.pid())?;
        tell(&format!("{nodes} simulated nodes register at {}", server.url()));
        let began = Instant::now();
        let fleet = server.fleet(nodes).await?;
        all_online(&client, nodes).await?;
        Ok(Self { client, server, empty, up_after: began.elapsed(), _fleet: fleet })
    }
}

/// Waits until this many nodes answer.
pub async fn all_online(client: &Client, nodes: usize) -> anyhow::Result<()> {
    let mut stream = EventStream::open(client.clone());
    stream.follow(Topic::nodes());
    Nodes::default().wait_for(&mut stream, nodes).await
}

/// Nodes that a stream told to be Online.
#[derive(Default)]
pub struct Nodes(HashSet<String>);

impl Nodes {
    /// Waits until there are so many of them.
    pub async fn wait_for(&mut self, stream: &mut EventStream, count: usize) -> anyhow::Result<()> {
        let everyone = async {
            while self.0.len() < count {
                match stream.next().await.context("the event stream ended")? {
                    StreamEvent::News { news: News::Nodes { nodes, .. }, .. } => {
                        let online = nodes.into_iter().filter(|node| node.ping == PingStatus::Online);
                        self.0.extend(online.map(|node| node.instance_id.to_string()));
                    }
                    StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
                    _ => {}
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, everyone).await.context("the fleet did not come up")?
    }
}
