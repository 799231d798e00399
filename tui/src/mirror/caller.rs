//! Who we are to the server, and what we can never do there.

use pilothouse_api::about::DescribeServerResult;
use pilothouse_api::access::GetCallerAccessResult;

/// Who we are, once the server said so.
#[derive(Debug, Default)]
pub struct Caller {
    access: GetCallerAccessResult,
    server: Option<DescribeServerResult>,
}

impl Caller {
    /// `root`, `user/…` or `role/…`; empty while it is not known.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.access.principal
    }

    /// Whether what is not shown is not there: root sees all of it, and until it is known who asks nothing else is said.
    #[must_use]
    pub fn sees_everything(&self) -> bool {
        matches!(self.principal(), "root" | "")
    }

    /// Who that is in person, whatever role was taken on: whom armings and requests belong to.
    #[must_use]
    pub fn person(&self) -> &str {
        if self.access.person.is_empty() { self.principal() } else { &self.access.person }
    }

    /// Groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.access.groups
    }

    /// Everything that the server said of us.
    #[must_use]
    pub fn access(&self) -> &GetCallerAccessResult {
        &self.access
    }

    /// Why we can never do what needs this permission, in a sentence. What is not known is tried: the server decides.
    #[must_use]
    pub fn why_denied(&self, permission: &str) -> Option<&str> {
        self.access.denied.get(permission).map(String::as_str)
    }

    /// What the server says of itself, once it did.
    #[must_use]
    pub fn server(&self) -> Option<&DescribeServerResult> {
        self.server.as_ref()
    }

    pub(super) fn take(&mut self, access: GetCallerAccessResult) {
        self.access = access;
    }

    pub(super) fn take_server(&mut self, server: DescribeServerResult) {
        self.server = Some(server);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_person_underneath() {
        let mut caller = Caller::default();
        let principal = "role/operator".to_owned();
        let mut access = GetCallerAccessResult { principal, ..GetCallerAccessResult::default() };
        caller.take(access.clone());
        assert_eq!(caller.person(), "role/operator", "an older server does not say who that is");
        access.person = "user/anna".to_owned();
        caller.take(access);
        assert_eq!((caller.principal(), caller.person()), ("role/operator", "user/anna"));
    }
}
