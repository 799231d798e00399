//! JSON: names, texts, words. Its texts end with their line.

use super::scan::Scan;
use super::{Parts, State};
use crate::theme::Role;

pub(super) fn read(line: &str) -> (Parts, State) {
    let mut scan = Scan::new(line);
    while let Some(char) = scan.peek() {
        let from = scan.at;
        match char {
            '"' => {
                scan.skip();
                scan.pass_quoted('"', true);
                let names = scan.rest().trim_start().starts_with(':');
                scan.put_text(from, if names { Role::CodeKey } else { Role::CodeText });
            }
            '-' | '0'..='9' | 'a'..='z' => {
                scan.pass(|char| char.is_ascii_alphanumeric() || "+-._".contains(char));
                scan.put(from..scan.at, Role::CodeWord);
            }
            _ => scan.skip(),
        }
    }
    (scan.parts, State::Closed)
}
