//! `pilothouse`: arguments, settings, wiring. The cockpit itself is in `cockpit`, what needs no screen in `verbs`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use etcetera::BaseStrategy;
use pilothouse::arguments::{Arguments, Common, Package, Verb};
use pilothouse::cockpit::{self, Behind};
use pilothouse::local::{self, Hosted, Kind};
use pilothouse::route::Route;
use pilothouse::settings::environment::Environment;
use pilothouse::settings::profile::{Chosen, choose};
use pilothouse::settings::themes::Themes;
use pilothouse::settings::{FILE, Settings, keys};
use pilothouse::shell::Options;
use pilothouse::shell::run::Outer;
use pilothouse::verbs::lines::Form;
use pilothouse::verbs::{self, FAILED, USAGE, VerbError};
use pilothouse_api::fleet::ResolveTargets;
use pilothouse_api::protocol::PingStatus;
use pilothouse_client::Client;
use pilothouse_kit::theme::Depth;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long a local fleet may take to come up before a verb works with what is there.
const LOCAL_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a fleet that comes up.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Where files live, and the environment as a value.
struct World {
    config: PathBuf,
    state: PathBuf,
    home: PathBuf,
    variables: HashMap<String, String>,
}

impl World {
    fn look() -> anyhow::Result<Self> {
        let dirs = etcetera::choose_base_strategy().context("this user has no home directory")?;
        Ok(Self {
            config: dirs.config_dir().join("pilothouse"),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("pilothouse"),
            home: dirs.home_dir().to_owned(),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        })
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Verb::StepRunner { dir }) = &arguments.verb {
        return local::run_step(dir);
    }
    match work(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(error) if error.downcast_ref::<VerbError>().is_some_and(VerbError::is_left) => {
            ExitCode::from(verbs::LEFT_PIPE)
        }
        Err(error) => {
            // There is nowhere else to say it.
            let _ = writeln!(stderr(), "pilothouse: {}", in_one_line(&error));
            ExitCode::from(error.downcast_ref::<VerbError>().map_or(FAILED, VerbError::status))
        }
    }
}

/// An error with its causes, each said once.
fn in_one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn work(arguments: Arguments) -> anyhow::Result<u8> {
    let world = World::look()?;
    let settings = settings(&arguments.common, &world)?;
    log_to(settings.log.as_deref(), &world)?;
    let (behind, environment) = behind(&arguments.common, &settings, &world)?;
    match arguments.verb {
        None => {
            let route = arguments.route.as_deref().unwrap_or("nodes").parse::<Route>();
            let route = match route {
                Ok(route) => route,
                Err(why) => {
                    let _ = writeln!(stderr(), "pilothouse: {why}; pilothouse --help shows what can be said");
                    return Ok(USAGE);
                }
            };
            let options = options(&settings, environment, route, &world)?;
            make_private(&world.state)?;
            cockpit::run(options, behind, &world.state, Outer::of(|name| world.variable(name)))?;
            Ok(0)
        }
        Some(verb) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(without_screen(verb, behind, &world))
        }
    }
}

fn settings(common: &Common, world: &World) -> anyhow::Result<Settings> {
    let file = match &common.config {
        Some(file) => {
            anyhow::ensure!(file.is_file(), "there is no settings file {}", file.display());
            file.clone()
        }
        None => world.config.join(FILE),
    };
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let switch = |on: bool| on.then(|| String::from("true"));
    let flags = [
        ("profile", common.profile.clone()),
        ("endpoint", common.endpoint.clone()),
        ("region", common.region.clone()),
        ("ca", text(&common.ca)),
        ("ca_fingerprint", common.ca_fingerprint.clone()),
        ("log", text(&common.log)),
        ("theme", common.theme.clone()),
        ("ascii", switch(common.ascii)),
        ("mouse", switch(common.mouse)),
    ];
    Ok(Settings::read(&file, |name| world.variable(name), &flags)?)
}

/// Rooms that write whole frames and headers into the log below this level, secrets among them: whatever PILOTHOUSE_LOG says.
const DISCREET: [&str; 2] = ["tungstenite=warn", "tokio_tungstenite=warn"];

/// Log lines go to a file or nowhere: the terminal is the cockpit's.
fn log_to(path: Option<&Path>, world: &World) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let Some(path) = path else { return Ok(()) };
    let file = File::options().create(true).append(true).mode(0o600).open(path);
    let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    let filter = world.variable("PILOTHOUSE_LOG").unwrap_or_else(|| String::from("info"));
    let mut filter = EnvFilter::try_new(&filter).with_context(|| format!("PILOTHOUSE_LOG is {filter:?}"))?;
    for directive in DISCREET {
        filter = filter.add_directive(directive.parse()?);
    }
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).init();
    Ok(())
}

