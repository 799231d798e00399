//! The command line of `pilothouse parameters`.

use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};

/// How a text of parameters is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A typed document, without loss
    Json,
    /// The same in YAML
    Yaml,
    /// Names and values
    Dotenv,
}

impl Format {
    /// As the server calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Dotenv => "dotenv",
        }
    }

    /// What a file is by its name.
    pub(crate) fn of(file: &str) -> Option<Self> {
        let path = Path::new(file);
        match path.extension().and_then(|it| it.to_str()) {
            Some("json") => Some(Self::Json),
            Some("yaml" | "yml") => Some(Self::Yaml),
            Some("env") => Some(Self::Dotenv),
            _ => path.file_name().filter(|it| *it == ".env").map(|_| Self::Dotenv),
        }
    }
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Table,
    /// For programs: the server's answer
    Json,
}

/// What is done with parameters.
#[derive(Debug, Subcommand)]
pub enum Parameters {
    /// Lists one level: folders and parameters, without values
    List {
        /// The level
        #[arg(default_value = "/")]
        path: String,
        /// As it was then: 2026-11-24T12:00:00Z, or so long ago: 2h
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Finds names by some of their letters, best first
    Find {
        /// The letters
        text: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Prints what is below a path as a text that `import` takes
    ///
    /// SecureStrings stay sealed in JSON and YAML, and are left out of dotenv, unless they are revealed.
    Export(Export),
    /// Puts what a text says below a path: all of it, or nothing
    ///
    /// JSON and YAML may be what `export` wrote, or maps of maps. In dotenv two underscores stand between levels, and names become
    /// lower case. The exit status is 1 when a dry run finds something that is refused.
    Import(Import),
    /// Copies a parameter or a tree, or moves it: all of it, or nothing
    Copy(Copy),
    /// Compares two paths, two times or two versions
    ///
    /// A side is /path, /path@TIME or /name:VERSION. The exit status is 1 when something differs.
    Diff {
        /// What was
        left: String,
        /// What is
        right: String,
        /// SecureStrings in plain text
        #[arg(long)]
        reveal: bool,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Tells who made each version of a parameter, from where, and who read it
    Blame {
        /// The parameter
        name: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Makes a new version with what stood in an old one
    Rollback {
        /// The parameter
        name: String,
        /// The old version
        version: i64,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

/// What is exported.
#[derive(Debug, Args)]
pub struct Export {
    /// The path, or one parameter
    pub path: String,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// SecureStrings in plain text
    #[arg(long)]
    pub reveal: bool,
    /// As it was then: 2026-11-24T12:00:00Z, or so long ago: 2h
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What is imported.
#[derive(Debug, Args)]
pub struct Import {
    /// The path that it goes below
    pub path: String,
    /// The file, or - for standard input
    pub file: String,
    /// How it is written; by the file's name, if absent
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Only tell what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// New versions of parameters that are there
    #[arg(long)]
    pub overwrite: bool,
    /// Names below the path that become SecureStrings where the text gives no type; * for all
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub secure: Vec<String>,
    /// The key that SecureStrings are sealed under where the text gives none
    #[arg(long, value_name = "ALIAS")]
    pub key_id: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What is copied.
#[derive(Debug, Args)]
pub struct Copy {
    /// What is copied
    pub from: String,
    /// What takes its place in the names
    pub to: String,
    /// Everything below it, too
    #[arg(long, short)]
    pub recursive: bool,
    /// Delete what was copied
    #[arg(long)]
    pub r#move: bool,
    /// Only tell what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
