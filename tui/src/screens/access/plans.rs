//! What comes of a form: the calls, in order; and which forms there are.

use pilothouse_api::access::{
    CreateAccessKey, CreateGroup, CreateRole, CreateUser, ImportSshPublicKey, Policy, PutPolicy,
};

use super::directory::Directory;
use super::form::{Field, Form, Kind, What};
use super::target::attach;
use crate::effect::Request;
use crate::errand::Step;
use crate::look;
use crate::screen::Cx;

/// What a ready-made policy for one environment is called at its end.
const OF_ONE: &str = "-of-one-environment";
/// How long a role's sessions may live, in words and seconds.
const SESSIONS: [(&str, i64); 4] =
    [("1 hour", 3_600), ("15 minutes", 900), ("4 hours", 14_400), ("12 hours", 43_200)];

/// What a new user may do, to begin with.
#[derive(Clone, Copy)]
struct Offer {
    policy: &'static str,
    said: &'static str,
}

const OFFERS: [Offer; 5] = [
    Offer { policy: "viewer-of-one-environment", said: "look at one environment, and nothing else" },
    Offer { policy: "viewer", said: "look at everything" },
    Offer { policy: "operator-of-one-environment", said: "operate one environment" },
    Offer { policy: "operator", said: "operate everything" },
    Offer { policy: "administrator", said: "do everything, access included" },
];

/// What is offered: what the server has the policies for. The last option is nothing.
fn offers(directory: &Directory) -> Vec<Offer> {
    OFFERS.into_iter().filter(|offer| directory.policy(offer.policy).is_some()).collect()
}

/// The environments of the fleet, one that is not production first.
fn environments(cx: &Cx<'_>) -> Vec<String> {
    let nodes = cx.mirror.nodes.list().iter();
    let mut names: Vec<String> = nodes.filter_map(|node| look::env_of(node)).map(str::to_owned).collect();
    names.sort_by_key(|name| {
        (look::is_prod(name), look::env(name) != pilothouse_kit::theme::Role::EnvStaging)
    });
    names.dedup();
    names
}

impl Form {
    /// Asks for a new user.
    pub(super) fn user(directory: &Directory, cx: &Cx<'_>) -> Self {
        let mut may: Vec<String> = offers(directory).iter().map(|offer| offer.said.to_owned()).collect();
        may.push("nothing yet".to_owned());
        let groups = directory.groups.iter().map(|group| group.group_name.clone()).collect();
        let environment = environments(cx).into_iter().next().unwrap_or_default();
        let fields = vec![
            Field::line(What::Name, ""),
            Field::line(What::Comment, ""),
            Field::several(What::Groups, groups),
            Field::one(What::May, may),
            Field::line(What::Environment, &environment),
            Field::one(What::Key, vec!["make one now".to_owned(), "later".to_owned()]),
        ];
        let taken = directory.users.iter().map(|user| user.user_name.clone()).collect();
        Self::new(Kind::User, fields, taken)
    }

    pub(super) fn group(directory: &Directory) -> Self {
        let taken = directory.groups.iter().map(|group| group.group_name.clone()).collect();
        let fields = vec![Field::line(What::Name, ""), Field::line(What::Comment, "")];
        Self::new(Kind::Group, fields, taken)
    }

    pub(super) fn role(directory: &Directory) -> Self {
        let taken = directory.roles.iter().map(|role| role.role_name.clone()).collect();
        let sessions = SESSIONS.iter().map(|(said, _)| (*said).to_owned()).collect();
        let fields = vec![
            Field::line(What::Name, ""),
            Field::line(What::Comment, ""),
            Field::one(What::Session, sessions),
        ];
        Self::new(Kind::Role, fields, taken)
    }

    pub(super) fn new_policy(directory: &Directory) -> Self {
        let fields = vec![Field::line(What::Name, ""), Field::line(What::Comment, "")];
        Self::new(Kind::Policy, fields, policy_names(directory))
    }

