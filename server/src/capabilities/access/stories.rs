//! Who may do what, told as stories through the true door.

use pilothouse_api::access::{
    AddUserToGroup, AttachPolicy, CreateAccessKey, CreateGroup, CreateRole, CreateUser, Decision,
    DeleteAccessKey, DeletePolicy, DeleteRole, DeleteUser, DetachPolicy, GetCallerAccess, ImportSshPublicKey,
    KeyStatus, ListGroups, ListPolicies, ListRoles, ListUsers, PutPolicy, RemoveUserFromGroup,
    RotateAccessKey, SimulateAccess, UpdateAccessKey, ValidatePolicy,
};
use pilothouse_api::commands::SendCommand;
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::sts::{AssumeRole, GetCallerIdentity, SessionCredentials};
use pilothouse_api::{Fault, Operation};
use pilothouse_store::principals::keys;

use crate::access::Access;
use crate::cx::Caller;
use crate::door::Run;
use crate::doorbell::{Doorbell, Subject};
use crate::rig::Rig;

const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f deck";

impl Rig {
    /// A user without rights.
    async fn make_user(&self, name: &str) {
        self.root(CreateUser { user_name: name.into(), ..CreateUser::default() }).await.unwrap();
    }

    /// A key of a user, and its secret.
    async fn make_key(&self, user: &str) -> (String, String) {
        let made = self.root(CreateAccessKey { user_name: user.into() }).await.unwrap();
        (made.access_key.access_key_id, made.secret_access_key)
    }

    async fn make_group(&self, name: &str) {
        self.root(CreateGroup { group_name: name.into(), comment: String::new() }).await.unwrap();
    }

    async fn make_role(&self, name: &str, max_session_seconds: Option<i64>) {
        let create = CreateRole { role_name: name.into(), max_session_seconds, ..CreateRole::default() };
        self.root(create).await.unwrap();
    }

    async fn join(&self, group: &str, user: &str) {
        self.root(AddUserToGroup { group_name: group.into(), user_name: user.into() }).await.unwrap();
    }

    async fn attach(&self, policy: &str, principal: &str) {
        let attach = AttachPolicy { policy_name: policy.into(), principal: principal.into() };
        self.root(attach).await.unwrap();
    }

    async fn put(&self, name: &str, text: &str) -> Result<(), Fault> {
        let put = PutPolicy { policy_name: name.into(), text: text.into(), comment: String::new() };
        self.root(put).await.map(drop)
    }

    /// Lets a user do this, on everything.
    async fn let_do(&self, user: &str, permission: &str) {
        self.let_do_on(user, permission, "resource").await;
    }

    /// Lets a user do this, on what `resource` says in Cedar.
    async fn let_do_on(&self, user: &str, permission: &str, resource: &str) {
        let name = format!("{user}-{}", permission.replace(':', "-"));
        let text = format!(
            "permit (principal == Pilothouse::User::\"{user}\", action == Pilothouse::Action::\"{permission}\", {resource});"
        );
        self.put(&name, &text).await.unwrap();
    }

    /// Whoever signs with this key.
    fn signer(&self, access_key_id: &str) -> Caller {
        Caller::Operator(self.door.access().now().key(access_key_id).unwrap().operator.clone())
    }

    /// A user with one key.
    async fn signing_user(&self, name: &str) -> Caller {
        self.make_user(name).await;
        let (id, _) = self.make_key(name).await;
        self.signer(&id)
    }

    async fn assume(
        &self,
        caller: &Caller,
        role: &str,
        seconds: Option<i64>,
    ) -> Result<SessionCredentials, Fault> {
        let assume = AssumeRole {
            role_arn: format!("arn:aws:iam::000000000000:role/{role}"),
            role_session_name: "watch".into(),
            duration_seconds: seconds,
        };
        self.perform(caller.clone(), assume).await.map(|session| session.credentials)
    }

    async fn as_one<O: Run>(&self, caller: &Caller, operation: O) -> Result<O::Reply, Fault> {
        self.perform(caller.clone(), operation).await
    }
}

