//! Something that is asked of the server when it is wanted, as there is no topic for it: the question that is under way, the last
//! answer, and how far that can be trusted.
//!
//! In: tickets, answers. Out: what is known. Never here: what is asked, when.

use pilothouse_api::protocol::Millis;

use crate::effect::CallError;

/// Something that is asked of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<T> {
    value: Option<T>,
    at: Option<Millis>,
    under_way: Option<u32>,
    trouble: Option<String>,
    /// Whether what is known may be otherwise by now.
    outdated: bool,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { value: None, at: None, under_way: None, trouble: None, outdated: false }
    }
}

impl<T> Asked<T> {
    /// What is known.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// When it became known.
    #[must_use]
    pub const fn at(&self) -> Option<Millis> {
        self.at
    }

    /// Why it is not known, or not anew.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether it was never asked.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.value.is_none() && self.under_way.is_none() && self.trouble.is_none()
    }

    /// Whether it should be asked: it was never, or it may be otherwise by now.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.is_new() || (self.outdated && self.under_way.is_none())
    }

    /// What is known may be otherwise by now; it is shown until it was asked anew.
    pub const fn outdate(&mut self) {
        self.outdated = true;
    }

    /// It is asked under this ticket; the answer to an earlier question is not waited for any more.
    pub fn ask(&mut self, ticket: u32) -> u32 {
        (self.under_way, self.outdated) = (Some(ticket), false);
        ticket
    }

    /// Whether this ticket is the one that is waited for.
    #[must_use]
    pub fn awaits(&self, ticket: u32) -> bool {
        self.under_way == Some(ticket)
    }

    /// Takes an answer; says whether it was waited for. What was known before is better than nothing while the server is not
    /// reached, but not when it refuses.
    pub fn take(&mut self, ticket: u32, result: Result<T, &CallError>, now: Millis) -> bool {
        if self.under_way.take_if(|asked| *asked == ticket).is_none() {
            return false;
        }
        match result {
            Ok(value) => *self = Self { value: Some(value), at: Some(now), ..Self::default() },
            Err(error) => {
                if !error.is_unreachable() {
                    self.value = None;
                }
                self.trouble = Some(error.message.clone());
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> CallError {
        CallError { code: code.to_owned(), message: "no".to_owned() }
    }

    #[test]
    fn only_the_last_question_is_answered() {
        let mut asked = Asked::default();
        assert!(asked.is_new());
        asked.ask(1);
        asked.ask(2);
        assert!(!asked.take(1, Ok("old"), Millis(5)));
        assert!(asked.take(2, Ok("new"), Millis(6)));
        assert_eq!((asked.value(), asked.at()), (Some(&"new"), Some(Millis(6))));
    }

    #[test]
    fn what_is_known_outlives_a_lost_link_but_no_refusal() {
        let mut asked = Asked::default();
        asked.ask(1);
        asked.take(1, Ok("it"), Millis(1));
        asked.ask(2);
        asked.take(2, Err(&refused(CallError::UNREACHABLE)), Millis(2));
        assert_eq!((asked.value(), asked.trouble()), (Some(&"it"), Some("no")));
        asked.ask(3);
        asked.take(3, Err(&refused("AccessDeniedException")), Millis(3));
        assert_eq!(asked.value(), None);
    }
}
