//! What `pilothouse groups` takes.

use clap::{Args, ValueEnum};

/// Of which command, and what is to be seen.
#[derive(Debug, Args)]
pub struct Groups {
    /// The command's id
    pub command: String,
    /// What makes no difference
    #[arg(long, value_delimiter = ',', value_name = "KIND[,KIND]")]
    pub normalise: Vec<Kind>,
    /// Stay until the command is over
    #[arg(long, conflicts_with = "diff")]
    pub follow: bool,
    /// What differs between the largest group and this node or group, by id
    #[arg(long, value_name = "NODE|GROUP")]
    pub diff: Option<String>,
    /// Print JSON: an object per telling, or the differences
    #[arg(long)]
    pub json: bool,
}

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Dates and times of day
    Timestamps,
    /// The nodes' own names and addresses
    Hosts,
    /// Numbers, and the blanks before them
    Numbers,
}