fn nodes() -> DescribeInstanceInformation {
    DescribeInstanceInformation::default()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Fault>, code: &str) -> String {
    let fault = outcome.unwrap_err();
    assert_eq!(fault.code, code, "{}", fault.message);
    fault.message
}

const DENIED: &str = "AccessDeniedException";

#[tokio::test]
async fn a_key_is_told_once_with_its_secret_and_kept_sealed() {
    let rig = Rig::new().await;
    rig.make_user("anna").await;
    let (id, secret) = rig.make_key("anna").await;
    assert!(id.starts_with("PILO") && id.len() == 20 && secret.len() == 40, "{id}");
    let row = keys::get(&mut rig.store.read().await.unwrap(), &id).await.unwrap().unwrap();
    assert!(!row.sealed.windows(8).any(|window| window == &secret.as_bytes()[..8]));
    let opened = rig.door.ports().secrets.open(&format!("access-key/{id}"), &row.sealed).await.unwrap();
    assert_eq!(*opened, secret.as_bytes());
    let listed = serde_json::to_string(&rig.root(ListUsers {}).await.unwrap()).unwrap();
    assert!(listed.contains(&id) && !listed.contains(&secret));
}

#[tokio::test]
async fn a_name_is_given_once_whatever_its_case_and_root_is_nobodys() {
    let rig = Rig::new().await;
    rig.make_user("Anna").await;
    for name in ["anna", "root", "ROOT"] {
        let create = CreateUser { user_name: name.into(), ..CreateUser::default() };
        refused(rig.root(create).await, "EntityAlreadyExists");
    }
    refused(rig.root(DeleteUser { user_name: "root".into() }).await, "DeleteConflict");
    refused(rig.root(DeleteUser { user_name: "anna".into() }).await, "NoSuchEntity");
    let join = AddUserToGroup { group_name: "crew".into(), user_name: "root".into() };
    rig.make_group("crew").await;
    refused(rig.root(join).await, "NoSuchEntity");
}

#[tokio::test]
async fn two_keys_are_active_at_most_and_a_replaced_one_ends_by_itself() {
    let rig = Rig::new().await;
    rig.make_user("anna").await;
    let (first, _) = rig.make_key("anna").await;
    let (second, _) = rig.make_key("anna").await;
    refused(rig.root(CreateAccessKey { user_name: "anna".into() }).await, "LimitExceeded");
    let rotate = RotateAccessKey { access_key_id: first.clone(), grace_seconds: Some(60) };
    let third = rig.root(rotate.clone()).await.unwrap().access_key.access_key_id;
    refused(rig.root(rotate).await, "InvalidInput");
    let old = rig.signer(&first);
    rig.as_one(&old, GetCallerIdentity {}).await.unwrap();
    rig.pass(61);
    refused(rig.as_one(&old, GetCallerIdentity {}).await, "UnrecognizedClientException");
    let on = UpdateAccessKey { access_key_id: first.clone(), status: KeyStatus::Active };
    rig.root(on).await.unwrap();
    refused(rig.as_one(&old, GetCallerIdentity {}).await, "UnrecognizedClientException");
    let off = UpdateAccessKey { access_key_id: second.clone(), status: KeyStatus::Inactive };
    rig.root(off).await.unwrap();
    let (fourth, _) = rig.make_key("anna").await;
    let back = UpdateAccessKey { access_key_id: second.clone(), status: KeyStatus::Active };
    refused(rig.root(back).await, "LimitExceeded");
    let users = rig.root(ListUsers {}).await.unwrap().users;
    let ids: Vec<&str> = users[0].access_keys.iter().map(|key| key.access_key_id.as_str()).collect();
    assert_eq!(ids, [&second, &third, &fourth], "what ended is forgotten when a key is made");
}

