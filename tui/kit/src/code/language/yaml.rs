//! YAML: names, texts, words, notes, and blocks of text.

use super::scan::{Scan, is_number};
use super::{Parts, State};
use crate::theme::Role;

pub(super) fn read(state: State, line: &str) -> (Parts, State) {
    let mut scan = Scan::new(line);
    match state {
        State::Block(outer) => {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            let is_inside = i32::try_from(blanks).unwrap_or(i32::MAX) > outer;
            if is_inside || line.trim().is_empty() {
                scan.at = line.len();
                scan.put_text(0, Role::CodeText);
                return (scan.parts, state);
            }
        }
        State::Quoted(quote) => {
            let ended = scan.pass_quoted(quote, quote == '"');
            scan.put_text(0, Role::CodeText);
            if !ended {
                return (scan.parts, state);
            }
        }
        State::Closed | State::Here(..) => {}
    }
    let left = nodes(&mut scan);
    (scan.parts, left)
}

/// What of a line was read.
struct Line {
    /// Where its innermost list item or name stands: a block is indented by more.
    outer: i32,
    /// Brackets that are open.
    in_flow: u32,
    /// Whether nothing but dashes was read.
    begins: bool,
}

/// Reads names and values; returns what the line leaves open.
fn nodes(scan: &mut Scan<'_>) -> State {
    let mut line = Line { outer: -1, in_flow: 0, begins: scan.at == 0 };
    loop {
        scan.pass(char::is_whitespace);
        let from = scan.at;
        let Some(char) = scan.peek() else { return State::Closed };
        match char {
            '#' if scan.after_blank() => {
                scan.put(from..scan.line.len(), Role::CodeNote);
                return State::Closed;
            }
            '-' if line.begins && is_item(scan.rest()) => {
                line.outer = column(from);
                scan.skip();
                continue;
            }
            '|' | '>' if (line.outer >= 0 || !line.begins) && is_block(scan.rest()) => {
                let head = scan.rest().find(" #").unwrap_or(scan.rest().trim_end().len());
                scan.put(from..from + head, Role::CodeWord);
                return State::Block(line.outer);
            }
            _ => {}
        }
        let left = node(scan, char, &mut line);
        if left != State::Closed {
            return left;
        }
        line.begins = false;
        // A name's colon.
        if scan.rest().starts_with(':') {
            scan.skip();
        }
    }
}

/// Reads a text, a bracket, a tag or a plain scalar; returns what it leaves open.
fn node(scan: &mut Scan<'_>, char: char, line: &mut Line) -> State {
    let from = scan.at;
    let mut is_name = false;
    match char {
        '"' | '\'' => {
            scan.skip();
            let ended = scan.pass_quoted(char, char == '"');
            is_name = ended && is_named(scan.rest());
            scan.put_text(from, if is_name { Role::CodeKey } else { Role::CodeText });
            if !ended {
                return State::Quoted(char);
            }
        }
        '{' if scan.rest().starts_with("{{") => plain(scan, line.in_flow > 0),
        '{' | '[' => {
            line.in_flow += 1;
            scan.skip();
        }
        '}' | ']' | ',' | ':' | '?' => {
            line.in_flow -= u32::from(line.in_flow > 0 && matches!(char, '}' | ']'));
            scan.skip();
        }
        '&' | '*' | '!' => {
            scan.pass(|char| !char.is_whitespace() && !",[]{}".contains(char));
            scan.put(from..scan.at, Role::CodeWord);
        }
        _ => is_name = plain_or_name(scan, line.in_flow > 0),
    }
    if is_name && line.in_flow == 0 {
        line.outer = column(from);
    }
    State::Closed
}

fn column(byte: usize) -> i32 {
    i32::try_from(byte).unwrap_or(i32::MAX)
}

fn is_item(rest: &str) -> bool {
    rest[1..].chars().next().is_none_or(char::is_whitespace)
}

/// Whether a text ends its line as the head of a block does.
fn is_block(rest: &str) -> bool {
    let head = rest.split(" #").next().unwrap_or_default().trim_end();
    head[1..].chars().all(|char| char.is_ascii_digit() || matches!(char, '+' | '-'))
}

fn is_named(rest: &str) -> bool {
    rest.trim_start()
        .strip_prefix(':')
        .is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
}

/// Reads a plain scalar; says whether it is a name.
fn plain_or_name(scan: &mut Scan<'_>, in_flow: bool) -> bool {
    let from = scan.at;
    let rest = scan.rest();
    let mut end = rest.len();
    let mut is_name = false;
    for (at, char) in rest.char_indices() {
        let next = rest[at + char.len_utf8()..].chars().next();
        let ends = match char {
            ':' if next.is_none_or(char::is_whitespace) => {
                is_name = true;
                true
            }
            '#' => rest[..at].ends_with(char::is_whitespace),
            ',' | ']' | '}' | '[' | '{' => in_flow,
            _ => false,
        };
        if ends {
            end = at;
            break;
        }
    }
    let word = rest[..end].trim_end();
    scan.at = from + end;
    if is_name {
        scan.put(from..from + word.len(), Role::CodeKey);
    } else if is_word(word) {
        scan.put(from..from + word.len(), Role::CodeWord);
    } else {
        scan.put_text(from, Role::Text);
        scan.parts.retain(|part| part.1 != Role::Text);
    }
    is_name
}

fn plain(scan: &mut Scan<'_>, in_flow: bool) {
    let from = scan.at;
    // What is filled in may stand alone, and its brackets are none.
    let end = scan.rest().find("}}").map_or(scan.rest().len(), |end| end + 2);
    scan.at = from + end;
    scan.put(from..scan.at, Role::CodeSlot);
    if !scan.rest().is_empty() && !scan.rest().starts_with([',', ']', '}', ':']) {
        plain_or_name(scan, in_flow);
    }
}

fn is_word(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "~" | "---" | "...") || is_number(word)
}
