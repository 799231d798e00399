//! The language in which lists are filtered. Words are ANDed; none is ever an error, so that nothing flickers while one types.
//!
//! ```text
//!   web         some text of the row contains it       os:debian     that column contains it; commas mean "or"
//!   !web        the contrary, of any kind of word      os=debian     that column is exactly it
//!   ~wb1        the letters in this order in the name  tag env=prod  that tag, also tag:env=prod, or env=prod where no
//!   "a b"       with a blank in it                                   column is called so; tag:env has any value
//!                                                      @prod         that environment
//! ```

use crate::typed;

/// What a filter may ask of a row.
pub trait Fields {
    /// Whether `look` finds something in one of its texts; it is enough to try those that are shown or searched for.
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool;

    /// What people call it.
    fn name(&self) -> &str;

    /// Whether `look` finds something in the column of this name, or nothing if there is no such column.
    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool>;

    /// The value of its tag.
    fn tag(&self, _key: &str) -> Option<&str> {
        None
    }

    /// Its environment.
    fn environment(&self) -> Option<&str> {
        None
    }
}

/// A filter that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    test: Test,
}

/// Texts are in lower case, but for the keys of tags.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Has(String),
    Fuzzy(String),
    Column { name: String, how: How, values: Vec<String> },
    Tag { key: String, values: Option<(How, Vec<String>)> },
    Environment(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Contains,
    Is,
}

impl Filter {
    /// Reads what was typed; what is not finished yet asks for nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut terms = Vec::new();
        let mut words = typed::words(text).into_iter().peekable();
        while let Some(word) = words.next() {
            // `tag env=prod`: two words, as people say it.
            let pair = |next: &String| next.contains(['=', ':']) && !next.starts_with(['!', '~', '@']);
            let word = if word == "tag" || word == "!tag" {
                words.next_if(pair).map_or_else(|| word.clone(), |next| format!("{word}:{next}"))
            } else {
                word
            };
            terms.extend(Term::read(&word));
        }
        Self { terms }
    }

    /// Whether it lets everything pass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes.
    #[must_use]
    pub fn holds(&self, row: &impl Fields) -> bool {
        self.terms.iter().all(|term| term.test.holds(row) != term.not)
    }

    /// Whether every row that `old` hides is hidden by this one too: then only what was shown must be looked at.
    #[must_use]
    pub fn narrows(&self, old: &Self) -> bool {
        old.terms.iter().all(|old| self.terms.iter().any(|new| new.narrows(old)))
    }
}

impl Term {
    fn read(word: &str) -> Option<Self> {
        let (not, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let test = if let Some(letters) = word.strip_prefix('~') {
            Test::Fuzzy(letters.to_lowercase())
        } else if let Some(name) = word.strip_prefix('@') {
            Test::Environment(name.to_lowercase())
        } else if let Some(rest) = word.strip_prefix("tag:") {
            Test::tag(rest)?
        } else if let Some((name, how, value)) = column(word) {
            Test::Column { name: name.to_owned(), how, values: values(value) }
        } else {
            Test::Has(word.strip_prefix('/').unwrap_or(word).to_lowercase())
        };
        (!test.is_unfinished()).then_some(Self { not, test })
    }

    fn narrows(&self, old: &Self) -> bool {
        match (&old.test, &self.test) {
            _ if self == old => true,
            _ if self.not || old.not => false,
            (Test::Has(old), Test::Has(new)) => new.contains(old.as_str()),
            (Test::Fuzzy(old), Test::Fuzzy(new)) => new.starts_with(old.as_str()),
            (
                Test::Column { name: old_name, how: How::Contains, values: old },
                Test::Column { name, how: How::Contains, values: new },
            ) if old_name == name => {
                new.iter().all(|value| old.iter().any(|old| value.contains(old.as_str())))
            }
            _ => false,
        }
    }
}

impl Test {
    fn tag(rest: &str) -> Option<Self> {
        if rest.is_empty() {
            return None;
        }
        let Some(at) = rest.find(['=', ':']) else {
            return Some(Self::Tag { key: rest.to_owned(), values: None });
        };
        let how = if rest[at..].starts_with('=') { How::Is } else { How::Contains };
        let values = values(&rest[at + 1..]);
        Some(Self::Tag { key: rest[..at].to_owned(), values: (!values.is_empty()).then_some((how, values)) })
    }

    fn is_unfinished(&self) -> bool {
        match self {
            Self::Has(text) | Self::Fuzzy(text) | Self::Environment(text) => text.is_empty(),
            Self::Column { values, .. } => values.is_empty(),
            Self::Tag { key, .. } => key.is_empty(),
        }
    }