#[tokio::test]
async fn a_key_that_is_switched_off_or_deleted_signs_nothing_from_that_moment() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    let id = anna.operator().unwrap().access_key_id.clone();
    rig.as_one(&anna, GetCallerIdentity {}).await.unwrap();
    let off = UpdateAccessKey { access_key_id: id.clone(), status: KeyStatus::Inactive };
    rig.root(off).await.unwrap();
    refused(rig.as_one(&anna, GetCallerIdentity {}).await, "UnrecognizedClientException");
    let on = UpdateAccessKey { access_key_id: id.clone(), status: KeyStatus::Active };
    rig.root(on).await.unwrap();
    rig.as_one(&anna, GetCallerIdentity {}).await.unwrap();
    rig.root(DeleteAccessKey { access_key_id: id.clone() }).await.unwrap();
    refused(rig.as_one(&anna, GetCallerIdentity {}).await, "UnrecognizedClientException");
    refused(rig.root(DeleteAccessKey { access_key_id: id }).await, "NoSuchEntity");
}

#[tokio::test]
async fn what_changes_holds_for_the_next_call() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    rig.make_group("watch").await;
    refused(rig.as_one(&anna, nodes()).await, DENIED);
    rig.attach("viewer", "group/watch").await;
    refused(rig.as_one(&anna, nodes()).await, DENIED);
    rig.join("watch", "anna").await;
    rig.as_one(&anna, nodes()).await.unwrap();
    rig.root(DetachPolicy { policy_name: "viewer".into(), principal: "group/watch".into() }).await.unwrap();
    refused(rig.as_one(&anna, nodes()).await, DENIED);
    rig.attach("viewer", "user/anna").await;
    rig.as_one(&anna, nodes()).await.unwrap();
    refused(
        rig.as_one(
            &anna,
            SendCommand { document_name: "AWS-RunShellScript".into(), ..SendCommand::default() },
        )
        .await,
        DENIED,
    );
    rig.root(DeleteUser { user_name: "anna".into() }).await.unwrap();
    refused(rig.as_one(&anna, nodes()).await, "UnrecognizedClientException");
    rig.make_user("anna").await;
    refused(rig.as_one(&anna, nodes()).await, "UnrecognizedClientException");
}

#[tokio::test]
async fn another_server_on_the_database_learns_of_a_change_and_rings() {
    let rig = Rig::new().await;
    let doorbell = Doorbell::default();
    let other = Access::load(&rig.store, doorbell.clone()).await.unwrap();
    let mut bell = doorbell.listen();
    let (_, id) = (rig.make_user("anna").await, rig.make_key("anna").await.0);
    assert!(other.now().key(&id).is_none());
    other.reload(&rig.store).await.unwrap();
    assert!(other.now().key(&id).is_some());
    assert_eq!(bell.try_recv().unwrap().subject, Subject::Access);
    other.reload(&rig.store).await.unwrap();
    assert!(bell.try_recv().is_err(), "nothing changed since");
    rig.make_key("anna").await;
    other.reload(&rig.store).await.unwrap();
    assert!(bell.try_recv().is_err(), "a key more changes nothing for those who follow");
    let off = UpdateAccessKey { access_key_id: id, status: KeyStatus::Inactive };
    rig.root(off).await.unwrap();
    other.reload(&rig.store).await.unwrap();
    assert_eq!(bell.try_recv().unwrap().subject, Subject::Access);
}

#[tokio::test]
async fn ready_made_policies_are_listed_and_attached_and_not_changed() {
    let rig = Rig::new().await;
    let listed = rig.root(ListPolicies {}).await.unwrap().policies;
    let viewer = listed.iter().find(|policy| policy.policy_name == "viewer").unwrap();
    assert!(viewer.ready_made && viewer.text.contains("permit"));
    refused(rig.put("Viewer", &viewer.text).await, "UnmodifiableEntity");
    refused(rig.root(DeletePolicy { policy_name: "viewer".into() }).await, "UnmodifiableEntity");
    rig.make_role("deck", None).await;
    rig.attach("viewer", "role/deck").await;
    let listed = rig.root(ListPolicies {}).await.unwrap().policies;
    let viewer = listed.iter().find(|policy| policy.policy_name == "viewer").unwrap();
    assert_eq!(viewer.attached_to, ["role/deck"]);
    assert_eq!(rig.root(ListRoles {}).await.unwrap().roles[0].policies, ["viewer"]);
    let nobody = AttachPolicy { policy_name: "viewer".into(), principal: "user/nobody".into() };
    refused(rig.root(nobody).await, "NoSuchEntity");
    let nothing = AttachPolicy { policy_name: "nothing".into(), principal: "role/deck".into() };
    refused(rig.root(nothing).await, "NoSuchEntity");
}