    /// Asks for the name of a copy; of a policy for one environment, for which one.
    pub(super) fn copy(policy: &Policy, directory: &Directory, cx: &Cx<'_>) -> Self {
        let mut fields = vec![Field::line(What::Name, ""), Field::line(What::Comment, &policy.comment)];
        if let Some(own) = environment_in(&policy.text).filter(|_| policy.ready_made) {
            let environment = copied_for(own, environments(cx));
            let name = if environment == own {
                free(&format!("{}-copy", policy.policy_name), directory)
            } else {
                name_of_copy(&policy.policy_name, &environment)
            };
            fields[0] = Field::line(What::Name, &name);
            fields.insert(1, Field::line(What::Environment, &environment));
        } else {
            let name = free(&format!("{}-copy", policy.policy_name), directory);
            fields[0] = Field::line(What::Name, &name);
        }
        Self::new(Kind::Copy(policy.policy_name.clone()), fields, policy_names(directory))
    }

    pub(super) fn ssh(user: &str) -> Self {
        Self::new(Kind::Ssh(user.to_owned()), vec![Field::line(What::PublicKey, "")], Vec::new())
    }

    /// The calls that make what was filled in; none for a policy, which is written first.
    pub(super) fn steps(&self, directory: &Directory) -> Vec<Step> {
        let (name, comment) = (self.text(What::Name).to_owned(), self.text(What::Comment).to_owned());
        match &self.kind {
            Kind::User => self.new_user(name, comment, directory),
            Kind::Group => {
                let done = format!("group {name} is made");
                vec![Step::new(Request::CreateGroup(CreateGroup { group_name: name, comment }), done)]
            }
            Kind::Role => {
                let seconds = SESSIONS.get(self.chosen(What::Session)).map(|(_, seconds)| *seconds);
                let done = format!("role {name} is made");
                let role = CreateRole { role_name: name, comment, max_session_seconds: seconds };
                vec![Step::new(Request::CreateRole(role), done)]
            }
            Kind::Ssh(user) => {
                let key = ImportSshPublicKey {
                    user_name: user.clone(),
                    public_key: self.text(What::PublicKey).to_owned(),
                };
                let done = format!("SSH key of {user} is registered");
                vec![Step::new(Request::ImportSshPublicKey(key), done)]
            }
            Kind::Policy | Kind::Copy(_) => Vec::new(),
        }
    }

    fn new_user(&self, name: String, comment: String, directory: &Directory) -> Vec<Step> {
        let user = CreateUser { user_name: name.clone(), comment, groups: self.marked(What::Groups) };
        let mut steps = vec![Step::new(Request::CreateUser(user), format!("user {name} is made"))];
        let offers = offers(directory);
        if let Some(offer) = offers.get(self.chosen(What::May))
            && let Some(policy) = directory.policy(offer.policy)
        {
            let given = match offer.policy.ends_with(OF_ONE) {
                true => self.of_one(policy, directory, &mut steps),
                false => policy.policy_name.clone(),
            };
            steps.push(attach(&given, &format!("user/{name}")));
        }
        if self.chosen(What::Key) == 0 {
            let done = "its access key is made";
            steps.push(Step::new(Request::CreateAccessKey(CreateAccessKey { user_name: name }), done));
        }
        steps
    }

    /// The copy of a policy for the environment that was named; it is made unless it is there.
    fn of_one(&self, policy: &Policy, directory: &Directory, steps: &mut Vec<Step>) -> String {
        let environment = self.text(What::Environment);
        let text = for_environment(&policy.text, environment);
        let name = name_of_copy(&policy.policy_name, environment);
        if directory.policy(&name).is_some_and(|known| known.text == text) {
            return name;
        }
        let name = free(&name, directory);
        let comment = format!("{} {environment}", policy.policy_name.trim_end_matches(OF_ONE)) + " only";
        let copy = PutPolicy { policy_name: name.clone(), text, comment };
        steps.push(Step::new(Request::PutPolicy(copy), format!("policy {name} is made")));
        name
    }