fn behind(common: &Common, settings: &Settings, world: &World) -> anyhow::Result<(Behind, Environment)> {
    if common.demo {
        return Ok((Behind::Local(Kind::Demo), Environment::demo()));
    }
    Ok(match choose(settings, |name| world.variable(name), &world.home)? {
        Chosen::Local => (Behind::Local(Kind::Machine), Environment::local()),
        Chosen::Remote { endpoint, environment } => (Behind::Remote(endpoint), environment),
    })
}

fn options(
    settings: &Settings,
    environment: Environment,
    route: Route,
    world: &World,
) -> anyhow::Result<Options> {
    let variable = |name: &str| world.variables.get(name).map(String::as_str);
    let depth = Depth::detect(variable("NO_COLOR"), variable("COLORTERM"), variable("TERM"));
    let themes = Themes::read(&world.config.join("themes"), depth, settings.ascii);
    Ok(Options {
        route,
        environment,
        theme: themes.load(&settings.theme).map_err(anyhow::Error::msg)?,
        themes,
        keys: keys::read(&world.config.join(&settings.keys))?,
        mouse: settings.mouse,
        times: settings.times.into(),
        typed_from: settings.typed_from,
        history: cockpit::remembered(&world.state),
    })
}

/// Makes a directory for this user alone.
fn make_private(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("{} cannot be made", dir.display()))
}

async fn without_screen(verb: Verb, behind: Behind, world: &World) -> anyhow::Result<u8> {
    let (client, hosted) = match behind {
        Behind::Remote(endpoint) => (Client::new(endpoint)?, None),
        Behind::Local(kind) => {
            let (endpoint, hosted) = local::start(kind, &world.state).await?;
            (Client::new(endpoint)?, hosted)
        }
    };
    if let Some(hosted) = &hosted {
        wait_for(&client, hosted.expected).await?;
    }
    let status = say(verb, &client).await;
    drop(client);
    if let Some(hosted) = hosted {
        Hosted::stop(hosted).await;
    }
    Ok(status?)
}

/// Waits until a fleet that was just started is up, or for as long as it may take.
async fn wait_for(client: &Client, expected: usize) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + LOCAL_PATIENCE;
    while tokio::time::Instant::now() < deadline {
        let nodes = client.call(&ResolveTargets::default()).await?.nodes;
        if nodes.iter().filter(|node| node.ping == PingStatus::Online).count() >= expected {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// How lines are printed, by what was asked for and where they go.
fn form(json: bool) -> Form {
    match (json, stdout().is_terminal()) {
        (true, _) => Form::Json,
        (false, true) => Form::Terminal,
        (false, false) => Form::Plain,
    }
}

async fn say(verb: Verb, client: &Client) -> Result<u8, VerbError> {
    let mut out = BufWriter::new(stdout());
    match verb {
        Verb::Run(run) => {
            let form = form(run.json);
            let mut interrupts = signal(SignalKind::interrupt())?;
            return verbs::run::run(client, &run, form, out, stderr(), &mut interrupts).await;
        }
        Verb::Output(asked) => {
            let form = form(asked.json);
            return verbs::output::output(client, &asked, form, out, stderr()).await;
        }
        Verb::Groups(asked) => verbs::groups::groups(client, &asked, &mut out, &mut stderr()).await?,
        Verb::Nodes(nodes) => verbs::nodes::nodes(client, &nodes.filter, nodes.json, &mut out).await?,
        Verb::Call { operation, request } => {
            verbs::call::call(client, &operation, &request, &mut std::io::stdin(), &mut out).await?;
        }
        Verb::Parameters(verb) => {
            let now = pilothouse::remote::clock::now();
            let (input, err) = (&mut std::io::stdin(), &mut stderr());
            return verbs::parameters::parameters(client, verb, now, input, &mut out, err).await;
        }
        Verb::Package(Package::Push(push)) => {
            let mut progress =
                verbs::package::Progress { to: &mut stderr(), is_terminal: stderr().is_terminal() };
            verbs::package::push(client, &push, &mut out, &mut progress).await?;
        }
        Verb::Whoami { json } => verbs::rights::whoami(client, json, &mut out).await?,
        Verb::Arm { environment, time, reason } => {
            verbs::rights::arm(client, &environment, &time, &reason, &mut out).await?;
        }
        Verb::Disarm { environment } => verbs::rights::disarm(client, &environment, &mut out).await?,
        Verb::StepRunner { .. } => return Ok(USAGE),
    }
    Ok(0)
}