#[tokio::test]
async fn a_policy_that_is_wrong_is_refused_with_every_line_and_column() {
    let rig = Rig::new().await;
    let text = "permit (principal, action, resource)\nwhen { resource.colour == \"red\" };\n";
    let said = refused(rig.put("wrong", text).await, "MalformedPolicyDocument");
    assert!(said.contains("line 2, column "), "{said}");
    let found = rig.root(ValidatePolicy { text: text.into() }).await.unwrap().findings;
    assert!(found.iter().any(|finding| finding.line == 2 && finding.column > 1), "{found:?}");
    let text = "permit (principal in ?principal, action, resource);";
    rig.put("Right", text).await.unwrap();
    refused(rig.put("right", text).await, "EntityAlreadyExists");
    rig.put("Right", text).await.unwrap();
    rig.root(DeletePolicy { policy_name: "Right".into() }).await.unwrap();
    refused(rig.root(DeletePolicy { policy_name: "Right".into() }).await, "NoSuchEntity");
}

#[tokio::test]
async fn a_role_is_taken_on_by_who_may_and_for_as_long_as_was_said() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    rig.make_role("deck", Some(7200)).await;
    rig.attach("viewer", "role/deck").await;
    refused(rig.assume(&anna, "deck", None).await, DENIED);
    rig.let_do_on("anna", "sts:AssumeRole", "resource == Pilothouse::Role::\"deck\"").await;
    refused(rig.assume(&anna, "mast", None).await, DENIED);
    refused(rig.assume(&anna, "deck", Some(7201)).await, "ValidationException");
    let session = rig.assume(&anna, "deck", Some(900)).await.unwrap();
    assert!(session.access_key_id.starts_with("PILS"));
    let watch = rig.signer(&session.access_key_id);
    assert_eq!(watch.person(), "user/anna");
    rig.as_one(&watch, nodes()).await.unwrap();
    refused(rig.as_one(&anna, nodes()).await, DENIED);
    let who = rig.as_one(&watch, GetCallerIdentity {}).await.unwrap();
    assert_eq!(who.arn, "arn:aws:sts::000000000000:assumed-role/deck/watch");
    assert!(who.user_id.starts_with("PROA") && who.user_id.ends_with(":watch"), "{}", who.user_id);
    rig.pass(900);
    refused(rig.as_one(&watch, nodes()).await, "UnrecognizedClientException");
}

#[tokio::test]
async fn a_session_ends_with_its_role_and_with_its_person() {
    let rig = Rig::new().await;
    let (anna, bert) = (rig.signing_user("anna").await, rig.signing_user("bert").await);
    for role in ["deck", "mast"] {
        rig.make_role(role, None).await;
    }
    rig.let_do("anna", "sts:AssumeRole").await;
    rig.let_do("bert", "sts:AssumeRole").await;
    let on_deck = rig.signer(&rig.assume(&anna, "deck", None).await.unwrap().access_key_id);
    let of_anna = rig.signer(&rig.assume(&anna, "mast", None).await.unwrap().access_key_id);
    let of_bert = rig.signer(&rig.assume(&bert, "mast", None).await.unwrap().access_key_id);
    rig.root(DeleteRole { role_name: "deck".into() }).await.unwrap();
    rig.make_role("deck", None).await;
    refused(rig.as_one(&on_deck, GetCallerIdentity {}).await, "UnrecognizedClientException");
    rig.as_one(&of_anna, GetCallerIdentity {}).await.unwrap();
    rig.root(DeleteUser { user_name: "anna".into() }).await.unwrap();
    refused(rig.as_one(&of_anna, GetCallerIdentity {}).await, "UnrecognizedClientException");
    rig.as_one(&of_bert, GetCallerIdentity {}).await.unwrap();
}

