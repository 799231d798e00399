//! The fields of a run, and what each may hold.

use pilothouse_kit::code::{Code, Language};
use pilothouse_kit::input::Line;
use serde::{Deserialize, Serialize};

/// A place in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// Which nodes.
    Targets,
    /// What runs there.
    Script,
    /// The parameter of that number, of the document that runs there.
    Parameter(usize),
    /// On how many nodes at a time.
    Concurrency,
    /// How many may fail before the rest is not sent.
    Errors,
    /// How long a node that does not answer is waited for.
    Delivery,
    /// How long it may run.
    Execution,
    /// In which directory.
    Directory,
    /// Why, for the history.
    Comment,
    /// The button.
    Send,
}

impl Field {
    /// Those of a run of a script, in order.
    pub const OF_SCRIPT: [Self; 9] = [
        Self::Targets,
        Self::Script,
        Self::Concurrency,
        Self::Errors,
        Self::Delivery,
        Self::Execution,
        Self::Directory,
        Self::Comment,
        Self::Send,
    ];

    /// What stands before it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Targets => "Targets",
            Self::Script => "Script",
            Self::Parameter(_) => "Parameter",
            Self::Concurrency => "At a time",
            Self::Errors => "Errors",
            Self::Delivery => "Wait for",
            Self::Execution => "Run at most",
            Self::Directory => "Directory",
            Self::Comment => "Comment",
            Self::Send => "Send",
        }
    }

    /// What it is when nothing is typed.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Targets => "tag:env=prod   web-01 web-02   all online",
            Self::Concurrency => "50",
            Self::Errors => "0",
            Self::Delivery | Self::Execution => "1h",
            Self::Directory => "the agent's own",
            Self::Comment => "for the history",
            Self::Script | Self::Parameter(_) | Self::Send => "",
        }
    }

    /// What it means, in a line.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Targets => "tags, names or ids (web-* too), or all; online leaves out the silent",
            Self::Script => "runs in one shell on each node; Tab goes on",
            Self::Parameter(_) => "a parameter of the document",
            Self::Concurrency => "nodes, or a percentage of them",
            Self::Errors => "failures allowed, or a percentage",
            Self::Delivery => "for nodes that are silent: 30s to 30d",
            Self::Execution => "then the script is killed: 5s to 48h",
            Self::Directory => "the script runs in it",
            Self::Comment => "up to 100 characters that say why",
            Self::Send => "Enter shows what it will touch, and asks",
        }
    }

    /// Those of a run of a document with so many parameters, in order.
    #[must_use]
    pub fn of_document(parameters: usize) -> Vec<Self> {
        let begin = std::iter::once(Self::Targets).chain((0..parameters).map(Self::Parameter));
        begin.chain([Self::Concurrency, Self::Errors, Self::Delivery, Self::Comment, Self::Send]).collect()
    }
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Which nodes, when none are chosen.
    pub targets: Line,
    /// What runs.
    pub script: Code,
    /// On how many nodes at a time.
    pub concurrency: Line,
    /// How many may fail.
    pub errors: Line,
    /// How long a node is waited for.
    pub delivery: Line,
    /// How long it may run.
    pub execution: Line,
    /// In which directory.
    pub directory: Line,
    /// Why.
    pub comment: Line,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            targets: Line::default(),
            script: Code::new(Language::Shell, ""),
            concurrency: Line::default(),
            errors: Line::default(),
            delivery: Line::default(),
            execution: Line::default(),
            directory: Line::default(),
            comment: Line::default(),
        }
    }
}

impl Form {
    /// The line of a field that is one.
    #[must_use]
    pub const fn line(&self, field: Field) -> Option<&Line> {
        Some(match field {
            Field::Targets => &self.targets,
            Field::Concurrency => &self.concurrency,
            Field::Errors => &self.errors,
            Field::Delivery => &self.delivery,
            Field::Execution => &self.execution,
            Field::Directory => &self.directory,
            Field::Comment => &self.comment,
            Field::Script | Field::Parameter(_) | Field::Send => return None,
        })
    }

    pub(super) const fn line_mut(&mut self, field: Field) -> Option<&mut Line> {
        Some(match field {
            Field::Targets => &mut self.targets,
            Field::Concurrency => &mut self.concurrency,
            Field::Errors => &mut self.errors,
            Field::Delivery => &mut self.delivery,
            Field::Execution => &mut self.execution,
            Field::Directory => &mut self.directory,
            Field::Comment => &mut self.comment,
            Field::Script | Field::Parameter(_) | Field::Send => return None,
        })
    }