    fn holds(&self, row: &impl Fields) -> bool {
        match self {
            Self::Has(text) => row.any(&mut |seen| contains(seen, text)),
            Self::Fuzzy(letters) => in_order(row.name(), letters),
            Self::Environment(name) => row.environment().is_some_and(|env| same(env, name)),
            Self::Column { name, how, values } => row
                .column(name, &mut |seen| how.any(seen, values))
                .unwrap_or_else(|| row.tag(name).is_some_and(|seen| how.any(seen, values))),
            Self::Tag { key, values } => row
                .tag(key)
                .is_some_and(|seen| values.as_ref().is_none_or(|(how, values)| how.any(seen, values))),
        }
    }
}

impl How {
    fn any(self, seen: &str, values: &[String]) -> bool {
        values.iter().any(|value| match self {
            Self::Contains => contains(seen, value),
            Self::Is => same(seen, value),
        })
    }
}

/// A word like `name:value` or `name=value`, whose name looks like one.
fn column(word: &str) -> Option<(&str, How, &str)> {
    let at = word.find([':', '='])?;
    let (name, value) = (&word[..at], &word[at + 1..]);
    let named = name.starts_with(char::is_alphabetic) && !value.starts_with("//");
    let how = if word[at..].starts_with(':') { How::Contains } else { How::Is };
    named.then_some((name, how, value))
}

fn values(text: &str) -> Vec<String> {
    text.split(',').filter(|value| !value.is_empty()).map(str::to_lowercase).collect()
}

/// Whether `text` contains `needle`, which is in lower case, without regard to case. Allocates only beyond ASCII.
fn contains(text: &str, needle: &str) -> bool {
    if !needle.is_ascii() {
        return text.to_lowercase().contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some((&first, rest)) = needle.split_first() else { return true };
    let Some(last) = text.len().checked_sub(needle.len()) else { return false };
    let upper = first.to_ascii_uppercase();
    text[..=last].iter().enumerate().any(|(at, &byte)| {
        (byte == first || byte == upper) && text[at + 1..at + needle.len()].eq_ignore_ascii_case(rest)
    })
}

/// Whether `text` is `value`, which is in lower case, without regard to case.
fn same(text: &str, value: &str) -> bool {
    text.eq_ignore_ascii_case(value) || (!value.is_ascii() && text.to_lowercase() == value)
}

/// Whether the letters, in lower case, occur in the text in this order.
fn in_order(text: &str, letters: &str) -> bool {
    let mut seen = text.chars().flat_map(char::to_lowercase);
    letters.chars().all(|letter| seen.any(|char| char == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, &'static str, &'static [(&'static str, &'static str)]);

    impl Fields for Row {
        fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
            look(self.0) || look(self.1) || self.2.iter().any(|(_, value)| look(value))
        }
        fn name(&self) -> &str {
            self.0
        }
        fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
            match name {
                "name" => Some(look(self.0)),
                "os" => Some(look(self.1)),
                _ => None,
            }
        }
        fn tag(&self, key: &str) -> Option<&str> {
            self.2.iter().find(|(k, _)| *k == key).map(|(_, value)| *value)
        }
        fn environment(&self) -> Option<&str> {
            self.tag("env")
        }
    }

    const ROWS: [Row; 4] = [
        Row("Web-01", "Debian 12", &[("env", "prod"), ("role", "front end")]),
        Row("web-02", "Windows 2022", &[("env", "staging")]),
        Row("db-01", "Debian 11", &[("env", "prod")]),
        Row("bücher", "Alpine", &[]),
    ];

    fn shown(filter: &str) -> Vec<&'static str> {
        let filter = Filter::read(filter);
        ROWS.iter().filter(|row| filter.holds(*row)).map(|row| row.0).collect()
    }

    #[test]
    fn every_kind_of_word_finds_what_it_says() {
        for (text, rows) in [
            ("", &["Web-01", "web-02", "db-01", "bücher"][..]),
            ("web", &["Web-01", "web-02"]),
            ("WEB", &["Web-01", "web-02"]),
            ("BÜCH", &["bücher"]),
            ("!web", &["db-01", "bücher"]),
            ("~w2", &["web-02"]),
            ("!~w", &["db-01", "bücher"]),
            ("os:debian", &["Web-01", "db-01"]),
            ("os=debian", &[]),
            ("os=\"debian 12\"", &["Web-01"]),
            ("os:alpine,windows", &["web-02", "bücher"]),
            ("!os:debian", &["web-02", "bücher"]),
            ("env=prod", &["Web-01", "db-01"]),
            ("env:sta", &["web-02"]),
            ("tag env=prod", &["Web-01", "db-01"]),
            ("tag:env=prod,staging web", &["Web-01", "web-02"]),
            ("!tag:env", &["bücher"]),
            ("!tag env=prod", &["web-02", "bücher"]),
            ("tag", &["web-02"]),
            ("@prod", &["Web-01", "db-01"]),
            ("@prod os:debian /web", &["Web-01"]),
            ("\"front end\"", &["Web-01"]),
            ("web 02", &["web-02"]),
            ("10:30", &[]),
            ("http://x", &[]),
        ] {
            assert_eq!(shown(text), rows, "{text:?}");
        }
    }

    #[test]
    fn a_word_that_is_not_finished_hides_nothing() {
        for text in ["!", "~", "@", "os:", "os=", "tag:", "tag:env=", "\"", "/", "   "] {
            assert!(shown(text).len() >= 3, "{text:?}");
        }
        assert_eq!(shown("tag:env=").len(), 3, "it has the tag, whatever the value");
    }

    #[test]
    fn typing_on_narrows_only_where_that_is_sure() {
        for (old, new, narrows) in [
            ("", "web", true),
            ("we", "web", true),
            ("web", "we", false),
            ("web", "web os:deb", true),
            ("os:de", "os:deb", true),
            ("os:deb", "os:deb,win", false),
            ("os=deb", "os=debi", false),
            ("!we", "!web", false),
            ("!web", "!web x", true),
            ("~we", "~web", true),
            ("@pro", "@prod", false),
            ("web db", "db web", true),
        ] {
            assert_eq!(Filter::read(new).narrows(&Filter::read(old)), narrows, "{old:?} → {new:?}");
        }
    }

    #[test]
    fn what_narrows_by_its_words_narrows_in_truth() {
        let texts = [
            "", "w", "we", "web", "!w", "~w", "~w0", "os:d", "os:deb", "@prod", "tag:env", "web 0", "!web 0",
        ];
        for old in texts {
            for new in texts {
                if Filter::read(new).narrows(&Filter::read(old)) {
                    assert!(shown(new).iter().all(|row| shown(old).contains(row)), "{old:?} → {new:?}");
                }
            }
        }
    }
}