    /// The text with which the editor begins, and what is said of it.
    pub(super) fn policy(&self, directory: &Directory) -> (String, String) {
        let comment = self.text(What::Comment);
        let copied = match &self.kind {
            Kind::Copy(of) => directory.policy(of),
            _ => None,
        };
        let Some(policy) = copied else { return (BEGINNING.to_owned(), comment.to_owned()) };
        let environment = self.text(What::Environment);
        match environment_in(&policy.text).filter(|_| !environment.is_empty()) {
            None => (policy.text.clone(), comment.to_owned()),
            Some(spoken_of) => {
                (for_environment(&policy.text, environment), with_word(comment, spoken_of, environment))
            }
        }
    }
}

/// What a new policy begins with.
const BEGINNING: &str = "\
// Applies to whom it is attached.
permit (
    principal in ?principal,
    action in Pilothouse::Action::\"read\",
    resource
);
";

fn policy_names(directory: &Directory) -> Vec<String> {
    directory.policies.iter().map(|policy| policy.policy_name.clone()).collect()
}

/// The name with a number behind it when it is taken.
fn free(name: &str, directory: &Directory) -> String {
    let taken = |name: &str| directory.policies.iter().any(|it| it.policy_name.eq_ignore_ascii_case(name));
    let mut numbered = (2..).map(|n| format!("{name}-{n}"));
    if taken(name) { numbered.find(|name| !taken(name)).unwrap_or_default() } else { name.to_owned() }
}

/// `viewer-of-staging` for `viewer-of-one-environment`.
fn name_of_copy(name: &str, environment: &str) -> String {
    format!("{}-of-{environment}", name.trim_end_matches(OF_ONE))
}

/// For which environment a copy is proposed: what guards production guards it in the copy, too.
fn copied_for(own: &str, fleet: Vec<String>) -> String {
    if look::is_prod(own) { own.to_owned() } else { fleet.into_iter().next().unwrap_or_default() }
}

/// The environment that a policy for one environment speaks of: the first text that an environment is compared with.
fn environment_in(text: &str) -> Option<&str> {
    let statements = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    statements
        .filter_map(|line| line.split_once("environment == \""))
        .find_map(|(_, rest)| rest.split('"').next())
}

/// The text for another environment: the word is another wherever it stands alone, in comments and reasons too.
fn for_environment(text: &str, environment: &str) -> String {
    match environment_in(text) {
        Some(spoken_of) => with_word(text, spoken_of, environment),
        None => text.to_owned(),
    }
}

/// The text with another word wherever the word stands alone.
fn with_word(text: &str, word: &str, other: &str) -> String {
    let is_part = |char: char| char.is_alphanumeric() || "-_".contains(char);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        out += before;
        out += if alone { other } else { word };
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWER: &str = "// Sees the environment prod, not production.\n\
        @reason(\"viewers of prod see it\")\n\
        permit (principal in ?principal, action, resource)\n\
        when { resource has environment && resource.environment == \"prod\" };\n\
        permit (principal in ?principal, action, resource == Pilothouse::Environment::\"prod\");\n";

    #[test]
    fn a_policy_for_one_environment_is_made_for_another() {
        assert_eq!(environment_in(VIEWER), Some("prod"));
        let text = for_environment(VIEWER, "uat");
        assert!(
            text.contains("environment uat, not production") && text.contains("viewers of uat see"),
            "{text}"
        );
        assert_eq!(text.matches("\"uat\"").count(), 2, "{text}");
        let everywhere = "permit(principal, action, resource);";
        assert_eq!(for_environment(everywhere, "uat"), everywhere);
        assert_eq!(name_of_copy("viewer-of-one-environment", "uat"), "viewer-of-uat");
        let fleet = || vec!["dev".to_owned(), "prod".to_owned()];
        assert_eq!(copied_for("staging", fleet()), "dev");
        assert_eq!(copied_for("prod", fleet()), "prod", "what production needs is not asked of another one");
    }
}
