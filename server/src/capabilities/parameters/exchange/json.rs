//! JSON, read strictly, with the place of everything and numbers as they are written.

use super::tree::{DEPTH, Member, Node, Spot};
use super::{Misread, Place};

pub(super) fn tree(text: &str) -> Result<Spot, Misread> {
    let mut reader = Reader { text, at: 0, place: Place { line: 1, column: 1 }, counted: 0 };
    let spot = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.expected("the end"));
    }
    Ok(spot)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The place of the byte up to which was counted: counting goes on from there, so that a long line costs no more than once.
    place: Place,
    counted: usize,
}

impl Reader<'_> {
    fn place(&mut self) -> Place {
        for c in self.text[self.counted..self.at].chars() {
            if c == '\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.counted = self.at;
        self.place
    }

    fn expected(&mut self, what: &str) -> Misread {
        let found = match self.peek() {
            None => "the end of the text",
            Some(b'"') => "a text",
            Some(b'{') => "a map",
            Some(b'[') => "a list",
            Some(_) => "something else",
        };
        Misread::new(self.place(), format!("expected {what}, found {found}"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Steps over white space and, if it is there, one sign.
    fn sign(&mut self, sign: u8) -> bool {
        self.space();
        let is_there = self.peek() == Some(sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn value(&mut self, depth: usize) -> Result<Spot, Misread> {
        self.space();
        let at = self.place();
        if depth > DEPTH {
            return Err(Misread::new(at, format!("expected at most {DEPTH} levels")));
        }
        let node = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Node::Scalar(self.string()?),
            _ => self.word()?,
        };
        Ok(Spot { at, node })
    }

    fn map(&mut self, depth: usize) -> Result<Node, Misread> {
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        if self.sign(b'}') {
            return Ok(Node::Map(members));
        }
        loop {
            self.space();
            let at = self.place();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a name in quotes"));
            }
            let name = self.string()?;
            if !self.sign(b':') {
                return Err(self.expected("a colon"));
            }
            let value = self.value(depth + 1)?;
            members.push(Member { name, at, value });
            if self.sign(b'}') {
                return Ok(Node::Map(members));
            }
            if !self.sign(b',') {
                return Err(self.expected("a comma or the end of the map"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, Misread> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.sign(b']') {
            return Ok(Node::List(entries));
        }
        loop {
            entries.push(self.value(depth + 1)?);
            if self.sign(b']') {
                return Ok(Node::List(entries));
            }
            if !self.sign(b',') {
                return Err(self.expected("a comma or the end of the list"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Misread> {
        let (start, at) = (self.at, self.place());
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(b'\n') | None => {
                    return Err(Misread::new(at, "expected a text with quotes at both ends"));
                }
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let read = self.text.get(start..self.at).and_then(|text| serde_json::from_str(text).ok());
        read.ok_or_else(|| Misread::new(at, "expected a text as JSON writes it"))
    }

    fn word(&mut self) -> Result<Node, Misread> {
        let rest = &self.text[self.at..];
        let is_sign = |c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c));
        let word = &rest[..rest.find(is_sign).unwrap_or(rest.len())];
        let node = match word {
            "null" => Node::Nothing,
            "true" | "false" => Node::Scalar(word.to_owned()),
            _ if serde_json::from_str::<serde_json::Number>(word).is_ok() => Node::Scalar(word.to_owned()),
            _ => return Err(self.expected("a value")),
        };
        self.at += word.len();
        Ok(node)
    }
}
