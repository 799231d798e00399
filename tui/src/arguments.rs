//! The command line.

pub mod groups;
pub mod output;
pub mod package;
pub mod parameters;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use self::groups::Groups;
use self::output::Output;
use self::package::Push;
use self::parameters::Parameters;

/// Pilothouse's cockpit: see the whole fleet, run a command on it, read the answers while they arrive.
///
/// Without a profile and an endpoint it works on this machine alone, with a server of its own.
#[derive(Debug, Parser)]
#[command(name = "pilothouse", version, subcommand_negates_reqs = true)]
pub struct Arguments {
    /// Whom to speak to, and how it looks.
    #[command(flatten)]
    pub common: Common,
    /// Where to begin: a locator such as pilothouse:nodes/@prod or pilothouse:command/ID
    pub route: Option<String>,
    /// Something without a screen.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Whom to speak to, and how it looks.
#[derive(Debug, Args)]
pub struct Common {
    /// A profile of the settings' file
    #[arg(long, global = true, conflicts_with = "demo")]
    pub profile: Option<String>,
    /// A server's URL, such as https://pilothouse.example:8440
    #[arg(long, global = true, conflicts_with = "demo")]
    pub endpoint: Option<String>,
    /// The region to work in
    #[arg(long, global = true)]
    pub region: Option<String>,
    /// PEM file of authorities to trust instead of the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The only authority to trust, by the SHA-256 of its certificate: sha256:HEX, as the server prints it
    #[arg(long, global = true, value_name = "SHA256", conflicts_with = "ca")]
    pub ca_fingerprint: Option<String>,
    /// 24 simulated nodes, to try everything harmlessly
    #[arg(long, global = true)]
    pub demo: bool,
    /// Settings in TOML; ~/.config/pilothouse/config.toml if absent
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where log lines go; PILOTHOUSE_LOG filters them
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// terminal, dark, light, high-contrast, or one of your own
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Draw with ASCII alone
    #[arg(long)]
    pub ascii: bool,
    /// Capture the mouse
    #[arg(long)]
    pub mouse: bool,
}

/// What can be done without a screen.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Runs a shell script on nodes and prints its output as it comes
    ///
    /// Every line is printed behind its node's name. Ctrl-C cancels the command; pressed again, it leaves the command to itself.
    /// The exit status is 0 when every node succeeded, 1 when one did not, 2 for wrong usage, 130 when left.
    Run(Run),
    /// Prints what the runs of a command wrote, or the lines of it in which something stands
    ///
    /// Of one node it is passed on to the byte; of several every line stands behind its node's name. A search runs on the server.
    /// The exit status is 0, and 1 when a search finds nothing.
    Output(Output),
    /// Lists nodes
    Nodes(Nodes),
    /// Tells which nodes of a command say the same, which say something else, and what
    ///
    /// Each group stands with how its nodes ended and the lines in which it leaves the largest one.
    Groups(Groups),
    /// Calls any operation by its name, with JSON in and out
    ///
    /// The names are AWS's own (SendCommand, ListCommands) and Pilothouse's (ResolveTargets, PutPolicy, GetApproval).
    Call {
        /// The operation, such as DescribeInstanceInformation
        operation: String,
        /// The request: JSON, @FILE, or - for standard input
        #[arg(default_value = "{}")]
        request: String,
    },
    /// Parameters: as a text and back, compared, blamed, copied, rolled back
    #[command(subcommand)]
    Parameters(Parameters),
    /// Packages: software that nodes install
    #[command(subcommand)]
    Package(Package),
    /// Says who you are to the server
    Whoami {
        /// Print a JSON object, with the permissions that no policy gives
        #[arg(long)]
        json: bool,
    },
    /// Arms an environment: the right to change it, for a while
    ///
    /// Everyone sees who armed it and why. The server ends it at the time.
    Arm {
        /// The environment, such as prod
        environment: String,
        /// For how long: 10m, 90s, 1h; a bare number is minutes
        time: String,
        /// Why
        #[arg(required = true)]
        reason: Vec<String>,
    },
    /// Ends an arming before its time
    Disarm {
        /// The environment
        environment: String,
    },
    /// Runs one step (started by the agent)
    #[command(hide = true)]
    StepRunner {
        /// The step's directory
        dir: PathBuf,
    },
}

/// What is done with packages.
#[derive(Debug, Subcommand)]
pub enum Package {
    /// Publishes a folder with manifest.json and the files that it names as a package, or as its next version
    Push(Push),
}

/// What to run, and where.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["targets", "nodes", "all"]).multiple(true)))]
pub struct Run {
    /// Nodes by tag: tag:env=prod,staging; several of them must all hold
    #[arg(long, value_name = "KEY=VALUE[,VALUE]", conflicts_with_all = ["nodes", "all"])]
    pub targets: Vec<String>,
    /// Nodes by name or id
    #[arg(long, value_delimiter = ',', value_name = "NODE[,NODE]", conflicts_with = "all")]
    pub nodes: Vec<String>,
    /// Every node
    #[arg(long)]
    pub all: bool,
    /// Seconds that the script may take on a node
    #[arg(long, default_value_t = 3600)]
    pub timeout: u32,
    /// Seconds in which a node must take it, 30 at least
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(30..=2_592_000))]
    pub delivery_timeout: u32,
    /// Nodes at a time: a number or a percentage
    #[arg(long, default_value = "50")]
    pub concurrency: String,
    /// Errors after which no further node is begun: a number or a percentage
    #[arg(long, default_value = "0")]
    pub max_errors: String,
    /// Where the script runs
    #[arg(long, value_name = "DIR")]
    pub directory: Option<String>,
    /// For the history
    #[arg(long)]
    pub comment: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// The script: one word is taken as it is, several are passed on word by word
    #[arg(last = true, required = true, value_name = "SCRIPT")]
    pub words: Vec<String>,
}

/// Which nodes.
#[derive(Debug, Args)]
pub struct Nodes {
    /// As in the cockpit: @prod os:debian !web
    #[arg(long, default_value = "")]
    pub filter: String,
    /// Print one JSON object per line
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_place_and_a_verb_are_told_apart() {
        let place = Arguments::parse_from(["pilothouse", "--theme", "dark", "pilothouse:commands"]);
        assert_eq!(place.route.as_deref(), Some("pilothouse:commands"));
        let verb = Arguments::parse_from([
            "pilothouse",
            "--demo",
            "run",
            "--targets",
            "tag:env=prod",
            "--",
            "df",
            "-h",
        ]);
        assert!(matches!(verb.verb, Some(Verb::Run(run)) if run.words == ["df", "-h"]));
    }

    #[test]
    fn operations_are_called_by_name_and_environments_armed_with_a_reason() {
        let call = Arguments::parse_from(["pilothouse", "call", "ListCommands"]);
        assert!(matches!(call.verb, Some(Verb::Call { request, .. }) if request == "{}"));
        let arm = Arguments::parse_from(["pilothouse", "arm", "prod", "10m", "roll", "out"]);
        assert!(matches!(arm.verb, Some(Verb::Arm { reason, .. }) if reason == ["roll", "out"]));
        assert!(
            Arguments::try_parse_from(["pilothouse", "arm", "prod", "10m"]).is_err(),
            "a reason is not left out"
        );
    }

    #[test]
    fn a_run_without_a_target_is_wrong_usage() {
        let error = Arguments::try_parse_from(["pilothouse", "run", "--", "uptime"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
