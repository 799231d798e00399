//! Users, groups, roles, keys, policies.

use pilothouse_api::access::KeyStatus;
use pilothouse_protocol::Millis;
use pilothouse_store::policies::{self, Attachment, PolicyRecord};
use pilothouse_store::principals::groups::{self, GroupRecord, Membership};
use pilothouse_store::principals::keys::{self, Holder, KeyRecord, LastUse};
use pilothouse_store::principals::roles::{self, RoleRecord};
use pilothouse_store::principals::ssh_keys::{self, SshKeyRecord};
use pilothouse_store::principals::users::{self, UserRecord};
use pilothouse_store::versions::{self, Part, Versions};

use crate::fixtures::HOSTILE;
use crate::place::{Place, stories};

stories! {
    principals_read_back_as_they_were_written
    keys_of_users_and_of_sessions_are_told_apart
    what_has_a_limit_is_counted
    a_name_is_taken_whatever_its_case_and_found_as_it_is_written
    names_are_listed_in_order_of_their_bytes
    a_user_goes_with_everything_that_it_had
    a_role_goes_with_its_sessions
    a_group_goes_and_its_users_stay
    a_key_is_switched_and_its_last_use_never_goes_back
    sessions_that_ended_are_swept_and_keys_of_users_are_not
    an_ssh_key_belongs_to_one_user
    a_policy_is_saved_in_its_own_place_and_no_other
    every_change_counts_once_it_is_committed
    what_is_counted_stays_so_while_many_try_at_once
}

fn user(name: &str) -> UserRecord {
    UserRecord {
        name: name.to_owned(),
        user_id: format!("id of {name}"),
        comment: HOSTILE.to_owned(),
        created_at: Millis(5),
        created_by: "root".to_owned(),
    }
}

fn group(name: &str) -> GroupRecord {
    GroupRecord { name: name.to_owned(), comment: HOSTILE.to_owned(), created_at: Millis(6) }
}

fn role(name: &str) -> RoleRecord {
    RoleRecord {
        name: name.to_owned(),
        role_id: format!("id of {name}"),
        comment: HOSTILE.to_owned(),
        created_at: Millis(7),
        max_session_seconds: 3600,
    }
}

fn key(id: &str, holder: Holder) -> KeyRecord {
    KeyRecord {
        access_key_id: id.to_owned(),
        holder,
        sealed: vec![0, 255, 7],
        key_id: "master-1".to_owned(),
        status: KeyStatus::Active,
        created_at: Millis(8),
        expires_at: None,
        last_use: None,
    }
}

fn key_of(user: &str, id: &str) -> KeyRecord {
    key(id, Holder::User(user.to_owned()))
}

fn session(role: &str, person: &str, id: &str) -> KeyRecord {
    let holder = Holder::Session {
        role: role.to_owned(),
        session: HOSTILE.to_owned(),
        person: person.to_owned(),
        token_hash: "ab".repeat(32),
    };
    KeyRecord { expires_at: Some(Millis(100)), ..key(id, holder) }
}

fn policy(name: &str, text: &str) -> PolicyRecord {
    PolicyRecord {
        name: name.to_owned(),
        text: text.to_owned(),
        comment: HOSTILE.to_owned(),
        updated_at: Millis(9),
        updated_by: "user/anna".to_owned(),
    }
}

/// One of each: anna in the crew, with a key and a session on deck, and a policy.
async fn manned(place: &Place) {
    place
        .write(async |tx| {
            users::insert(tx, &user("anna")).await?;
            groups::insert(tx, &group("crew")).await?;
            roles::insert(tx, &role("deck")).await?;
            keys::insert(tx, &key_of("anna", "K1")).await?;
            keys::insert(tx, &session("deck", "user/anna", "S1")).await?;
            policies::put(tx, &policy("p", HOSTILE)).await?;
            groups::add_member(tx, "crew", "anna").await?;
            assert!(!groups::add_member(tx, "crew", "anna").await?, "it is in it already");
            Ok(())
        })
        .await;
}

