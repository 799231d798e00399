//! Languages of statements: the shell's, and Cedar.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::scan::{Scan, is_number};
use super::{Parts, State};
use crate::theme::Role;

const SHELL: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac",
    "function", "return", "exit", "export", "local", "set", "unset", "readonly", "source", "trap", "break",
    "continue",
];
const CEDAR: &[&str] = &[
    "permit",
    "forbid",
    "when",
    "unless",
    "principal",
    "action",
    "resource",
    "context",
    "in",
    "has",
    "like",
    "is",
    "if",
    "then",
    "else",
    "true",
    "false",
];

pub(super) fn shell(state: State, line: &str) -> (Parts, State) {
    let mut scan = Scan::new(line);
    match state {
        State::Here(word, tabs) => {
            let said = if tabs { line.trim_start_matches('\t') } else { line };
            scan.at = line.len();
            if hash(said) == word {
                scan.put(0..line.len(), Role::CodeWord);
                return (scan.parts, State::Closed);
            }
            scan.put_text(0, Role::CodeText);
            return (scan.parts, state);
        }
        State::Quoted(quote) => {
            if !quoted(&mut scan, 0, quote) {
                return (scan.parts, state);
            }
        }
        State::Closed | State::Block(_) => {}
    }
    let mut here = State::Closed;
    while let Some(char) = scan.peek() {
        match statement(&mut scan, char) {
            State::Closed => {}
            State::Quoted(quote) => return (scan.parts, State::Quoted(quote)),
            open => here = open,
        }
    }
    (scan.parts, here)
}

/// Reads what begins with this letter; returns what it leaves open.
fn statement(scan: &mut Scan<'_>, char: char) -> State {
    let from = scan.at;
    match char {
        '#' if scan.after_blank() => {
            scan.at = scan.line.len();
            scan.put(from..scan.at, Role::CodeNote);
        }
        '"' | '\'' => {
            scan.skip();
            if !quoted(scan, from, char) {
                return State::Quoted(char);
            }
        }
        '$' => match variable(scan.rest()) {
            Some(len) => {
                scan.at += len;
                scan.put(from..scan.at, Role::CodeSlot);
            }
            None => scan.skip(),
        },
        '{' if scan.rest().starts_with("{{") => filled_in(scan),
        '<' if scan.rest().starts_with("<<") => return here_document(scan).unwrap_or_default(),
        '\\' => {
            scan.skip();
            scan.skip();
        }
        _ if is_letter(char) => word(scan, SHELL),
        _ => scan.skip(),
    }
    State::Closed
}

pub(super) fn cedar(line: &str) -> (Parts, State) {
    let mut scan = Scan::new(line);
    while let Some(char) = scan.peek() {
        let from = scan.at;
        match char {
            '/' if scan.rest().starts_with("//") => {
                scan.put(from..line.len(), Role::CodeNote);
                break;
            }
            '"' => {
                scan.skip();
                scan.pass_quoted('"', true);
                scan.put(from..scan.at, Role::CodeText);
            }
            '@' => {
                scan.skip();
                scan.pass(is_letter);
                scan.put(from..scan.at, Role::CodeKey);
            }
            _ if is_letter(char) => word(&mut scan, CEDAR),
            _ => scan.skip(),
        }
    }
    (scan.parts, State::Closed)
}

fn is_letter(char: char) -> bool {
    char.is_alphanumeric() || "_-".contains(char)
}

fn word(scan: &mut Scan<'_>, known: &[&str]) {
    let from = scan.at;
    let apart = scan.line[..from].chars().next_back().is_none_or(|char| !"/.=:".contains(char));
    let word = scan.pass(is_letter);
    let ends = scan.peek().is_none_or(|char| !"/.=".contains(char));
    if apart && ends && (known.contains(&word) || is_number(word)) {
        scan.put(from..scan.at, Role::CodeWord);
    } else if scan.rest().starts_with('=') && scan.line[..from].trim().is_empty() {
        scan.put(from..scan.at, Role::CodeKey);
    }
}

/// Text in quotes from its first quote at `from` on; in double ones variables stand out. Says whether it ends here.
fn quoted(scan: &mut Scan<'_>, from: usize, quote: char) -> bool {
    if quote == '\'' {
        let ended = scan.pass_quoted(quote, false);
        scan.put_text(from, Role::CodeText);
        return ended;
    }
    let mut from = from;
    while let Some(char) = scan.peek() {
        match char {
            '"' => {
                scan.skip();
                scan.put_text(from, Role::CodeText);
                return true;
            }
            '\\' => {
                scan.skip();
                scan.skip();
            }
            _ => match variable(scan.rest()) {
                Some(len) => {
                    scan.put_text(from, Role::CodeText);
                    from = scan.at + len;
                    scan.put(scan.at..from, Role::CodeSlot);
                    scan.at = from;
                }
                None => scan.skip(),
            },
        }
    }
    scan.put_text(from, Role::CodeText);
    false
}

/// How long a variable is that a text begins with: `$NAME`, `${NAME:-…}`, `$1`. `$(…)` is none, as what is in it is code.
fn variable(text: &str) -> Option<usize> {
    let name = text.strip_prefix('$')?;
    let first = name.chars().next()?;
    let len = match first {
        '{' => {
            name.find(['}', '"']).map_or(name.len(), |end| end + usize::from(name[end..].starts_with('}')))
        }
        _ if first.is_ascii_alphabetic() || first == '_' => {
            name.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(name.len())
        }
        _ if first.is_ascii_digit() || "?!#@*$".contains(first) => 1,
        _ => return None,
    };
    Some(1 + len)
}

fn filled_in(scan: &mut Scan<'_>) {
    let from = scan.at;
    match scan.rest().find("}}") {
        Some(end) => {
            scan.at += end + 2;
            scan.put(from..scan.at, Role::CodeSlot);
        }
        None => scan.skip(),
    }
}

/// `<<WORD` and `<<-'WORD'`: what follows the line is text.
fn here_document(scan: &mut Scan<'_>) -> Option<State> {
    scan.skip();
    scan.skip();
    if scan.peek() == Some('<') {
        scan.skip();
        return None;
    }
    let tabs = scan.peek() == Some('-');
    if tabs {
        scan.skip();
    }
    scan.pass(|char| char == ' ');
    let from = scan.at;
    let word = scan.pass(|char| is_letter(char) || "\"'\\".contains(char));
    let bare: String = word.chars().filter(|char| !"\"'\\".contains(*char)).collect();
    if bare.is_empty() || bare.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    scan.put(from..scan.at, Role::CodeWord);
    Some(State::Here(hash(&bare), tabs))
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}
