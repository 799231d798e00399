//! Reading Rust just well enough for laws: code without comments and texts, what it names, and how long its functions are.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in a file, with everything blanked that is not code. Offsets and lines stay those of the file.
pub struct Code {
    /// Comments and the insides of texts are blank.
    pub all: String,
    /// So is what is compiled for tests alone.
    pub without_tests: String,
}

impl Code {
    pub fn read(text: &str) -> Self {
        let all = blank_comments_and_texts(text);
        let without_tests = blank_tests(&all);
        Self { all, without_tests }
    }

    /// Lines of the file that are not there for tests alone. `text` is the file.
    pub fn lines_without_tests(&self, text: &str) -> usize {
        let lost = self.all.lines().zip(self.without_tests.lines()).filter(|(all, rest)| all != rest).count();
        text.lines().count() - lost
    }
}

/// A path as code names it, such as `crate::door::Door`, and the line where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub path: Vec<String>,
    pub line: usize,
}

/// A function and the lines that it spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub lines: RangeInclusive<usize>,
}

impl Function {
    pub fn length(&self) -> usize {
        self.lines.end() - self.lines.start() + 1
    }
}

fn regex(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// Comments, texts, raw texts and characters; a lifetime is none of them.
static OPAQUE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?s)//[^\n]*|/\*.*?\*/",
        r####"|\bb?r###".*?"###|\bb?r##".*?"##|\bb?r#".*?"#|\bb?r"[^"]*""####,
        r#"|\bb?"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*""#,
        r"|'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])'",
    ))
});
static USE: LazyLock<Regex> = LazyLock::new(|| regex(r"\buse\s+([^;]+);"));
static PATH: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b[A-Za-z_][A-Za-z0-9_]*(?:\s*::\s*[A-Za-z_][A-Za-z0-9_]*)+"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| regex(r"\bfn\s+([A-Za-z_][A-Za-z0-9_]*)"));
static TEST_ONLY: LazyLock<Regex> = LazyLock::new(|| regex(r"#!?\[cfg\((?:all\()?test\b[^\]]*\]"));
static TEST_MODULE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;"));
static MODULE: LazyLock<Regex> = LazyLock::new(|| regex(r"\bmod\s+(\w+)\s*[;{]"));
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s*#\[[^\]]*\]"));
static NO_BODY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|const|static|type)\b"));

/// Every path that the code names: `use` trees spread out, and paths in the code itself.
pub fn named(code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut rest = code.to_owned();
    for it in USE.captures_iter(code) {
        let (whole, tree) = (it.get(0).unwrap(), it.get(1).unwrap());
        let line = line_of(code, whole.start());
        let mut paths = Vec::new();
        spread(&[], tree.as_str(), &mut paths);
        found.extend(paths.into_iter().map(|path| Named { path, line }));
        rest.replace_range(whole.range(), &blank(whole.as_str()));
    }
    for it in PATH.find_iter(&rest) {
        let path = it.as_str().split("::").map(|part| part.trim().to_owned()).collect();
        found.push(Named { path, line: line_of(code, it.start()) });
    }
    found
}

/// Modules that a file declares, and those of them that are compiled for tests alone.
pub fn modules(code: &str) -> (Vec<String>, Vec<String>) {
    let names = |regex: &Regex| regex.captures_iter(code).map(|it| it[1].to_owned()).collect();
    (names(&MODULE), names(&TEST_MODULE))
}

/// Every function with a body.
pub fn functions(code: &str) -> Vec<Function> {
    FUNCTION
        .captures_iter(code)
        .filter_map(|it| {
            let start = it.get(0).unwrap().start();
            let end = end_of_item(code, start, false)?;
            code[start..end].ends_with('}').then(|| Function {
                name: it[1].to_owned(),
                lines: line_of(code, start)..=line_of(code, end),
            })
        })
        .collect()
}

/// `a::{b, c::{self, d}}` as `a::b`, `a::c`, `a::c::d`.
fn spread(before: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let tree = tree.trim().trim_start_matches("::");
    let (head, group) = match tree.find('{') {
        Some(open) => (&tree[..open], Some(tree[open + 1..].trim_end().trim_end_matches('}'))),
        None => (tree, None),
    };
    let head = head.split(" as ").next().unwrap_or_default();
    let mut path = before.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    match group {
        None => {
            if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            found.push(path);
        }
        Some(group) => top_level_parts(group).into_iter().for_each(|part| spread(&path, part, found)),
    }
}

/// Splits at commas that stand in no inner braces.
fn top_level_parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn line_of(code: &str, offset: usize) -> usize {
    code[..offset].matches('\n').count() + 1
}

/// Spaces in the place of everything but line ends.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// Where the item that begins at `start` ends: behind its `;`, or behind its body. A `use` has braces and no body.
fn end_of_item(code: &str, start: usize, braces_are_no_body: bool) -> Option<usize> {
    let (mut depth, mut body) = (0i32, false);
    for (i, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' => {
                body |= depth == 0 && !braces_are_no_body;
                depth += 1;
            }
            b'}' => {
                depth -= 1;
                if depth == 0 && body {
                    return Some(i + 1);
                }
            }
            b';' if depth == 0 => return Some(i + 1),
            _ => {}
        }
    }
    None
}

fn blank_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for it in TEST_ONLY.find_iter(code) {
        if it.as_str().starts_with("#!") {
            return blank(code);
        }
        let mut start = it.end();
        while let Some(attribute) = ATTRIBUTE.find(&code[start..]) {
            start += attribute.end();
        }
        let end = end_of_item(code, start, NO_BODY.is_match(&code[start..])).unwrap_or(code.len());
        out.replace_range(it.start()..end, &blank(&code[it.start()..end]));
    }
    out
}

fn blank_comments_and_texts(text: &str) -> String {
    OPAQUE
        .replace_all(text, |it: &Captures<'_>| {
            let whole = &it[0];
            if whole.starts_with('/') {
                blank(whole)
            } else {
                format!("\"{}\"", blank(&whole[1..whole.len() - 1]))
            }
        })
        .into_owned()
}

#[test]
fn comments_texts_and_tests_are_no_code() {
    let text = r##"
use crate::a::{b, c::{self, D as E}};
fn f<'a>(x: &'a str) -> char { let _ = "std::fs /*"; let _ = r#"todo!()"#; '"' } // std::net
/* std::process */
#[cfg(test)]
use std::fs::{self, File};
#[cfg(test)]
mod tests {
    fn g() { std::process::exit(1) }
}
fn h() -> std::path::PathBuf {
    one()
}
"##;
    let code = Code::read(text);
    let paths: Vec<_> = named(&code.without_tests).into_iter().map(|it| it.path.join("::")).collect();
    assert_eq!(paths, ["crate::a::b", "crate::a::c", "crate::a::c::D", "std::path::PathBuf"]);
    let sizes: Vec<_> =
        functions(&code.without_tests).into_iter().map(|it| (it.name.clone(), it.length())).collect();
    assert_eq!(sizes, [("f".to_owned(), 1), ("h".to_owned(), 3)]);
    assert!(!code.all.contains("todo"));
    assert_eq!(code.lines_without_tests(text), 7);
}