async fn principals_read_back_as_they_were_written(place: Place) {
    manned(&place).await;
    let tx = &mut place.read().await;
    assert_eq!(users::get(tx, "anna").await.unwrap(), Some(user("anna")));
    assert_eq!(groups::get(tx, "crew").await.unwrap(), Some(group("crew")));
    assert_eq!(roles::get(tx, "deck").await.unwrap(), Some(role("deck")));
    assert_eq!(policies::get(tx, "p").await.unwrap(), Some(policy("p", HOSTILE)));
    let crew = Membership { group: "crew".to_owned(), user: "anna".to_owned() };
    assert_eq!(groups::memberships(tx).await.unwrap(), [crew]);
}

async fn keys_of_users_and_of_sessions_are_told_apart(place: Place) {
    manned(&place).await;
    let tx = &mut place.read().await;
    assert_eq!(keys::get(tx, "K1").await.unwrap(), Some(key_of("anna", "K1")));
    assert_eq!(keys::get(tx, "S1").await.unwrap(), Some(session("deck", "user/anna", "S1")));
    assert_eq!(keys::of_user(tx, "anna").await.unwrap(), [key_of("anna", "K1")]);
    assert_eq!(keys::of_users(tx).await.unwrap(), [key_of("anna", "K1")]);
    assert_eq!(keys::list(tx).await.unwrap().len(), 2);
}

async fn what_has_a_limit_is_counted(place: Place) {
    manned(&place).await;
    let tx = &mut place.read().await;
    let principals = [
        users::count(tx).await.unwrap(),
        groups::count(tx).await.unwrap(),
        groups::count_of(tx, "anna").await.unwrap(),
        roles::count(tx).await.unwrap(),
        policies::count(tx).await.unwrap(),
    ];
    assert_eq!(principals, [1; 5]);
    let mut sessions = Vec::new();
    for (person, now) in [(None, 99), (Some("user/anna"), 99), (Some("root"), 99), (None, 100)] {
        sessions.push(keys::live_sessions(tx, person, Millis(now)).await.unwrap());
    }
    assert_eq!(sessions, [1, 1, 0, 0], "it ends at 100");
}

async fn a_name_is_taken_whatever_its_case_and_found_as_it_is_written(place: Place) {
    place
        .write(async |tx| {
            assert!(users::insert(tx, &user("Anna")).await?);
            assert!(!users::insert(tx, &user("aNNa")).await?);
            assert!(groups::insert(tx, &group("Crew")).await?);
            assert!(!groups::insert(tx, &group("crew")).await?);
            assert!(roles::insert(tx, &role("Deck")).await?);
            assert!(!roles::insert(tx, &role("deck")).await?);
            Ok(())
        })
        .await;
    let tx = &mut place.read().await;
    assert_eq!(users::get(tx, "anna").await.unwrap(), None);
    assert_eq!(users::list(tx).await.unwrap(), [user("Anna")]);
}

async fn names_are_listed_in_order_of_their_bytes(place: Place) {
    let names = ["-x", "Zoe", "_x", "a+b", "ab", "b"];
    place
        .write(async |tx| {
            for name in names.iter().rev() {
                users::insert(tx, &user(name)).await?;
                groups::insert(tx, &group(name)).await?;
                roles::insert(tx, &role(name)).await?;
                policies::put(tx, &policy(name, "x")).await?;
            }
            Ok(())
        })
        .await;
    let tx = &mut place.read().await;
    assert_eq!(users::list(tx).await.unwrap().into_iter().map(|it| it.name).collect::<Vec<_>>(), names);
    assert_eq!(groups::list(tx).await.unwrap().into_iter().map(|it| it.name).collect::<Vec<_>>(), names);
    assert_eq!(roles::list(tx).await.unwrap().into_iter().map(|it| it.name).collect::<Vec<_>>(), names);
    assert_eq!(policies::list(tx).await.unwrap().into_iter().map(|it| it.name).collect::<Vec<_>>(), names);
}

