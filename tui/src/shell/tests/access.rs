//! Stories of the room Access in the cockpit: what the shell does for it that it cannot do itself.

use pilothouse_api::access::{
    AccessKey, CreateAccessKeyResult, KeyStatus, ListPoliciesResult, ListUsersResult, Policy, User,
};

use super::*;
use crate::effect::Secret;
use crate::route::AccessTab;

fn at(tab: AccessTab) -> Pilot {
    let mut pilot = Pilot::at(Route::Access { tab, selected: None }, Size::new(120, 40)).linked(3);
    pilot.answered("ListUsers", Reply::ListUsers(ListUsersResult { users: vec![anna()] }));
    pilot.answered("ListPolicies", Reply::ListPolicies(ListPoliciesResult { policies: vec![policy()] }));
    pilot
}

fn anna() -> User {
    User {
        user_name: "anna".into(),
        arn: "arn:aws:iam::000000000000:user/anna".into(),
        comment: String::new(),
        created_date: NOW.into(),
        created_by: "root".into(),
        groups: vec![],
        policies: vec![],
        access_keys: vec![],
        ssh_public_keys: vec![],
    }
}

fn policy() -> Policy {
    Policy {
        policy_name: "own".into(),
        text: "permit (principal in ?principal, action, resource);".into(),
        comment: String::new(),
        attached_to: vec![],
        updated_date: NOW.into(),
        updated_by: "root".into(),
        ready_made: false,
    }
}

impl Pilot {
    /// How often an operation was called.
    fn called(&self, name: &str) -> usize {
        self.calls_of(name).count()
    }

    fn calls_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = CallId> + 'a {
        self.orders.iter().filter_map(move |order| match order {
            Order::Call(id, request) if request.name() == name => Some(*id),
            _ => None,
        })
    }

    /// Answers the last call of an operation.
    fn answered(&mut self, name: &str, reply: Reply) {
        let id = self.calls_of(name).last().unwrap_or_else(|| panic!("{name} is not called"));
        self.happens(Event::Landed(id, Box::new(Ok(reply))));
    }
}

#[test]
fn a_text_is_looked_at_when_the_hands_rest_without_another_key() {
    let mut pilot = at(AccessTab::Policies);
    pilot.press("e");
    assert!(pilot.shell.next_expiry().is_some_and(|at| at <= pilot.now), "as it is opened");
    pilot.happens(Event::Tick);
    assert_eq!(pilot.called("ValidatePolicy"), 1);
    pilot.answered(
        "ValidatePolicy",
        Reply::ValidatePolicy(pilothouse_api::access::ValidatePolicyResult::default()),
    );
    pilot.press("x");
    assert_eq!(pilot.called("ValidatePolicy"), 1, "not at every letter");
    let wakes = pilot.shell.next_expiry().expect("it wants to be woken");
    assert_eq!(wakes.since(pilot.now), 300);
    pilot.now = wakes;
    pilot.happens(Event::Tick);
    assert_eq!(pilot.called("ValidatePolicy"), 2);
    assert_eq!(pilot.shell.next_expiry(), None, "one question at a time: nothing to wake for");
}

#[test]
fn everything_is_asked_for_anew_on_request() {
    let mut pilot = at(AccessTab::Users);
    pilot.answered(
        "ListGroups",
        Reply::ListGroups(pilothouse_api::access::ListGroupsResult { groups: vec![] }),
    );
    pilot.answered("ListRoles", Reply::ListRoles(pilothouse_api::access::ListRolesResult { roles: vec![] }));
    pilot.press("R");
    assert_eq!((pilot.called("ListUsers"), pilot.called("ListRoles")), (2, 2));
}

#[test]
fn a_secret_leaves_as_a_secret_and_is_given_up_only_when_its_file_was_written() {
    let mut pilot = at(AccessTab::Users);
    pilot.press("K");
    let key = AccessKey {
        access_key_id: "PILO0123456789ABCDEF".into(),
        user_name: "anna".into(),
        status: KeyStatus::Active,
        created_date: NOW.into(),
        expires_at: None,
        last_used_date: None,
        last_used_from: None,
        last_used_for: None,
    };
    let made = CreateAccessKeyResult { access_key: key, secret_access_key: "canary".into() };
    pilot.answered("CreateAccessKey", Reply::CreateAccessKey(made));
    pilot.press("s<Enter>");
    let section = "[anna]\naws_access_key_id = PILO0123456789ABCDEF\naws_secret_access_key = canary\n";
    let saved = Order::SaveSecret("anna.credentials".into(), Secret::new(section.into()));
    assert_eq!(pilot.orders.last(), Some(&saved));
    assert!(!format!("{:?}", pilot.orders).contains("canary"), "what is printed has no secret");
    pilot.happens(Event::Saved("anna.credentials".into(), Err("the disk is full".into())));
    pilot.press("<Esc>");
    assert!(picture(&pilot).contains("canary"), "it is shown until it stands somewhere");
    pilot.happens(Event::Saved("anna.credentials".into(), Ok(())));
    pilot.press("<Esc>");
    assert!(!picture(&pilot).contains("canary"));
}

fn picture(pilot: &Pilot) -> String {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal.draw(|frame| pilot.shell.view(frame)).unwrap();
    terminal.backend().to_string()
}
