//! Changes that belong together, one after the other: each is made when the one before was, and the first refusal ends them.

use std::collections::VecDeque;

use crate::effect::{Level, Request};

/// A change, and how it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is called.
    pub request: Request,
    /// What is then so, such as `user anna was made`.
    pub done: String,
}

impl Step {
    /// A change, and what is so after it.
    #[must_use]
    pub fn new(request: Request, done: impl Into<String>) -> Self {
        Self { request, done: done.into() }
    }
}

/// What is still to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errand {
    steps: VecDeque<Step>,
    under_way: Option<(u32, Step)>,
    done: Vec<String>,
}

impl Errand {
    /// Whether something is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether this ticket is ours.
    #[must_use]
    pub fn asked(&self, ticket: u32) -> bool {
        self.under_way.as_ref().is_some_and(|(asked, _)| *asked == ticket)
    }

    /// Whether nothing of it was done yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.done.is_empty()
    }

    /// Takes on what is to be done.
    pub fn begin(&mut self, steps: Vec<Step>) {
        *self = Self { steps: steps.into(), ..Self::default() };
    }

    /// The next call.
    pub fn next(&mut self, ticket: u32) -> Option<Request> {
        let step = self.steps.pop_front()?;
        let request = step.request.clone();
        self.under_way = Some((ticket, step));
        Some(request)
    }

    /// What was under way was done.
    pub fn succeeded(&mut self) {
        if let Some((_, step)) = self.under_way.take() {
            self.done.push(step.done);
        }
    }

    /// What was under way was refused: nothing more is done.
    pub fn failed(&mut self, why: &str) -> (Level, String) {
        self.steps.clear();
        self.under_way = None;
        let done = std::mem::take(&mut self.done);
        let so_far = if done.is_empty() { String::new() } else { format!(" ({} before)", done.join(", ")) };
        (Level::Error, format!("{why}{so_far}"))
    }

    /// What all of it came to, once nothing is left.
    pub fn said(&mut self) -> Option<(Level, String)> {
        let over = self.steps.is_empty() && self.under_way.is_none() && !self.done.is_empty();
        over.then(|| (Level::Good, std::mem::take(&mut self.done).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_api::access::ListUsers;

    use super::*;

    fn errand(words: &[&str]) -> Errand {
        let mut errand = Errand::default();
        errand.begin(words.iter().map(|word| Step::new(Request::ListUsers(ListUsers {}), *word)).collect());
        errand
    }

    #[test]
    fn each_change_waits_for_the_one_before() {
        let mut errand = errand(&["a is made", "b is made"]);
        assert!(errand.next(1).is_some() && errand.is_busy() && errand.is_first());
        errand.succeeded();
        assert_eq!(errand.said(), None, "there is another");
        assert!(errand.next(2).is_some() && errand.asked(2));
        errand.succeeded();
        assert_eq!(errand.said(), Some((Level::Good, "a is made, b is made".to_owned())));
        assert!(!errand.is_busy() && errand.next(3).is_none());
    }

    #[test]
    fn a_refusal_ends_it_and_says_what_was_done() {
        let mut errand = errand(&["a is made", "b is made", "c is made"]);
        errand.next(1);
        errand.succeeded();
        errand.next(2);
        assert_eq!(errand.failed("no").1, "no (a is made before)");
        assert!(errand.next(3).is_none());
    }
}
