//! References to environment variables, written so that a shell takes each for one word wherever it stands.
//!
//! What is written depends on the document alone and never on a value: a wrong guess about quotes can make a reference useless,
//! but cannot let a value be read as code.

/// Where a POSIX shell's reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    Double,
    Single,
    Comment,
}

/// Follows the quotes of one shell script from its beginning.
#[derive(Debug, Default)]
pub(crate) struct Quotes {
    inside: Inside,
    is_escaped: bool,
    last: Option<char>,
    /// Bytes that were read.
    read: usize,
}

impl Quotes {
    /// Reads the script up to this byte, which must not be before the last one.
    pub(crate) fn read_to(&mut self, script: &str, at: usize) {
        for c in script.get(self.read..at).unwrap_or_default().chars() {
            self.next(c);
        }
        self.read = at;
    }

    fn next(&mut self, c: char) {
        let begins_a_word = self.last.is_none_or(|last| last.is_whitespace() || ";&|(".contains(last));
        self.last = Some(c);
        if std::mem::take(&mut self.is_escaped) {
            return;
        }
        self.inside = match (self.inside, c) {
            (Inside::Nothing | Inside::Double, '\\') => {
                self.is_escaped = true;
                self.inside
            }
            (Inside::Nothing, '"') => Inside::Double,
            (Inside::Nothing, '\'') => Inside::Single,
            (Inside::Nothing, '#') if begins_a_word => Inside::Comment,
            (Inside::Double, '"') | (Inside::Single, '\'') | (Inside::Comment, '\n') => Inside::Nothing,
            (inside, _) => inside,
        };
    }

    /// A reference to a variable that is one word here.
    pub(crate) fn reference(&self, variable: &str) -> String {
        match self.inside {
            Inside::Nothing => format!("\"${variable}\""),
            Inside::Double | Inside::Comment => format!("${{{variable}}}"),
            Inside::Single => format!("'\"${variable}\"'"),
        }
    }
}

/// A reference to a variable for PowerShell, which takes it for one word inside double quotes and outside.
pub(crate) fn in_powershell(variable: &str) -> String {
    format!("${{env:{variable}}}")
}

#[cfg(test)]
mod tests {
    use super::Quotes;

    fn behind(script: &str) -> String {
        let mut quotes = Quotes::default();
        quotes.read_to(script, script.len());
        quotes.reference("X")
    }

    #[test]
    fn a_reference_is_one_word_bare_and_in_both_kinds_of_quotes() {
        assert_eq!(behind("echo "), r#""$X""#);
        assert_eq!(behind("echo \"hello "), "${X}");
        assert_eq!(behind("echo 'hello "), r#"'"$X"'"#);
        assert_eq!(behind(r#"echo "a" "#), r#""$X""#);
    }

    #[test]
    fn escapes_and_comments_do_not_open_quotes() {
        assert_eq!(behind(r#"echo \" "#), r#""$X""#);
        assert_eq!(behind("# don't\necho "), r#""$X""#);
        assert_eq!(behind("echo a#'b "), r#"'"$X"'"#);
    }
}
