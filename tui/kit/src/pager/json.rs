//! JSON, taken apart: a row for each member, as it was said, only with line breaks and blanks between its parts.
//!
//! Numbers keep their digits and members their order, because nothing is read into values.

use serde::de::IgnoredAny;

/// The most rows that one line becomes; who wants more copies it.
const MOST: usize = 400;
const INDENT: &str = "  ";

/// The rows of a line that ends with JSON, what stands before it in a row of its own; `None` if it does not.
pub(super) fn rows(line: &str) -> Option<Vec<String>> {
    let from = line.find(['{', '['])?;
    let (before, json) = (line[..from].trim_end(), line[from..].trim_end());
    if !json.ends_with(['}', ']']) || serde_json::from_str::<IgnoredAny>(json).is_err() {
        return None;
    }
    let mut rows: Vec<String> = Vec::new();
    if !before.is_empty() {
        rows.push(before.to_owned());
    }
    let mut apart = Apart { rows, row: String::new(), depth: 0 };
    apart.read(json);
    Some(apart.rows)
}

/// Rows so far, and the one that is written.
struct Apart {
    rows: Vec<String>,
    row: String,
    depth: usize,
}

impl Apart {
    fn read(&mut self, json: &str) {
        let mut rest = json;
        while let Some(char) = rest.chars().next() {
            if self.rows.len() >= MOST {
                self.row.push_str(rest);
                break;
            }
            let mut taken = char.len_utf8();
            match char {
                '"' => {
                    taken = quoted(rest);
                    self.row.push_str(&rest[..taken]);
                }
                '{' | '[' => taken = self.open(rest),
                '}' | ']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.end();
                    self.row.push(char);
                }
                ',' => {
                    self.row.push(char);
                    self.end();
                }
                ':' => self.row.push_str(": "),
                blank if blank.is_ascii_whitespace() => {}
                other => self.row.push(other),
            }
            rest = &rest[taken..];
        }
        self.end();
    }

    /// Begins a list of members; an empty one stays in its row. Returns how much was taken.
    fn open(&mut self, rest: &str) -> usize {
        let inside = rest[1..].trim_start();
        self.row.push_str(&rest[..1]);
        if let Some(close) = inside.chars().next().filter(|char| matches!(char, '}' | ']')) {
            self.row.push(close);
            return rest.len() - inside.len() + 1;
        }
        self.depth += 1;
        self.end();
        1
    }

    /// Ends the row, and begins the next as deep as we are.
    fn end(&mut self) {
        let next = INDENT.repeat(self.depth);
        let row = std::mem::replace(&mut self.row, next);
        if !row.trim().is_empty() {
            self.rows.push(row);
        }
    }
}

/// How long the text is that begins here with a quotation mark.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_has_its_row_and_nothing_is_said_otherwise_than_it_was() {
        let line = r#"{"b":1.50,"a":{"x":[],"y":[1e3,"}:,\"{"]},"z":null}"#;
        let wanted = [
            "{",
            r#"  "b": 1.50,"#,
            r#"  "a": {"#,
            r#"    "x": [],"#,
            r#"    "y": ["#,
            "      1e3,",
            r#"      "}:,\"{""#,
            "    ]",
            "  },",
            r#"  "z": null"#,
            "}",
        ];
        assert_eq!(rows(line).unwrap(), wanted);
    }

    #[test]
    fn what_stands_before_it_keeps_a_row_and_what_is_no_json_stays_a_line() {
        assert_eq!(rows("12:00 INFO {\"a\": 1}").unwrap()[..2], ["12:00 INFO", "{"]);
        for line in ["", "plain", "{broken", "[1,", "f(x) { return [1] }", "{}}"] {
            assert_eq!(rows(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_huge_one_ends_in_a_row_with_the_rest() {
        let many = format!("[{}]", vec!["1"; 10_000].join(","));
        let rows = rows(&many).unwrap();
        assert!(rows.len() <= MOST + 1 && rows.last().unwrap().len() > 1_000);
    }
}
