//! What `pilothouse output` takes.

use clap::Args;

/// Of which command, and what of it.
#[derive(Debug, Args)]
pub struct Output {
    /// The command's id
    pub command: String,
    /// One node of it, by name or id; its output is passed on to the byte
    pub node: Option<String>,
    /// Stay until all runs are over
    #[arg(long, short)]
    pub follow: bool,
    /// Print only lines with this text
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// The text is a regular expression
    #[arg(long, requires = "search")]
    pub regex: bool,
    /// Upper and lower case are one
    #[arg(long, short, requires = "search")]
    pub ignore_case: bool,
    /// Standard error alone, on standard output
    #[arg(long)]
    pub stderr: bool,
    /// Put the time before every line
    #[arg(long, short)]
    pub timestamps: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub json: bool,
}
