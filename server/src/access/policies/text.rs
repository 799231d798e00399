//! A policy's text: where things stand in it, and how deep it goes. Cedar tells bytes of what is wrong, and nothing of what is right.

use std::thread;

/// The most operators, dots and opening brackets of a statement. Each can stand within the one before it, and what reads and checks
/// a statement goes as deep as they do.
const MAX_PARTS: usize = 400;

/// A statement's place: the byte at which its `permit` or `forbid` begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// In order.
    pub(super) statements: Vec<usize>,
    /// Where they end.
    pub(super) ends: Vec<usize>,
    /// The part that is one too many for its statement.
    pub(super) too_intricate: Option<usize>,
}

impl Outline {
    /// Which statement a byte belongs to, with the annotations and comments before it.
    pub(super) fn statement_of(&self, byte: usize) -> usize {
        self.ends.iter().filter(|end| **end < byte).count()
    }
}

/// Line and column of a byte, both from 1; the column in characters.
pub(super) fn place(text: &str, byte: usize) -> (u32, u32) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// The stack on which texts are read and checked: many times what a statement of [`MAX_PARTS`] takes.
const STACK: usize = 64 * 1024 * 1024;

/// Does work that goes as deep as somebody's text on a stack that is deep enough.
///
/// # Errors
/// The reason, when there is no such stack to be had.
pub(super) fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = started.map_err(|error| error.to_string())?;
        thread.join().map_err(|_| String::from("the check stopped in its midst"))
    })
}

/// Finds the statements of a text, right or wrong.
pub(super) fn outline(text: &str) -> Outline {
    let bytes = text.as_bytes();
    let mut found = Outline::default();
    let (mut at, mut parts, mut inside, mut annotation) = (0, 0_usize, false, false);
    while let Some(byte) = bytes.get(at) {
        let end = end_of_piece(bytes, at);
        match &bytes[at..end] {
            b"(" | b"[" | b"{" | b"." | b"&" | b"|" | b"+" | b"-" | b"*" | b"!" | b"if" => parts += 1,
            b";" => {
                found.ends.push(at);
                (inside, parts) = (false, 0);
            }
            b"permit" | b"forbid" if !inside && !annotation => {
                found.statements.push(at);
                inside = true;
            }
            _ => {}
        }
        if parts > MAX_PARTS && found.too_intricate.is_none() {
            found.too_intricate = Some(at);
        }
        // What follows an @, past space and comments, is an annotation's name.
        annotation = *byte == b'@' || (annotation && (byte.is_ascii_whitespace() || *byte == b'/'));
        at = end;
    }
    found
}

/// Where a comment, string, word or sign ends.
fn end_of_piece(bytes: &[u8], from: usize) -> usize {
    match bytes[from] {
        b'/' if bytes.get(from + 1) == Some(&b'/') => end_of_line(bytes, from),
        b'"' => end_of_string(bytes, from),
        b if b.is_ascii_alphabetic() || b == b'_' => end_of_word(bytes, from),
        _ => from + 1,
    }
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |length| from + length)
}

fn end_of_word(bytes: &[u8], from: usize) -> usize {
    let length = bytes[from..].iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_');
    length.map_or(bytes.len(), |length| from + length)
}

fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_past_comments_strings_and_annotations() {
        let text = "// permit nothing; really\n@ permit(\"forbid; \\\" permit\")\n@reason(\"é\") permit (principal, action, resource)\n\
                    when { resource.name == \"; forbid\" };\n\nforbid(principal, action, resource);";
        let lines: Vec<_> = outline(text).statements.iter().map(|at| place(text, *at)).collect();
        assert_eq!(lines, [(3, 14), (6, 1)]);
    }

    #[test]
    fn a_text_that_ends_in_the_midst_of_a_string_has_an_outline() {
        assert_eq!(outline("permit(\"\\").statements, [0]);
        assert_eq!(outline("\"forbid").statements, Vec::<usize>::new());
    }

    #[test]
    fn a_statement_of_too_many_parts_is_seen_and_two_of_half_as_many_are_not() {
        assert_eq!(outline(&"(".repeat(MAX_PARTS + 1)).too_intricate, Some(MAX_PARTS));
        assert_eq!(outline(&"if ".repeat(MAX_PARTS + 1)).too_intricate, Some(3 * MAX_PARTS));
        assert_eq!(outline(&format!("{};", ".".repeat(MAX_PARTS)).repeat(2)).too_intricate, None);
    }

    #[test]
    fn a_place_within_a_character_or_past_the_end_is_a_place() {
        assert_eq!(place("é", 1), (1, 1));
        assert_eq!(place("a\nb", 99), (2, 2));
    }
}