    /// What is wrong with what stands in a field; the targets are judged by who resolves them.
    #[must_use]
    pub fn wrong(&self, field: Field) -> Option<String> {
        let text = self.line(field).map_or("", |line| line.text().trim());
        match field {
            Field::Script if self.script.is_blank() => Some("say what to run".to_owned()),
            Field::Concurrency if !text.is_empty() => rate(text, 1).err(),
            Field::Errors if !text.is_empty() => rate(text, 0).err(),
            Field::Delivery => seconds(text, 30, 2_592_000).err(),
            Field::Execution => seconds(text, 5, 172_800).err(),
            Field::Directory if text.len() > 4096 => Some("at most 4096 bytes".to_owned()),
            Field::Comment if text.chars().count() > 100 => Some("at most 100 characters".to_owned()),
            _ => None,
        }
    }

    /// Seconds that a node is waited for, if they are said.
    #[must_use]
    pub fn delivery_seconds(&self) -> Option<i64> {
        seconds(self.delivery.text().trim(), 30, 2_592_000).ok().flatten()
    }

    /// Seconds that the script may run, if they are said.
    #[must_use]
    pub fn execution_seconds(&self) -> Option<i64> {
        seconds(self.execution.text().trim(), 5, 172_800).ok().flatten()
    }
}

/// A number from `least` on, or a percentage of at most 100.
fn rate(text: &str, least: u64) -> Result<(), String> {
    let (digits, percent) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
    let plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    match digits.parse::<u64>() {
        Ok(n) if plain && n >= least && (!percent || n <= 100) && text.len() <= 7 => Ok(()),
        _ => Err(format!("a number from {least} on, or a percentage")),
    }
}

/// Seconds, or a number with a unit; nothing is the default.
fn seconds(text: &str, least: i64, most: i64) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic() || char == ' ');
    let factor = match text[digits.len()..].trim() {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a number with s, m, h or d, such as 90s or 2h".to_owned()),
    };
    let found = digits.parse::<i64>().ok().and_then(|n| n.checked_mul(factor));
    match found {
        Some(n) if (least..=most).contains(&n) => Ok(Some(n)),
        Some(_) => Err(format!("from {} to {}", words(least), words(most))),
        None => Err("a number with s, m, h or d, such as 90s or 2h".to_owned()),
    }
}

/// Seconds as one types them: the largest unit that leaves no rest.
pub(super) fn words(seconds: i64) -> String {
    match seconds {
        n if n % 86_400 == 0 && n > 172_800 => format!("{}d", n / 86_400),
        n if n % 3600 == 0 => format!("{}h", n / 3600),
        n if n % 60 == 0 => format!("{}m", n / 60),
        n => format!("{n}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_model_and_are_said_in_words() {
        for (text, concurrency, errors) in [
            ("1", true, true),
            ("0", false, true),
            ("10%", true, true),
            ("101%", false, false),
            ("05", false, false),
            ("x", false, false),
            ("-1", false, false),
            ("12345678", false, false),
        ] {
            assert_eq!((rate(text, 1).is_ok(), rate(text, 0).is_ok()), (concurrency, errors), "{text}");
        }
        let form = Form {
            concurrency: Line::new("0"),
            delivery: Line::new("20"),
            execution: Line::new("3d"),
            ..Form::default()
        };
        let wrong: Vec<_> = Field::OF_SCRIPT.iter().filter_map(|field| form.wrong(*field)).collect();
        assert_eq!(
            wrong,
            ["say what to run", "a number from 1 on, or a percentage", "from 30s to 30d", "from 5s to 48h"]
        );
    }

    #[test]
    fn a_time_may_be_typed_with_its_unit() {
        let read = |text| seconds(text, 5, 172_800);
        assert_eq!(
            ["90", "90s", "90 s", "10m", "2h", "1d"].map(read).map(Result::unwrap),
            [90, 90, 90, 600, 7200, 86_400].map(Some)
        );
        assert!(
            ["h", "1w", "1.5h", "99999999999999999999", "9223372036854775807d"]
                .map(read)
                .iter()
                .all(Result::is_err)
        );
        assert_eq!([90, 600, 7200, 2_592_000].map(words), ["90s", "10m", "2h", "30d"]);
    }

    #[test]
    fn a_document_has_its_parameters_where_a_script_stands() {
        use Field::{Comment, Concurrency, Delivery, Errors, Parameter, Send, Targets};
        let fields = [Targets, Parameter(0), Parameter(1), Concurrency, Errors, Delivery, Comment, Send];
        assert_eq!(Field::of_document(2), fields);
    }
}