#[tokio::test]
async fn a_role_that_is_taken_on_from_a_role_lasts_an_hour_at_most() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    for role in ["deck", "mast"] {
        rig.make_role(role, Some(43_200)).await;
    }
    rig.let_do("anna", "sts:AssumeRole").await;
    let climbs = "permit (principal == Pilothouse::Role::\"deck\", action == Pilothouse::Action::\"sts:AssumeRole\", \
                  resource == Pilothouse::Role::\"mast\");";
    rig.put("climbs", climbs).await.unwrap();
    let deck = rig.signer(&rig.assume(&anna, "deck", Some(43_200)).await.unwrap().access_key_id);
    let said = refused(rig.assume(&deck, "mast", Some(3601)).await, "ValidationException");
    assert!(said.contains("role chaining"), "{said}");
    let mast = rig.signer(&rig.assume(&deck, "mast", Some(3600)).await.unwrap().access_key_id);
    assert_eq!(mast.person(), "user/anna", "the human behind it stays");
    refused(rig.assume(&mast, "deck", None).await, DENIED);
}

#[tokio::test]
async fn who_one_is_is_told_to_everybody_in_the_words_of_aws() {
    let rig = Rig::new().await;
    let root = rig.root(GetCallerIdentity {}).await.unwrap();
    assert_eq!(
        (root.user_id.as_str(), root.arn.as_str()),
        ("000000000000", "arn:aws:iam::000000000000:root")
    );
    let anna = rig.signing_user("anna").await;
    let who = rig.as_one(&anna, GetCallerIdentity {}).await.unwrap();
    assert_eq!(who.arn, "arn:aws:iam::000000000000:user/anna");
    assert!(who.user_id.starts_with("PIDA"));
    let access = rig.as_one(&anna, GetCallerAccess {}).await.unwrap();
    assert_eq!(access.principal, "user/anna");
    assert!(access.denied["ssm:SendCommand"].contains("no policy"), "{:?}", access.denied["ssm:SendCommand"]);
    rig.attach("viewer", "user/anna").await;
    let access = rig.as_one(&anna, GetCallerAccess {}).await.unwrap();
    assert!(!access.denied.contains_key("ssm:ListCommands") && access.denied.contains_key("ssm:SendCommand"));
    assert!(rig.root(GetCallerAccess {}).await.unwrap().denied.is_empty());
    refused(rig.system(GetCallerIdentity {}).await, DENIED);
}

#[tokio::test]
async fn whoever_may_change_one_end_gives_nobody_more() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    rig.make_group("admins").await;
    rig.make_group("watch").await;
    rig.attach("administrator", "group/admins").await;
    let herself = "resource == Pilothouse::User::\"anna\"";
    // Her own end, and not the group's or the policy's.
    rig.let_do_on("anna", AddUserToGroup::PERMISSION, herself).await;
    rig.let_do_on("anna", AttachPolicy::PERMISSION, herself).await;
    rig.let_do("anna", CreateUser::PERMISSION).await;
    let join = AddUserToGroup { group_name: "admins".into(), user_name: "anna".into() };
    let said = refused(rig.as_one(&anna, join).await, DENIED);
    assert!(said.contains("group/admins") && !said.contains("user/anna on"), "{said}");
    let attach = AttachPolicy { policy_name: "administrator".into(), principal: "user/anna".into() };
    let said = refused(rig.as_one(&anna, attach).await, DENIED);
    assert!(said.contains("policy/administrator"), "{said}");
    // A new user that is born into the group.
    let create =
        CreateUser { user_name: "eve".into(), groups: vec!["admins".into()], ..CreateUser::default() };
    refused(rig.as_one(&anna, create).await, DENIED);
    assert_eq!(rig.root(ListUsers {}).await.unwrap().users.len(), 1, "nothing of it stays");
    // Somebody else's key.
    rig.make_user("bert").await;
    rig.join("admins", "bert").await;
    rig.let_do_on("anna", CreateAccessKey::PERMISSION, herself).await;
    rig.let_do_on("anna", RotateAccessKey::PERMISSION, herself).await;
    refused(rig.as_one(&anna, CreateAccessKey { user_name: "bert".into() }).await, DENIED);
    let (of_bert, _) = rig.make_key("bert").await;
    let rotate = RotateAccessKey { access_key_id: of_bert, grace_seconds: None };
    refused(rig.as_one(&anna, rotate).await, DENIED);
    // A policy of one name does not let her write another.
    let own = "resource == Pilothouse::Policy::\"annas\"";
    rig.let_do_on("anna", PutPolicy::PERMISSION, own).await;
    let text = "permit (principal, action, resource);";
    let put = |name: &str, text: &str| PutPolicy {
        policy_name: name.into(),
        text: text.into(),
        comment: String::new(),
    };
    refused(rig.as_one(&anna, put("others", text)).await, DENIED);
    // Nor does it let her write one that applies to herself or to everyone, before anybody attaches it.
    refused(rig.as_one(&anna, put("annas", text)).await, DENIED);
    let hers = "permit (principal == Pilothouse::User::\"anna\", action, resource);";
    let said = refused(rig.as_one(&anna, put("annas", hers)).await, DENIED);
    assert!(said.contains("user/anna"), "{said}");
    let to_be_attached = "permit (principal in ?principal, action, resource);";
    rig.as_one(&anna, put("annas", to_be_attached)).await.unwrap();
    // Once it is attached to somebody, another text would apply at once.
    rig.attach("annas", "user/bert").await;
    let said = refused(rig.as_one(&anna, put("annas", to_be_attached)).await, DENIED);
    assert!(said.contains("user/bert"), "{said}");
    let remove = RemoveUserFromGroup { group_name: "admins".into(), user_name: "bert".into() };
    refused(rig.as_one(&anna, remove).await, DENIED);
}