async fn a_user_goes_with_everything_that_it_had(place: Place) {
    place
        .write(async |tx| {
            for name in ["anna", "bert"] {
                users::insert(tx, &user(name)).await?;
                groups::add_member(tx, "crew", name).await?;
                keys::insert(tx, &key_of(name, &format!("key of {name}"))).await?;
                keys::insert(tx, &session("deck", &format!("user/{name}"), &format!("session of {name}")))
                    .await?;
                policies::attach(tx, "p", &format!("user/{name}")).await?;
                ssh_keys::insert(tx, &ssh_key(name, name)).await?;
            }
            Ok(())
        })
        .await;
    assert!(place.write(async |tx| users::delete(tx, "anna").await).await);
    assert!(!place.write(async |tx| users::delete(tx, "anna").await).await);
    let tx = &mut place.read().await;
    assert_eq!(users::list(tx).await.unwrap(), [user("bert")]);
    assert_eq!(groups::memberships(tx).await.unwrap().len(), 1);
    let left: Vec<_> = keys::list(tx).await.unwrap().into_iter().map(|it| it.access_key_id).collect();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|id| id.ends_with("bert")), "{left:?}");
    assert_eq!(ssh_keys::list(tx).await.unwrap(), [ssh_key("bert", "bert")]);
    let bert = Attachment { policy: "p".to_owned(), principal: "user/bert".to_owned() };
    assert_eq!(policies::attachments(tx).await.unwrap(), [bert]);
}

async fn a_role_goes_with_its_sessions(place: Place) {
    place
        .write(async |tx| {
            for name in ["deck", "mast"] {
                roles::insert(tx, &role(name)).await?;
                keys::insert(tx, &session(name, "root", name)).await?;
                policies::attach(tx, "p", &format!("role/{name}")).await?;
            }
            roles::delete(tx, "deck").await
        })
        .await;
    let tx = &mut place.read().await;
    assert_eq!(roles::list(tx).await.unwrap(), [role("mast")]);
    assert_eq!(keys::list(tx).await.unwrap(), [session("mast", "root", "mast")]);
    assert_eq!(policies::attachments(tx).await.unwrap().len(), 1);
}

async fn a_group_goes_and_its_users_stay(place: Place) {
    place
        .write(async |tx| {
            users::insert(tx, &user("anna")).await?;
            for name in ["crew", "gang"] {
                groups::insert(tx, &group(name)).await?;
                groups::add_member(tx, name, "anna").await?;
            }
            policies::attach(tx, "p", "group/crew").await?;
            assert!(groups::remove_member(tx, "gang", "anna").await?);
            assert!(!groups::remove_member(tx, "gang", "anna").await?);
            groups::delete(tx, "crew").await
        })
        .await;
    let tx = &mut place.read().await;
    assert_eq!(groups::list(tx).await.unwrap(), [group("gang")]);
    assert_eq!(groups::memberships(tx).await.unwrap(), []);
    assert_eq!(policies::attachments(tx).await.unwrap(), []);
    assert_eq!(users::list(tx).await.unwrap(), [user("anna")]);
}

async fn a_key_is_switched_and_its_last_use_never_goes_back(place: Place) {
    let used = |at| LastUse { at: Millis(at), from: "::1".to_owned(), what: "ssm:SendCommand".to_owned() };
    place
        .write(async |tx| {
            keys::insert(tx, &key_of("anna", "K1")).await?;
            assert!(keys::set_status(tx, "K1", KeyStatus::Inactive, Some(Millis(77))).await?);
            assert!(!keys::set_status(tx, "K2", KeyStatus::Inactive, None).await?);
            keys::used(tx, "K1", &used(50)).await?;
            keys::used(tx, "K1", &used(40)).await
        })
        .await;
    let read = keys::get(&mut place.read().await, "K1").await.unwrap().unwrap();
    assert_eq!((read.status, read.expires_at), (KeyStatus::Inactive, Some(Millis(77))));
    assert_eq!(read.last_use, Some(used(50)));
    assert!(place.write(async |tx| keys::delete(tx, "K1").await).await);
    assert!(!place.write(async |tx| keys::delete(tx, "K1").await).await);
}

async fn sessions_that_ended_are_swept_and_keys_of_users_are_not(place: Place) {
    let swept = place
        .write(async |tx| {
            let old = KeyRecord { expires_at: Some(Millis(10)), ..key_of("anna", "K1") };
            keys::insert(tx, &old).await?;
            keys::insert(tx, &session("deck", "root", "S1")).await?;
            let late = KeyRecord { expires_at: Some(Millis(200)), ..session("deck", "root", "S2") };
            keys::insert(tx, &late).await?;
            keys::sweep_sessions(tx, Millis(150)).await
        })
        .await;
    assert_eq!(swept, 1);
    let tx = &mut place.read().await;
    let mut left: Vec<_> = keys::list(tx).await.unwrap().into_iter().map(|it| it.access_key_id).collect();
    left.sort();
    assert_eq!(left, ["K1", "S2"]);
}

