//! Who this node is: a key pair that was made here, the id that the server gave, and the lock that keeps a second agent away.
//!
//! In: a data directory. Out: an identity that is held as long as the agent runs. Never here: the link.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_protocol::InstanceId;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::private_file;

/// The authority that was pinned when this machine was registered; PEM.
pub const AUTHORITY: &str = "ca.pem";
const FILE: &str = "identity.json";
const PARTIAL: &str = "identity.partial";
/// Bytes that an identity takes at most.
const ROOM: usize = 1024;
const LOCK: &str = "lock";
/// Looks at a lock that is held, over a second.
const LOCK_ATTEMPTS: u32 = 20;

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Nothing was registered here.
    #[error(
        "{} holds no identity: register this machine first with pilothouse-agent register --server URL \
         --activation-id ID --activation-code CODE",
        .0.display()
    )]
    NotRegistered(PathBuf),
    /// Registered before.
    #[error("this machine is registered as {id} in {}: remove {FILE} there to register it anew", .dir.display())]
    Registered {
        /// As what.
        id: String,
        /// Where.
        dir: PathBuf,
    },
    /// Another agent runs there.
    #[error("another agent uses {}: stop it, or give this one a --data-dir of its own", .0.display())]
    Locked(PathBuf),
    /// The file is damaged.
    #[error("{} is damaged ({what}): restore it, or remove it and register this machine anew", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How.
        what: String,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {why}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        why: std::io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Stored {
    instance_id: InstanceId,
    /// PKCS #8, base64.
    private_key: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.private_key.zeroize();
    }
}

/// A key pair, and what tells this machine from a copy of its disk.
pub struct Prepared {
    /// Its key.
    pub key: Ed25519KeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    /// Of machine and data directory.
    pub fingerprint: String,
    /// Where it will be stored: the room is taken before the server is asked, as a registration that is lost costs an activation.
    room: File,
    _lock: File,
}

/// A registered node.
pub struct Identity {
    /// Its id.
    pub instance_id: InstanceId,
    /// Its key.
    pub key: Ed25519KeyPair,
    /// Of machine and data directory.
    pub fingerprint: String,
    _lock: Option<File>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, key ***)", self.instance_id)
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> IdentityError {
    let path = path.to_owned();
    move |why| IdentityError::Io { path, why }
}

/// Makes the directory for this user alone, and takes its lock.
fn lock(dir: &Path) -> Result<File, IdentityError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io(dir))?;
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(io(&path))?;
    for attempt in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt >= LOCK_ATTEMPTS => {
                return Err(IdentityError::Locked(dir.to_owned()));
            }
            Err(TryLockError::WouldBlock) => pause(),
            Err(TryLockError::Error(why)) => return Err(IdentityError::Io { path, why }),
        }
    }
    Ok(file)
}

/// A process that an agent was just starting when it was killed holds the agent's lock until it has become a step runner.
#[expect(
    clippy::disallowed_methods,
    reason = "there is nothing to wait for that tells when the kernel is done"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

fn damaged(path: &Path, what: impl std::fmt::Display) -> IdentityError {
    IdentityError::Damaged { path: path.to_owned(), what: what.to_string() }
}

/// A hash of what tells this machine and directory: the same after a restart, another one on another machine or in a copy.
fn fingerprint(dir: &Path) -> String {
    let place = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let mut context = digest::Context::new(&digest::SHA256);
    // A cloned disk brings its machine id along; the hypervisor's id is the clone's own, where it can be read.
    for file in ["/etc/machine-id", "/sys/class/dmi/id/product_uuid"] {
        context.update(&fs::read(file).unwrap_or_default());
        context.update(&[0]);
    }
    context.update(place.as_os_str().as_encoded_bytes());
    hex::encode(context.finish())
}

impl Identity {
    /// Opens a registered identity and locks its directory for as long as it lives.
    ///
    /// # Errors
    /// When there is none, it is in use, or it is damaged.
    pub fn open(dir: &Path) -> Result<Self, IdentityError> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Err(IdentityError::NotRegistered(dir.to_owned()));
        }
        let lock = lock(dir)?;
        let stored = read(&path)?;
        let pkcs8 =
            Zeroizing::new(STANDARD.decode(stored.private_key.as_bytes()).map_err(|e| damaged(&path, e))?);
        let key = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|e| damaged(&path, e))?;
        Ok(Self {
            instance_id: stored.instance_id.clone(),
            key,
            fingerprint: fingerprint(dir),
            _lock: Some(lock),
        })
    }

    /// Makes a key for a machine that is to be registered.
    ///
    /// # Errors
    /// When the directory holds an identity, is in use, or cannot be written.
    pub fn prepare(dir: &Path) -> Result<Prepared, IdentityError> {
        let lock = lock(dir)?;
        let path = dir.join(FILE);
        if path.exists() {
            let id = read(&path)?.instance_id.to_string();
            return Err(IdentityError::Registered { id, dir: dir.to_owned() });
        }
        let (key, pkcs8) = new_key().map_err(|what| damaged(&path, what))?;
        Ok(Prepared { key, pkcs8, fingerprint: fingerprint(dir), room: take_room(dir)?, _lock: lock })
    }

    /// An identity that is never stored: a simulated node's.
    #[must_use]
    pub fn in_memory(instance_id: InstanceId, key: Ed25519KeyPair, fingerprint: String) -> Self {
        Self { instance_id, key, fingerprint, _lock: None }
    }
}