#[tokio::test]
async fn who_writes_drafts_does_not_take_away_what_binds_everyone() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    let guard = "forbid (principal, action == Pilothouse::Action::\"ssm:CancelCommand\", resource);";
    rig.put("guard", guard).await.unwrap();
    rig.let_do("anna", PutPolicy::PERMISSION).await;
    let put = |name: &str| PutPolicy {
        policy_name: name.into(),
        text: "permit (principal in ?principal, action, resource);".into(),
        comment: String::new(),
    };
    let said = refused(rig.as_one(&anna, put("guard")).await, DENIED);
    assert!(said.contains("pilothouse:AttachPolicy"), "{said}");
    rig.as_one(&anna, put("draft")).await.unwrap();
    rig.as_one(&anna, put("draft")).await.unwrap();
}

#[tokio::test]
async fn who_clears_up_drafts_does_not_take_away_what_binds_somebody() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    rig.make_user("bert").await;
    let draft = "permit (principal in ?principal, action, resource);";
    let guard = "forbid (principal, action == Pilothouse::Action::\"ssm:CancelCommand\", resource);";
    let of_bert = "forbid (principal == Pilothouse::User::\"bert\", action, resource);";
    for (name, text) in [("draft", draft), ("guard", guard), ("of-bert", of_bert), ("in-use", draft)] {
        rig.put(name, text).await.unwrap();
    }
    rig.attach("in-use", "user/bert").await;
    rig.let_do("anna", DeletePolicy::PERMISSION).await;
    let delete = |name: &str| DeletePolicy { policy_name: name.into() };
    rig.as_one(&anna, delete("draft")).await.unwrap();
    for name in ["guard", "of-bert", "in-use"] {
        let said = refused(rig.as_one(&anna, delete(name)).await, DENIED);
        assert!(said.contains("pilothouse:DetachPolicy"), "{name}: {said}");
    }
    rig.let_do("anna", DetachPolicy::PERMISSION).await;
    for name in ["guard", "of-bert", "in-use"] {
        rig.as_one(&anna, delete(name)).await.unwrap();
    }
}

#[tokio::test]
async fn a_listing_shows_whom_the_caller_may_see() {
    let rig = Rig::new().await;
    let anna = rig.signing_user("anna").await;
    rig.make_user("bert").await;
    for name in ["crew", "gang"] {
        rig.make_group(name).await;
        rig.join(name, "anna").await;
    }
    rig.let_do_on("anna", ListUsers::PERMISSION, "resource == Pilothouse::User::\"anna\"").await;
    rig.let_do_on("anna", ListGroups::PERMISSION, "resource == Pilothouse::Group::\"gang\"").await;
    let users = rig.as_one(&anna, ListUsers {}).await.unwrap().users;
    assert_eq!(users.len(), 1);
    assert_eq!(
        (users[0].user_name.as_str(), &users[0].groups[..]),
        ("anna", &["crew".into(), "gang".into()][..])
    );
    let groups = rig.as_one(&anna, ListGroups {}).await.unwrap().groups;
    assert_eq!((groups.len(), groups[0].group_name.as_str()), (1, "gang"));
    assert_eq!(groups[0].members, ["anna"]);
    refused(rig.as_one(&anna, ListPolicies {}).await, DENIED);
}

