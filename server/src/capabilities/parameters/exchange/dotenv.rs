//! dotenv: a name and a value on a line; see the head of [`super`] for how names of parameters become names of variables.

use super::{Entry, Misread, Place, shown};

/// What stands before the name of a parameter in a comment.
const PARAMETER: &str = "# parameter: ";
/// What stands between levels.
const BETWEEN: &str = "__";

/// The name of a parameter below a path as a variable's, and whether it comes back from it.
pub(super) fn variable(name: &str) -> (String, bool) {
    let letters = |level: &str| -> String {
        level.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
    };
    let mut variable = name.split('/').map(letters).collect::<Vec<_>>().join(BETWEEN);
    if variable.starts_with(|first: char| first.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    let comes_back = parameter(&variable) == name;
    (variable, comes_back)
}

fn parameter(variable: &str) -> String {
    variable.to_ascii_lowercase().replace(BETWEEN, "/")
}

/// Lines of one parameter.
pub(super) fn lines(name: &str, kind: &str, value: &str) -> String {
    let (variable, comes_back) = variable(name);
    let comment = match (comes_back, kind) {
        (true, "String") => String::new(),
        _ => format!("{PARAMETER}{name} ({kind})\n"),
    };
    format!("{comment}{variable}={}\n", quoted(value))
}

fn quoted(value: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(is_bare) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '"' | '\\' | '$' | '`' => text.extend(['\\', c]),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, Misread> {
    let mut entries = Vec::new();
    let mut said: Option<(String, Option<String>)> = None;
    let mut lines = Lines { rest: text, line: 0 };
    while let Some(line) = lines.next() {
        let bare = line.trim();
        if let Some(comment) = bare.strip_prefix(PARAMETER) {
            said = Some(match comment.strip_suffix(')').and_then(|it| it.rsplit_once(" (")) {
                Some((name, kind)) => (name.trim().to_owned(), Some(kind.to_owned())),
                None => (comment.trim().to_owned(), None),
            });
            continue;
        }
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let exported = bare.strip_prefix("export ").map_or(bare, str::trim_start);
        let column = indent + (bare.chars().count() - exported.chars().count()) + 1;
        let at = Place { line: lines.line, column };
        let Some((name, value)) = exported.split_once('=') else {
            return Err(Misread::new(at, "expected NAME=VALUE"));
        };
        let name = name.trim_end();
        if !is_variable(name) {
            let what = format!("expected a name of letters, digits and underscores, found {}", shown(name));
            return Err(Misread::new(at, what));
        }
        let from = Place { column: column + exported.chars().count() - value.chars().count(), ..at };
        let value = lines.value(value, from)?;
        let (name, kind) = said.take().unwrap_or_else(|| (parameter(name), None));
        entries.push(Entry::plain(name.trim_start_matches('/').to_owned(), at, value, kind));
    }
    Ok(entries)
}

fn is_variable(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_letter) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Lines that are still to be read; a value in quotes may go over several.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        (self.rest, self.line) = (rest, self.line + 1);
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The value that begins behind the equals sign at `from`.
    fn value(&mut self, text: &'a str, from: Place) -> Result<String, Misread> {
        let text = text.trim_start();
        let Some(quote) = text.chars().next().filter(|c| "'\"".contains(*c)) else {
            let end = text.find(" #").unwrap_or(text.len());
            return Ok(text[..end].trim_end().to_owned());
        };
        let mut value = String::new();
        let mut here = &text[1..];
        loop {
            let mut chars = here.char_indices();
            while let Some((i, c)) = chars.next() {
                match c {
                    '\\' if quote == '"' => match chars.next() {
                        Some((_, 'n')) => value.push('\n'),
                        Some((_, 'r')) => value.push('\r'),
                        Some((_, 't')) => value.push('\t'),
                        Some((_, c)) => value.push(c),
                        None => {}
                    },
                    c if c == quote => {
                        let after = here[i + 1..].trim();
                        if after.is_empty() || after.starts_with('#') {
                            return Ok(value);
                        }
                        let at = Place { line: self.line, ..from };
                        return Err(Misread::new(at, "expected nothing behind the closing quote"));
                    }
                    c => value.push(c),
                }
            }
            value.push('\n');
            here = self.next().ok_or_else(|| Misread::new(from, "expected a closing quote"))?;
        }
    }
}
