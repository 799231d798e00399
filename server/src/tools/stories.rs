//! Stories of master keys that are rotated and retired, and of what doctor sees, told on a database without a server.

use std::fs;
use std::path::PathBuf;

use pilothouse_protocol::Millis;
use pilothouse_store::secrets::{SealedItem, get, key_ids, put};
use pilothouse_store::{Store, audit as trail};

use super::keys::{KeysError, Verb};
use super::*;
use crate::audit::{ChainKey, verify};
use crate::rig::{HandClock, counting_dice};
use crate::secrets::{KeyFile, MasterKeyring, Secrets, key_id_of};

const OLD: &str = "mk-old:0101010101010101010101010101010101010101010101010101010101010101";
const NEW: &str = "mk-new:0202020202020202020202020202020202020202020202020202020202020202";

struct Yard {
    _dir: tempfile::TempDir,
    settings: Settings,
    store: Store,
    dice: Dice,
}

impl Yard {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700).create(&data).unwrap();
        let settings = Settings::local(data);
        let store = Store::open(&settings.database_url()).await.unwrap();
        let yard = Self { _dir: dir, settings, store, dice: counting_dice() };
        yard.file().write(&MasterKeyring::parse(OLD).unwrap()).unwrap();
        yard
    }

    fn file(&self) -> KeyFile {
        KeyFile::of(&self.settings.data_dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.settings.data_dir.join(name)
    }

    /// What the server does.
    async fn seal(&self, secrets: &Secrets, name: &str) {
        let sealed = secrets.seal(name, name.as_bytes()).await.unwrap();
        let key_id = key_id_of(name, &sealed).unwrap().to_string();
        let item = SealedItem { name: name.to_owned(), sealed, key_id, updated_at: Millis(1) };
        let mut tx = self.store.write().await.unwrap();
        put(&mut tx, &item).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn open(&self, secrets: &Secrets, name: &str) -> Vec<u8> {
        let item = get(&mut self.store.read().await.unwrap(), name).await.unwrap().unwrap();
        secrets.open(name, &item.sealed).await.unwrap().to_vec()
    }

    fn secrets(&self) -> Secrets {
        Secrets::attached(&self.settings.data_dir, self.settings.master_keys.clone(), &counting_dice())
            .unwrap()
    }

    async fn counts(&self) -> Vec<(String, i64)> {
        key_ids(&mut self.store.read().await.unwrap()).await.unwrap().into_iter().collect()
    }

    async fn run(&self, tool: Tool) -> (Result<Outcome, ToolError>, String) {
        let mut out = Vec::new();
        let clock = HandClock::at(Millis(1_800_000_000_000));
        let mut bench = Bench { settings: &self.settings, clock: &clock, dice: &self.dice, out: &mut out };
        let done = tool.run(&mut bench).await;
        (done, String::from_utf8(out).unwrap())
    }

    async fn keys(&self, verb: Verb) -> (Result<Outcome, ToolError>, String) {
        self.run(Tool::Keys(verb)).await
    }
}

fn retire(id: &str) -> Verb {
    Verb::Retire { id: id.to_owned() }
}

#[tokio::test]
async fn keys_are_rotated_under_a_server_that_goes_on_sealing() {
    let yard = Yard::new().await;
    let serving = yard.secrets();
    for number in 0..120 {
        yard.seal(&serving, &format!("item/{number:03}")).await;
    }
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    let fresh = yard.file().read().unwrap().active().id().to_string();
    assert!(fresh.starts_with("mk-20270115-"), "{fresh}");
    assert!(said.contains("120 re-wrapped, 0 under other keys"), "{said}");
    assert!(said.contains("keys retire mk-old"), "{said}");
    assert_eq!(yard.counts().await, [(fresh.clone(), 120)]);
    // The server meets the new key in a row, and seals under it.
    assert_eq!(yard.open(&serving, "item/007").await, b"item/007");
    yard.seal(&serving, "later").await;
    assert_eq!(yard.counts().await, [(fresh.clone(), 121)]);
    let (done, said) = yard.keys(retire("mk-old")).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    assert_eq!(yard.file().read().unwrap().ids().map(ToString::to_string).collect::<Vec<_>>(), [fresh]);
    assert_eq!(yard.open(&yard.secrets(), "item/119").await, b"item/119");
}

#[tokio::test]
async fn a_named_key_is_added_rotated_and_retired_apart_from_the_servers_own() {
    let yard = Yard::new().await;
    let serving = yard.secrets();
    yard.seal(&serving, "own").await;
    let refused = async |verb| yard.keys(verb).await.0.unwrap_err().to_string();
    let add = |alias: &str| Verb::Add { alias: alias.to_owned() };
    for alias in ["payments", "alias/", "alias/aws/ssm", "alias/a b"] {
        assert!(refused(add(alias)).await.contains("cannot be the name of a key"), "{alias}");
    }
    let (done, said) = yard.keys(add("alias/payments")).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    assert!(refused(add("alias/payments")).await.contains("already"));
    // The server sees it at once, and seals under it what is to be there.
    let put_under = async |name: &str| {
        let sealed = serving.seal_under(Some("alias/payments"), name, name.as_bytes()).await.unwrap();
        let key_id = key_id_of(name, &sealed).unwrap().to_string();
        let item = SealedItem { name: name.to_owned(), sealed, key_id, updated_at: Millis(1) };
        let mut tx = yard.store.write().await.unwrap();
        put(&mut tx, &item).await.unwrap();
        tx.commit().await.unwrap();
    };
    put_under("pay").await;
    let keys = async || yard.counts().await.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let [first, own] = keys().await.try_into().unwrap();
    assert!(first.starts_with("alias/payments/mk-2027") && own == "mk-old", "{first} {own}");
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    assert_eq!(keys().await[0], first, "the server's own key is another matter");
    assert!(refused(Verb::Rotate { key: Some("alias/none".into()) }).await.contains("keys add alias/none"));
    let (done, said) = yard.keys(Verb::Rotate { key: Some("alias/payments".into()) }).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    let second = keys().await[0].clone();
    assert!(second.starts_with("alias/payments/mk-") && second != first, "{second}");
    assert!(refused(retire(&second)).await.contains("rotate first"));
    yard.keys(retire(&first)).await.0.unwrap();
    assert_eq!(yard.open(&serving, "pay").await, b"pay");
    assert_eq!(yard.open(&serving, "own").await, b"own");
    let (_, said) = yard.keys(Verb::List).await;
    assert!(said.contains(&format!("{second}  1 secrets  active, alias/payments")), "{said}");
    assert!(refused(retire(&second)).await.contains("still sealed"));
}

#[tokio::test]
async fn a_rotation_that_stopped_goes_on_under_the_same_key() {
    let yard = Yard::new().await;
    yard.seal(&yard.secrets(), "before").await;
    let both = MasterKeyring::parse(&format!("{NEW}\n{OLD}")).unwrap();
    yard.file().write(&both).unwrap();
    yard.seal(&yard.secrets(), "after").await;
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    assert!(said.contains("mk-new is the active master key, 1 secrets are under others"), "{said}");
    assert_eq!(yard.counts().await, [("mk-new".to_owned(), 2)]);
    assert_eq!(yard.file().read().unwrap(), both);
}

#[tokio::test]
async fn a_key_that_something_is_under_is_not_retired() {
    let yard = Yard::new().await;
    yard.seal(&yard.secrets(), "it").await;
    yard.file().write(&MasterKeyring::parse(&format!("{NEW}\n{OLD}")).unwrap()).unwrap();
    let refused = async |verb| yard.keys(verb).await.0.unwrap_err();
    let error = refused(retire("mk-old")).await;
    assert!(matches!(error, ToolError::Keys(KeysError::InUse { count: 1, .. })), "{error}");
    assert!(matches!(refused(retire("mk-new")).await, ToolError::Keys(KeysError::Active(_))));
    assert!(matches!(refused(retire("mk-none")).await, ToolError::Keys(KeysError::Unknown(_))));
    assert_eq!(yard.file().read().unwrap().ids().count(), 2);
    let (_, said) = yard.keys(Verb::List).await;
    assert!(said.contains("mk-new  0 secrets  active") && said.contains("mk-old  1 secrets"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_and_keeps_nothing_else_back() {
    let yard = Yard::new().await;
    let secrets = yard.secrets();
    for name in ["a", "b", "c"] {
        yard.seal(&secrets, name).await;
    }
    let moved = get(&mut yard.store.read().await.unwrap(), "a").await.unwrap().unwrap();
    let mut tx = yard.store.write().await.unwrap();
    put(&mut tx, &SealedItem { name: "b".to_owned(), ..moved }).await.unwrap();
    tx.commit().await.unwrap();
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::NotWell);
    assert!(said.contains("not re-wrapped: b does not open") && said.contains("1 secrets remain"), "{said}");
    let fresh = yard.secrets().active().to_string();
    assert_eq!(yard.counts().await, [(fresh, 2), ("mk-old".to_owned(), 1)]);
    // Nor does it stand in the way of the next rotation.
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::NotWell);
    assert!(said.contains("is the new active master key"), "{said}");
    let fresh = yard.secrets().active().to_string();
    assert_eq!(yard.counts().await, [(fresh, 2), ("mk-old".to_owned(), 1)]);
}

#[tokio::test]
async fn keys_of_the_environment_are_rotated_there() {
    let mut yard = Yard::new().await;
    yard.seal(&yard.secrets(), "it").await;
    fs::remove_file(yard.path("master.key")).unwrap();
    yard.settings.master_keys = Some(MasterKeyring::parse(&format!("{NEW},{OLD}")).unwrap());
    let (done, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    assert_eq!(yard.counts().await, [("mk-new".to_owned(), 1)]);
    assert!(!yard.path("master.key").exists());
    let (_, said) = yard.keys(Verb::Rotate { key: None }).await;
    assert!(said.contains("put a new key first in PILOTHOUSE_MASTER_KEY"), "{said}");
}

#[tokio::test]
async fn what_is_done_to_master_keys_is_in_the_trail() {
    let yard = Yard::new().await;
    ChainKey::open(&yard.store, &yard.secrets(), &yard.dice, Millis(1)).await.unwrap();
    yard.keys(Verb::Rotate { key: None }).await.0.unwrap();
    yard.keys(retire("mk-old")).await.0.unwrap();
    let rows = trail::following(&mut yard.store.read().await.unwrap(), 0, 100).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.who.as_str(), row.operation.as_str())).collect();
    assert_eq!(told, [("system", "RotateMasterKey"), ("system", "RetireMasterKey")]);
    let record: serde_json::Value = serde_json::from_str(&rows[1].record).unwrap();
    assert_eq!(record["eventSource"], "pilothouse");
    assert_eq!(record["requestParameters"]["keyId"], "mk-old");
    assert!(record["additionalEventData"]["systemUser"].as_str().is_some_and(|user| !user.is_empty()));
    assert_eq!(verify(&yard.store, &yard.secrets(), &[]).await.unwrap().unwrap().records, 2);
}

#[tokio::test]
async fn doctor_is_content_with_a_server_that_is_well() {
    let yard = Yard::new().await;
    yard.seal(&yard.secrets(), "it").await;
    let (done, said) = yard.run(Tool::Doctor).await;
    assert_eq!(done.unwrap(), Outcome::Well, "{said}");
    for seen in ["mk-old is active", "quick check passed", "(1 tried)", "plain HTTP, on this machine alone"] {
        assert!(said.contains(seen), "{seen}: {said}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn doctor_says_how_to_mend_what_is_not_well() {
    use std::os::unix::fs::PermissionsExt as _;
    let yard = Yard::new().await;
    yard.seal(&yard.secrets(), "it").await;
    let ill = async |what: &str, mend: &str| {
        let (done, said) = yard.run(Tool::Doctor).await;
        assert_eq!(done.unwrap(), Outcome::NotWell, "{said}");
        let words: Vec<&str> = said.split_whitespace().collect();
        let told = words.join(" ");
        assert!(told.contains(what) && told.contains(mend), "{what}, {mend}: {said}");
    };
    fs::set_permissions(yard.path("master.key"), fs::Permissions::from_mode(0o644)).unwrap();
    ill("fail master.key", "chmod 600").await;
    yard.file().write(&MasterKeyring::parse(NEW).unwrap()).unwrap();
    ill("fail secrets it is sealed under the master key mk-old", "put master.key").await;
    fs::remove_file(yard.path("master.key")).unwrap();
    ill("fail secrets there is no file of master keys", "put master.key").await;
    yard.file().write(&MasterKeyring::parse(OLD).unwrap()).unwrap();
    fs::set_permissions(yard.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    ill("can be written by other users", "chmod 700").await;
    fs::set_permissions(yard.path(""), fs::Permissions::from_mode(0o700)).unwrap();
    let mut elsewhere = yard.settings.clone();
    elsewhere.database = Some(format!("sqlite:{}", yard.path("nothing.db").display()));
    let yard = Yard { settings: elsewhere, ..yard };
    let (done, said) = yard.run(Tool::Doctor).await;
    assert_eq!(done.unwrap(), Outcome::NotWell);
    assert!(said.contains("there is no database file"), "{said}");
}