/// Takes the room on disk that an identity needs.
fn take_room(dir: &Path) -> Result<File, IdentityError> {
    let partial = dir.join(PARTIAL);
    let take = || {
        let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        file.write_all(&[b' '; ROOM])?;
        file.sync_all()?;
        Ok(file)
    };
    take().inspect_err(|_| drop(fs::remove_file(&partial))).map_err(io(&partial))
}

/// A new key pair and its PKCS #8 form.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn new_key() -> Result<(Ed25519KeyPair, Zeroizing<Vec<u8>>), String> {
    let key = Ed25519KeyPair::generate().map_err(|e| e.to_string())?;
    let pkcs8 = key.to_pkcs8().map_err(|e| e.to_string())?;
    Ok((key, Zeroizing::new(pkcs8.as_ref().to_vec())))
}

/// A key pair's public half, 32 bytes.
#[must_use]
pub fn public_key(key: &Ed25519KeyPair) -> Vec<u8> {
    key.public_key().as_ref().to_vec()
}

fn read(path: &Path) -> Result<Stored, IdentityError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io(path))?);
    serde_json::from_str(&text).map_err(|error| damaged(path, error))
}

impl Prepared {
    /// Keeps the authority that the server's certificate must come from; none if it is not pinned.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_authority(&self, dir: &Path, pem: Option<&str>) -> Result<(), IdentityError> {
        let path = dir.join(AUTHORITY);
        match pem {
            Some(pem) => private_file::write(&path, pem.as_bytes()),
            None if path.exists() => fs::remove_file(&path),
            None => Ok(()),
        }
        .map_err(io(&path))
    }

    /// Stores the identity, readable by this user alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store(&mut self, dir: &Path, instance_id: InstanceId) -> Result<(), IdentityError> {
        let path = dir.join(FILE);
        let stored = Stored { instance_id, private_key: STANDARD.encode(&*self.pkcs8) };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&stored).map_err(|error| damaged(&path, error))?);
        let partial = dir.join(PARTIAL);
        let mut write = || {
            self.room.seek(SeekFrom::Start(0))?;
            self.room.write_all(&text)?;
            self.room.set_len(text.len() as u64)?;
            self.room.sync_all()
        };
        write().map_err(io(&partial))?;
        let renamed = fs::rename(&partial, &path).and_then(|()| File::open(dir)?.sync_all());
        renamed.map_err(io(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(dir: &Path) -> InstanceId {
        let id = InstanceId::from_random([7; 9]);
        Identity::prepare(dir).unwrap().store(dir, id.clone()).unwrap();
        id
    }

    #[test]
    fn an_identity_is_found_again_and_its_file_is_this_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let id = registered(dir.path());
        let identity = Identity::open(dir.path()).unwrap();
        assert_eq!(identity.instance_id, id);
        assert!(!format!("{identity:?}").contains("private"));
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_agent_on_the_same_directory_is_refused_while_the_first_one_lives() {
        let dir = tempfile::tempdir().unwrap();
        registered(dir.path());
        let first = Identity::open(dir.path()).unwrap();
        assert!(matches!(Identity::open(dir.path()), Err(IdentityError::Locked(_))));
        drop(first);
        assert!(Identity::open(dir.path()).is_ok());
    }

    #[test]
    fn who_is_registered_is_not_registered_again_by_accident() {
        let dir = tempfile::tempdir().unwrap();
        let id = registered(dir.path());
        let Err(error) = Identity::prepare(dir.path()) else { panic!("prepared twice") };
        assert!(error.to_string().contains(id.as_str()), "{error}");
    }

    #[test]
    fn a_copy_of_the_directory_has_another_fingerprint() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        registered(here.path());
        fs::copy(here.path().join(FILE), there.path().join(FILE)).unwrap();
        let (first, copy) = (Identity::open(here.path()).unwrap(), Identity::open(there.path()).unwrap());
        assert_eq!(first.instance_id, copy.instance_id);
        assert_ne!(first.fingerprint, copy.fingerprint);
    }

    #[test]
    fn a_machine_that_is_registered_anew_forgets_the_authority_of_before() {
        let dir = tempfile::tempdir().unwrap();
        let prepared = Identity::prepare(dir.path()).unwrap();
        prepared.keep_authority(dir.path(), Some("one")).unwrap();
        prepared.keep_authority(dir.path(), Some("other")).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(AUTHORITY)).unwrap(), "other");
        prepared.keep_authority(dir.path(), None).unwrap();
        assert!(!dir.path().join(AUTHORITY).exists());
    }

    #[test]
    fn a_damaged_identity_is_named_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "{").unwrap();
        let said = Identity::open(dir.path()).unwrap_err().to_string();
        assert!(said.contains(FILE) && said.contains("damaged"), "{said}");
    }
}
