//! Whom a text is about as soon as it is stored, attached or not. To write such a text is as good as to attach it to them.

use cedar_policy::pst::{EntityOrSlot, EntityUID, PrincipalConstraint};

use super::entity::kind;
use super::statement::parse;
use super::text::deep;
use crate::access::Resource;

/// Whom a text is about without being attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether one of its statements names nobody, and is about everyone.
    pub everyone: bool,
    /// Users, groups and roles that its statements name.
    pub named: Vec<Resource>,
}

impl Reach {
    /// That of a text. One that cannot be read is taken to be about everyone.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let heads =
            || parse(text).map(|(_, all)| all.into_iter().map(|it| it.tree.principal).collect::<Vec<_>>());
        let Ok(Ok(heads)) = deep(heads) else { return Self { everyone: true, named: Vec::new() } };
        let mut reach = Self::default();
        for head in heads {
            reach.add(&head);
        }
        reach
    }

    fn add(&mut self, head: &PrincipalConstraint) {
        match head {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => self.everyone = true,
            PrincipalConstraint::Eq(it) | PrincipalConstraint::In(it) | PrincipalConstraint::IsIn(_, it) => {
                match it {
                    EntityOrSlot::Slot(_) => {}
                    EntityOrSlot::Entity(uid) => self.name(uid),
                }
            }
        }
    }

    fn name(&mut self, uid: &EntityUID) {
        match kind(uid) {
            Some(kind) => {
                let named = Resource::new(kind, uid.eid.as_str());
                if !self.named.contains(&named) {
                    self.named.push(named);
                }
            }
            None => self.everyone = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Kind;

    #[test]
    fn a_text_with_slots_alone_is_about_nobody_until_it_is_attached() {
        let text = "permit (principal in ?principal, action, resource); forbid (principal == ?principal, action, resource);";
        assert_eq!(Reach::of(text), Reach::default());
    }

    #[test]
    fn whom_a_statement_names_it_is_about() {
        let text = "permit (principal == Pilothouse::User::\"ada\", action, resource);\n\
                    permit (principal in ?principal, action, resource);\n\
                    forbid (principal is Pilothouse::User in Pilothouse::Group::\"ops\", action, resource);";
        let named = vec![Resource::new(Kind::User, "ada"), Resource::new(Kind::Group, "ops")];
        assert_eq!(Reach::of(text), Reach { everyone: false, named });
    }

    #[test]
    fn a_statement_that_names_nobody_is_about_everyone_and_so_is_what_cannot_be_read() {
        assert!(Reach::of("forbid (principal, action, resource);").everyone);
        assert!(Reach::of("permit (principal is Pilothouse::Role, action, resource);").everyone);
        assert!(Reach::of("permit (principal").everyone);
    }
}
