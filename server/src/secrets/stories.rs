//! Stories of what is sealed.

use std::fs;
use std::sync::Arc;

use pilothouse_protocol::Millis;
use pilothouse_store::Store;
use pilothouse_store::secrets::{SealedItem, put};

use super::*;
use crate::rig::counting_dice;

const OLD: &str = "old:0101010101010101010101010101010101010101010101010101010101010101";
const NEW: &str = "new:0202020202020202020202020202020202020202020202020202020202020202";
const PLAIN: &[u8] = b"canary-5f0c";

fn given(text: &str) -> Secrets {
    let dice = counting_dice();
    Secrets::new(Arc::new(LocalMasterKeys::given(MasterKeyring::parse(text).unwrap(), dice.clone())), dice)
}

#[tokio::test]
async fn what_is_sealed_opens_under_its_own_name_alone() {
    let secrets = Secrets::for_tests();
    let sealed = secrets.seal("access-key/A", PLAIN).await.unwrap();
    assert_eq!(*secrets.open("access-key/A", &sealed).await.unwrap(), PLAIN);
    let error = secrets.open("access-key/B", &sealed).await.unwrap_err();
    assert!(matches!(error, SecretsError::Refused { .. }), "{error}");
    assert!(!sealed.windows(PLAIN.len()).any(|part| part == PLAIN));
    assert_eq!(*secrets.open("empty", &secrets.seal("empty", b"").await.unwrap()).await.unwrap(), b"");
}

#[tokio::test]
async fn no_bit_and_no_end_of_what_is_sealed_can_be_changed() {
    let secrets = Secrets::for_tests();
    let sealed = secrets.seal("it", PLAIN).await.unwrap();
    for i in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[i] ^= 1;
        assert!(secrets.open("it", &changed).await.is_err(), "byte {i}");
        assert!(secrets.open("it", &sealed[..i]).await.is_err(), "cut at {i}");
    }
    assert!(secrets.open("it", &[sealed.as_slice(), b"more"].concat()).await.is_err());
}