fn ssh_key(user: &str, fingerprint: &str) -> SshKeyRecord {
    SshKeyRecord {
        fingerprint: fingerprint.to_owned(),
        user: user.to_owned(),
        public_key: "ssh-ed25519 AAAA".to_owned(),
        created_at: Millis(3),
    }
}

async fn an_ssh_key_belongs_to_one_user(place: Place) {
    place
        .write(async |tx| {
            assert!(ssh_keys::insert(tx, &ssh_key("anna", "f1")).await?);
            assert!(!ssh_keys::insert(tx, &ssh_key("bert", "f1")).await?);
            assert!(!ssh_keys::delete(tx, "bert", "f1").await?);
            Ok(())
        })
        .await;
    assert_eq!(ssh_keys::of_user(&mut place.read().await, "anna").await.unwrap(), [ssh_key("anna", "f1")]);
    assert!(place.write(async |tx| ssh_keys::delete(tx, "anna", "f1").await).await);
    assert_eq!(ssh_keys::list(&mut place.read().await).await.unwrap(), []);
}

async fn a_policy_is_saved_in_its_own_place_and_no_other(place: Place) {
    place
        .write(async |tx| {
            assert!(policies::put(tx, &policy("Look", "one")).await?);
            assert!(policies::put(tx, &policy("Look", "two")).await?);
            assert!(!policies::put(tx, &policy("look", "three")).await?);
            assert!(policies::attach(tx, "Look", "group/crew").await?);
            assert!(!policies::attach(tx, "Look", "group/crew").await?);
            assert!(policies::attach(tx, "Look", "user/anna").await?);
            assert!(policies::detach(tx, "Look", "user/anna").await?);
            assert!(!policies::detach(tx, "Look", "user/anna").await?);
            Ok(())
        })
        .await;
    assert_eq!(policies::list(&mut place.read().await).await.unwrap(), [policy("Look", "two")]);
    assert!(place.write(async |tx| policies::delete(tx, "Look").await).await);
    let tx = &mut place.read().await;
    assert_eq!(
        (policies::list(tx).await.unwrap(), policies::attachments(tx).await.unwrap()),
        (vec![], vec![])
    );
}

async fn counted(place: &Place) -> Versions {
    versions::get(&mut place.read().await).await.unwrap()
}

async fn every_change_counts_once_it_is_committed(place: Place) {
    let mut dropped = place.store.write().await.unwrap();
    users::insert(&mut dropped, &user("anna")).await.unwrap();
    drop(dropped);
    assert_eq!(counted(&place).await, Versions::default());
    place.write(async |tx| users::insert(tx, &user("anna")).await).await;
    let one = counted(&place).await;
    assert_eq!(one, Versions { principals: one.principals, ..Versions::default() });
    place.write(async |tx| keys::insert(tx, &key_of("anna", "K1")).await).await;
    let two = counted(&place).await;
    assert_eq!(two, Versions { keys: two.keys, ..one });
    place.write(async |tx| policies::attach(tx, "p", "user/anna").await).await;
    let three = counted(&place).await;
    assert_eq!(three, Versions { policies: three.policies, ..two });
    place.write(async |tx| users::delete(tx, "anna").await).await;
    let four = counted(&place).await;
    let grew = [four.policies > three.policies, four.keys > two.keys, four.principals > one.principals];
    assert_eq!(grew, [true; 3], "{four:?}");
    let tx = &mut place.read().await;
    assert_eq!(tx.latest_revision("").await.unwrap(), 3, "a key alone changes nothing that anybody may do");
}

async fn what_is_counted_stays_so_while_many_try_at_once(place: Place) {
    let tries = (0..8).map(|number| {
        let store = place.store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await.unwrap();
            versions::hold(&mut tx, Part::Keys).await.unwrap();
            if keys::of_user(&mut tx, "anna").await.unwrap().len() < 2 {
                keys::insert(&mut tx, &key_of("anna", &format!("K{number}"))).await.unwrap();
            }
            tx.commit().await.unwrap();
        })
    });
    for it in tries.collect::<Vec<_>>() {
        it.await.unwrap();
    }
    assert_eq!(keys::of_user(&mut place.read().await, "anna").await.unwrap().len(), 2);
}
