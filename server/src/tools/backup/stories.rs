//! Stories of backups, told without a server: a database and files are enough.

use std::fs;
use std::path::{Path, PathBuf};

use pilothouse_protocol::Millis;
use pilothouse_store::secrets::{SealedItem, get, put};
use pilothouse_store::{Store, audit, meta};

use super::chunks::Sealer;
use super::format::{Head, Record};
use super::*;
use crate::audit::{ChainKey, verify};
use crate::config::Settings;
use crate::rig::{HandClock, counting_dice};
use crate::secrets::{KeyFile, MasterKeyring, Secrets, key_id_of};
use crate::tools::{Bench, Outcome};

const KEY: &str = "mk-a:0101010101010101010101010101010101010101010101010101010101010101";
const OTHER: &str = "mk-b:0202020202020202020202020202020202020202020202020202020202020202";
const CANARY: &[u8] = b"canary-19c4";
const OUTPUT: &str = "outputs/00000001-0000-4000-8000-000000000000/mi-0123456789abcdef0.log";

/// Directories of a test, and what was said in it.
struct Yard {
    dir: tempfile::TempDir,
    said: Vec<u8>,
}

impl Yard {
    /// With a server's data directory.
    async fn new() -> Self {
        let yard = Self { dir: tempfile::tempdir().unwrap(), said: Vec::new() };
        let data = yard.path("data");
        fs::create_dir_all(data.join(OUTPUT).parent().unwrap()).unwrap();
        fs::write(data.join(OUTPUT), b"what a node said").unwrap();
        fs::write(data.join("credentials"), b"[default]\n").unwrap();
        fs::write(data.join("audit.anchor"), b"1:00\n").unwrap();
        let keys = MasterKeyring::parse(KEY).unwrap();
        KeyFile::of(&data).write(&keys).unwrap();
        let store = Store::open(&Settings::local(data.clone()).database_url()).await.unwrap();
        let secrets = Secrets::attached(&data, None, &counting_dice()).unwrap();
        let sealed = secrets.seal("it", CANARY).await.unwrap();
        let key_id = key_id_of("it", &sealed).unwrap().to_string();
        let mut tx = store.write().await.unwrap();
        put(&mut tx, &SealedItem { name: "it".into(), sealed, key_id, updated_at: Millis(1) }).await.unwrap();
        for i in 0..2000 {
            meta::set(&mut tx, &format!("fact-{i}"), "canary-19c4 in the clear").await.unwrap();
        }
        tx.commit().await.unwrap();
        store.close().await;
        yard
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn settings(&self, name: &str) -> Settings {
        Settings::local(self.path(name))
    }

    async fn take(&mut self) -> Result<Outcome, BackupError> {
        let (settings, dice, file) = (self.settings("data"), counting_dice(), self.path("backup"));
        let clock = HandClock::at(Millis(1_700_000_000_000));
        let out = &mut self.said;
        take(&file, &mut Bench { settings: &settings, clock: &clock, dice: &dice, out }).await
    }

    /// Restores with the copy of a key file.
    async fn restore(&mut self, to: &str, key: &str) -> Result<Outcome, BackupError> {
        let copy = KeyFile::at(&self.path("copy.key"));
        copy.write(&MasterKeyring::parse(key).unwrap()).unwrap();
        self.restore_with(to, Some(copy.path())).await
    }

    async fn restore_with(&mut self, to: &str, key: Option<&Path>) -> Result<Outcome, BackupError> {
        let (settings, dice, file) = (self.settings(to), counting_dice(), self.path("backup"));
        let clock = HandClock::at(Millis(1_700_000_000_000));
        let out = &mut self.said;
        restore(&file, key, &mut Bench { settings: &settings, clock: &clock, dice: &dice, out }).await
    }

    fn is_untouched(&self, to: &str) -> bool {
        let Ok(entries) = fs::read_dir(self.path(to)) else { return true };
        entries.map(|entry| entry.unwrap().file_name()).all(|name| name == "lock")
    }
}

#[tokio::test]
async fn what_was_backed_up_is_restored_for_the_owner_alone() {
    let mut yard = Yard::new().await;
    assert_eq!(yard.take().await.unwrap(), Outcome::Well);
    assert_eq!(yard.restore("new", KEY).await.unwrap(), Outcome::Well);
    let new = yard.path("new");
    assert_eq!(fs::read(new.join(OUTPUT)).unwrap(), b"what a node said");
    assert_eq!(fs::read(new.join("credentials")).unwrap(), b"[default]\n");
    assert!(!new.join("audit.anchor").exists(), "it is about the trail that goes on elsewhere");
    assert!(!new.join("restoring").exists());
    #[cfg(unix)]
    for name in ["master.key", "credentials", OUTPUT] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(new.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let store = Store::attach(&yard.settings("new").database_url()).await.unwrap();
    let mut tx = store.read().await.unwrap();
    assert_eq!(meta::get(&mut tx, "fact-1999").await.unwrap().as_deref(), Some("canary-19c4 in the clear"));
    let item = get(&mut tx, "it").await.unwrap().unwrap();
    let secrets = Secrets::attached(&new, None, &counting_dice()).unwrap();
    assert_eq!(*secrets.open("it", &item.sealed).await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_backup_and_its_restoring_are_in_the_trail_of_the_server_that_they_are_of() {
    let mut yard = Yard::new().await;
    let secrets = Secrets::attached(&yard.path("data"), None, &counting_dice()).unwrap();
    let old = Store::open(&yard.settings("data").database_url()).await.unwrap();
    ChainKey::open(&old, &secrets, &counting_dice(), Millis(1)).await.unwrap();
    yard.take().await.unwrap();
    yard.restore("new", KEY).await.unwrap();
    let new = Store::attach(&yard.settings("new").database_url()).await.unwrap();
    for (store, done) in [(&old, "Backup"), (&new, "Restore")] {
        let rows = audit::following(&mut store.read().await.unwrap(), 0, 100).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.who.as_str(), row.operation.as_str())).collect();
        assert_eq!(told, [("system", done)]);
        assert!(rows[0].record.contains(&yard.path("backup").display().to_string()));
        assert!(verify(store, &secrets, &[]).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_backup_shows_nothing_and_replaces_nothing() {
    let mut yard = Yard::new().await;
    yard.take().await.unwrap();
    let bytes = fs::read(yard.path("backup")).unwrap();
    assert!(!bytes.windows(CANARY.len()).any(|part| part == CANARY));
    assert!(matches!(yard.take().await, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(yard.path("backup")).unwrap(), bytes);
}

#[tokio::test]
async fn a_wrong_key_is_refused_by_name() {
    let mut yard = Yard::new().await;
    yard.take().await.unwrap();
    let error = yard.restore("new", OTHER).await.unwrap_err().to_string();
    assert!(error.contains("mk-a") && error.contains("mk-b"), "{error}");
    // One that is named alike.
    let error = yard.restore("new", &OTHER.replace("mk-b", "mk-a")).await.unwrap_err().to_string();
    assert!(error.contains("mk-a is another key"), "{error}");
    let error = yard.restore_with("new", None).await.unwrap_err().to_string();
    assert!(error.contains("mk-a") && error.contains("--master-key"), "{error}");
    assert!(!yard.path("new").exists());
}

#[tokio::test]
async fn a_key_that_lies_in_the_new_directory_is_used() {
    let mut yard = Yard::new().await;
    yard.take().await.unwrap();
    fs::create_dir(yard.path("new")).unwrap();
    fs::copy(yard.path("data/master.key"), yard.path("new/master.key")).unwrap();
    assert_eq!(yard.restore_with("new", None).await.unwrap(), Outcome::Well);
    assert!(yard.path("new").join(OUTPUT).exists());
}

#[tokio::test]
async fn a_damaged_backup_restores_nothing() {
    let mut yard = Yard::new().await;
    yard.take().await.unwrap();
    let whole = fs::read(yard.path("backup")).unwrap();
    for (what, bytes) in [
        ("cut in the middle", whole[..whole.len() / 2].to_vec()),
        ("without its last byte", whole[..whole.len() - 1].to_vec()),
        ("with another byte behind", [whole.as_slice(), b"x"].concat()),
        ("changed in its middle", flipped(&whole, whole.len() / 2)),
        ("changed at its end", flipped(&whole, whole.len() - 1)),
        ("changed in its head", flipped(&whole, 60)),
        ("cut in its head", whole[..40].to_vec()),
    ] {
        fs::write(yard.path("backup"), bytes).unwrap();
        let error = yard.restore("new", KEY).await.unwrap_err();
        assert!(
            matches!(error, BackupError::Damaged { .. } | BackupError::WrongKey { .. }),
            "{what}: {error}"
        );
        assert!(yard.is_untouched("new"), "{what}");
    }
    fs::write(yard.path("backup"), b"PK\x03\x04 something else entirely").unwrap();
    assert!(matches!(yard.restore("new", KEY).await, Err(BackupError::Foreign(_))));
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

#[tokio::test]
async fn two_servers_are_never_mixed() {
    let mut yard = Yard::new().await;
    yard.take().await.unwrap();
    let error = yard.restore("data", KEY).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    assert_eq!(fs::read(yard.path("data").join(OUTPUT)).unwrap(), b"what a node said");
    yard.restore("new", KEY).await.unwrap();
    let _serving = crate::server::lock(&yard.path("busy")).unwrap();
    assert!(matches!(yard.restore("busy", KEY).await, Err(BackupError::Locked(_))));
}

#[tokio::test]
async fn files_that_belong_to_no_server_are_refused() {
    for name in ["../x", "/etc/passwd", "outputs/../../x", "outputs", "master.key", "tls/../credentials", ""]
    {
        let mut yard = Yard::new().await;
        yard.forge(&[Record::File(name.to_owned()), Record::Bytes(b"x".to_vec())]).await;
        let error = yard.restore("new", KEY).await.unwrap_err().to_string();
        assert!(error.contains("belongs to no server"), "{name}: {error}");
        assert!(yard.is_untouched("new"), "{name}");
    }
}

#[tokio::test]
async fn a_backup_of_a_newer_version_is_refused() {
    let mut yard = Yard::new().await;
    yard.forge_with(9_999, &[]).await;
    let error = yard.restore("new", KEY).await.unwrap_err();
    assert!(matches!(error, BackupError::Newer { found: 9_999, .. }), "{error}");
    assert!(yard.is_untouched("new"));
}

impl Yard {
    async fn forge(&self, records: &[Record]) {
        self.forge_with(1, records).await;
    }

    /// A backup as only the holder of the master key can make it.
    async fn forge_with(&self, schema: i64, records: &[Record]) {
        let secrets = Secrets::attached(&self.path("data"), None, &counting_dice()).unwrap();
        let (key, wrapped) = secrets.fresh_key("backup/1").await.unwrap();
        let head = Head::new("backup/1".into(), &wrapped, schema, 1).encode().unwrap();
        let sealer = Sealer::new(head.clone(), &key, &head);
        let mut stream = zstd::Encoder::new(sealer, 1).unwrap();
        for record in records {
            record.write(&mut stream).unwrap();
        }
        fs::write(self.path("backup"), stream.finish().unwrap().finish().unwrap()).unwrap();
    }
}