#[tokio::test]
async fn why_is_answered_for_oneself_and_for_others_to_who_may_ask() {
    let rig = Rig::new().await;
    let node = rig.node("web", &[("env", "staging")]).await;
    let dark = rig.node("db", &[("env", "prod")]).await;
    let anna = rig.signing_user("anna").await;
    rig.attach("viewer-of-one-environment", "user/anna").await;
    let ask = |principal: Option<&str>| SimulateAccess {
        principal: principal.map(str::to_owned),
        action: DescribeInstanceInformation::PERMISSION.into(),
        resources: vec![format!("node/{node}"), format!("node/{dark}"), "node/mi-00000000000000000".into()],
        ..SimulateAccess::default()
    };
    let answer = rig.as_one(&anna, ask(None)).await.unwrap();
    let decisions: Vec<Decision> = answer.results.iter().map(|it| it.decision).collect();
    assert_eq!(decisions, [Decision::Allowed, Decision::NotPermitted, Decision::NotPermitted]);
    assert_eq!(answer.results[0].because[0].policy, "viewer-of-one-environment");
    assert!(answer.results[0].explanation.contains("viewer-of-one-environment"));
    assert_eq!(rig.as_one(&anna, ask(Some("user/anna"))).await.unwrap().results.len(), 3);
    assert_eq!(rig.root(ask(Some("user/anna"))).await.unwrap().results, answer.results);
    rig.make_user("bert").await;
    refused(rig.as_one(&anna, ask(Some("user/bert"))).await, DENIED);
    refused(rig.as_one(&anna, ask(Some("root"))).await, DENIED);
    refused(rig.root(ask(Some("user/nobody"))).await, "NoSuchEntity");
    let nonsense = SimulateAccess { resources: vec!["ship/1".into()], ..ask(None) };
    refused(rig.root(nonsense).await, "ValidationException");
    let nonsense = SimulateAccess { action: "ssm:Fly".into(), ..ask(None) };
    refused(rig.root(nonsense).await, "ValidationException");
}

#[tokio::test]
async fn an_ssh_key_is_registered_once_and_by_its_fingerprint() {
    let rig = Rig::new().await;
    rig.make_user("anna").await;
    rig.make_user("bert").await;
    let import = |user: &str| ImportSshPublicKey { user_name: user.into(), public_key: SSH.into() };
    let key = rig.root(import("anna")).await.unwrap().ssh_public_key;
    assert!(key.fingerprint.starts_with("SHA256:"));
    refused(rig.root(import("bert")).await, "DuplicateSSHPublicKey");
    let wrong = ImportSshPublicKey { user_name: "anna".into(), public_key: "ssh-dss AAAA".into() };
    refused(rig.root(wrong).await, "InvalidPublicKey");
    let anna = &rig.root(ListUsers {}).await.unwrap().users[0];
    assert_eq!(anna.ssh_public_keys, [key]);
}

#[tokio::test]
async fn a_user_is_in_ten_groups_at_most() {
    let rig = Rig::new().await;
    rig.make_user("anna").await;
    for number in 0..10 {
        rig.make_group(&format!("g{number}")).await;
        rig.join(&format!("g{number}"), "anna").await;
    }
    rig.make_group("more").await;
    let join = |group: &str| AddUserToGroup { group_name: group.into(), user_name: "anna".into() };
    refused(rig.root(join("more")).await, "LimitExceeded");
    rig.root(join("g3")).await.unwrap();
    assert_eq!(rig.root(ListUsers {}).await.unwrap().users[0].groups.len(), 10);
}
