//! What people type on one line: filters, targets and tags are words of it.

/// Splits at blanks outside double quotes; the quotes go, and so do empty words.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for char in text.chars() {
        match char {
            '"' => quoted = !quoted,
            char if char.is_whitespace() && !quoted => words.push(String::new()),
            char => words.last_mut().into_iter().for_each(|word| word.push(char)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_separate_words_and_quotes_keep_them_together() {
        assert_eq!(words("  tag:Role=\"web server\"  x "), ["tag:Role=web server", "x"]);
        assert_eq!(words("\"\" a\"b c"), ["ab c"]);
        assert!(words("   ").is_empty());
    }
}