#[tokio::test]
async fn a_key_that_is_not_here_is_named() {
    let sealed = given(OLD).seal("tls/ca", PLAIN).await.unwrap();
    assert_eq!(key_id_of("tls/ca", &sealed).unwrap().as_str(), "old");
    let error = given(NEW).open("tls/ca", &sealed).await.unwrap_err().to_string();
    assert!(error.contains("tls/ca") && error.contains("key old"), "{error}");
    // A key of the same name that is another one.
    let other = OLD.replace("01", "03");
    let error = given(&other).open("tls/ca", &sealed).await.unwrap_err();
    assert!(matches!(error, SecretsError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn an_item_is_rewrapped_without_being_sealed_anew() {
    let sealed = given(OLD).seal("it", PLAIN).await.unwrap();
    let both = given(&format!("{NEW},{OLD}"));
    let rewrapped = both.rewrap("it", &sealed).await.unwrap().unwrap();
    assert!(rewrapped.ends_with(&sealed[sealed.len() - PLAIN.len() - 16..]));
    assert_eq!(*given(NEW).open("it", &rewrapped).await.unwrap(), PLAIN);
    assert_eq!(both.rewrap("it", &rewrapped).await.unwrap(), None);
    assert!(both.rewrap("another", &sealed).await.is_err());
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let error = Secrets::for_tests().seal("it", &vec![0; MOST + 1]).await.unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
}

#[tokio::test]
async fn keys_and_secrets_are_never_shown() {
    let ring = MasterKeyring::parse(OLD).unwrap();
    let secrets = given(OLD);
    let wrapped = secrets.fresh_key("it").await.unwrap().1;
    let shown = format!("{ring:?} {secrets:?} {wrapped:?} {:?}", ring.active());
    assert!(shown.contains("old") && !shown.contains("0101"), "{shown}");
    let wrong = MasterKeyring::parse("old:0101010101").unwrap_err();
    assert!(!format!("{wrong} {wrong:?}").contains("0101"), "{wrong}");
}

#[test]
fn keys_are_written_one_a_line_or_separated_by_commas() {
    let ring = MasterKeyring::parse(&format!("# a comment\n\n {NEW} \r\n{OLD}\n")).unwrap();
    assert_eq!(ring, MasterKeyring::parse(&format!("{NEW},{OLD}")).unwrap());
    assert_eq!(ring.active().id().as_str(), "new");
    let twice = MasterKeyring::parse(&format!("{OLD}\n{OLD}")).unwrap_err();
    assert!(twice.to_string().contains("named old"), "{twice}");
    assert_eq!(MasterKeyring::parse("# nothing"), Err(KeyringError::Empty));
    assert_eq!(MasterKeyring::parse("abc"), Err(KeyringError::Line));
    assert_eq!(MasterKeyring::parse("a b:00"), Err(KeyringError::Id));
}

#[tokio::test]
async fn the_first_start_makes_a_file_for_the_owner_alone_and_the_next_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("sqlite::memory:").await.unwrap();
    let dice = counting_dice();
    let now = Millis(1_700_000_000_000);
    let secrets = Secrets::of_server(dir.path(), None, &store, &dice, now).await.unwrap();
    let file = dir.path().join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# Master keys") && text.contains("mk-20231114-"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let sealed = secrets.seal("it", PLAIN).await.unwrap();
    let again = Secrets::of_server(dir.path(), None, &store, &dice, now).await.unwrap();
    assert_eq!(*again.open("it", &sealed).await.unwrap(), PLAIN);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_read_is_refused_and_says_how_to_mend_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let file = KeyFile::of(dir.path());
    file.write(&MasterKeyring::parse(OLD).unwrap()).unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = file.read().unwrap_err().to_string();
    assert!(error.contains("0640") && error.contains("chmod 600"), "{error}");
}

#[test]
fn keys_that_could_not_be_read_again_are_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (file, ring) = (KeyFile::of(dir.path()), MasterKeyring::parse(OLD).unwrap());
    file.write(&ring).unwrap();
    let twice = ring.clone().with_active(ring.active().clone());
    assert!(matches!(file.write(&twice), Err(KeyFileError::Malformed { .. })));
    assert_eq!(file.read().unwrap(), ring);
}

#[tokio::test]
async fn keys_that_something_is_sealed_under_are_never_replaced_by_new_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("sqlite::memory:").await.unwrap();
    let sealed = given(OLD).seal("it", PLAIN).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let item = SealedItem { name: "it".into(), sealed, key_id: "old".into(), updated_at: Millis(1) };
    put(&mut tx, &item).await.unwrap();
    tx.commit().await.unwrap();
    let open = async |given| Secrets::of_server(dir.path(), given, &store, &counting_dice(), Millis(1)).await;
    let error = open(None).await.unwrap_err();
    assert!(matches!(error, OpenError::Lost { count: 1, .. }), "{error}");
    assert!(error.to_string().contains("master.key"), "{error}");
    assert!(!dir.path().join(FILE).exists());
    let error = open(Some(MasterKeyring::parse(NEW).unwrap())).await.unwrap_err().to_string();
    assert!(error.contains("master key old"), "{error}");
    let both = MasterKeyring::parse(&format!("{NEW},{OLD}")).unwrap();
    assert_eq!(*open(Some(both)).await.unwrap().open("it", &item.sealed).await.unwrap(), PLAIN);
    assert!(!dir.path().join(FILE).exists());
}

#[tokio::test]
async fn keys_that_another_process_changes_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = KeyFile::of(dir.path());
    let (old, new) = (MasterKeyring::parse(OLD).unwrap(), MasterKeyring::parse(NEW).unwrap());
    file.write(&old).unwrap();
    let dice = counting_dice();
    let keys = LocalMasterKeys::in_file(file.clone(), dice.clone()).unwrap();
    let serving = Secrets::new(Arc::new(keys), dice);
    let before = serving.seal("it", PLAIN).await.unwrap();
    file.write(&old.clone().with_active(new.active().clone())).unwrap();
    // Met in a row that the other process wrote already.
    let elsewhere = given(NEW).seal("it", PLAIN).await.unwrap();
    assert_eq!(*serving.open("it", &elsewhere).await.unwrap(), PLAIN);
    let after = serving.seal("it", PLAIN).await.unwrap();
    assert_eq!(key_id_of("it", &after).unwrap().as_str(), "new");
    assert_eq!(*serving.open("it", &before).await.unwrap(), PLAIN);
    // A retired key opens nothing any more once something else was sealed.
    file.write(&new).unwrap();
    serving.seal("it", PLAIN).await.unwrap();
    assert!(matches!(serving.open("it", &before).await, Err(SecretsError::UnknownKey { .. })));
    fs::remove_file(file.path()).unwrap();
    assert!(matches!(serving.seal("it", PLAIN).await, Err(SecretsError::Keys(KeyFileError::Missing(_)))));
}
