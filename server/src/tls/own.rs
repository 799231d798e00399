//! The certificate of the server's own authority, and the files in which it is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pilothouse_protocol::Millis;
use pilothouse_store::{Store, secrets};
use pilothouse_trust::Fingerprint;
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::authority::{Authority, DAY, ITEM};
use super::certificate::{Facts, chain, is_from, key, pair};
use super::{Names, TlsError};
use crate::clock::Dice;
use crate::private_file;
use crate::secrets::{Secrets, key_id_of};

/// The folder in the data directory.
pub const DIR: &str = "tls";
/// The authority's certificate, for whoever is to trust it.
pub const AUTHORITY_FILE: &str = "ca.pem";
/// The server's certificate, the authority's, and the server's key.
pub const SERVER_FILE: &str = "server.pem";

/// A certificate is renewed when so little of its time is left.
const RENEW: i64 = 30 * DAY;
/// So long before its end the authority itself is spoken of.
const AUTHORITY_ENDS: i64 = 180 * DAY;

/// Where the authority lies, sealed.
#[derive(Clone)]
pub struct Vault {
    /// Where sealed items are.
    pub store: Store,
    /// What opens them.
    pub secrets: Secrets,
    /// Chance.
    pub dice: Dice,
}

impl Vault {
    async fn open(&self) -> Result<Option<Authority>, TlsError> {
        let item = secrets::get(&mut self.store.read().await?, ITEM).await?;
        let Some(item) = item else { return Ok(None) };
        Authority::parse(&self.secrets.open(ITEM, &item.sealed).await?).map(Some)
    }

    /// The authority that is there and has not ended, or a new one.
    async fn open_or_make(&self, now: Millis) -> Result<Authority, TlsError> {
        if let Some(authority) = self.open().await? {
            if authority.ends()? > now {
                return Ok(authority);
            }
            tracing::warn!(
                "the server's own authority has ended: agents and cockpits must be told of the new one"
            );
        }
        let authority = Authority::make(&self.dice, now)?;
        let sealed = self.secrets.seal(ITEM, authority.to_pem().as_bytes()).await?;
        let key_id = key_id_of(ITEM, &sealed)?.to_string();
        let item = secrets::SealedItem { name: ITEM.to_owned(), sealed, key_id, updated_at: now };
        let mut tx = self.store.write().await?;
        secrets::put(&mut tx, &item).await?;
        tx.commit().await?;
        tracing::info!(fingerprint = %Fingerprint::of(authority.certificate()), "the server's own authority was made");
        Ok(authority)
    }
}

pub(super) struct Own {
    file: PathBuf,
    names: Names,
    vault: Vault,
    fingerprint: Fingerprint,
    /// When the authority ends.
    ends: Millis,
    /// Of the certificate that is shown.
    facts: Mutex<Facts>,
}

impl Own {
    pub(super) async fn open(
        data_dir: &Path,
        names: Names,
        vault: Vault,
        now: Millis,
    ) -> Result<(Self, CertifiedKey), TlsError> {
        let authority = vault.open_or_make(now).await?;
        let dir = data_dir.join(DIR);
        private_file::make_folder(&dir).map_err(|why| TlsError::Write { path: dir.clone(), why })?;
        let ends = authority.ends()?;
        publish(&dir.join(AUTHORITY_FILE), authority.certificate(), ends, now)?;
        let file = dir.join(SERVER_FILE);
        let kept =
            kept(&file, authority.certificate()).filter(|(_, facts)| !is_due(facts, &names, ends, now));
        let (pair, facts) = match kept {
            Some(kept) => kept,
            None => issue(&file, &authority, &names, now)?,
        };
        let fingerprint = Fingerprint::of(authority.certificate());
        Ok((Self { file, names, vault, fingerprint, ends, facts: Mutex::new(facts) }, pair))
    }

    /// Another certificate, when the one that is shown has little time left.
    pub(super) async fn renewed(&self, now: Millis) -> Result<Option<CertifiedKey>, TlsError> {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !is_due(&facts, &self.names, self.ends, now) {
            return Ok(None);
        }
        let authority =
            self.vault.open().await?.ok_or_else(|| TlsError::Authority(String::from("it is gone")))?;
        if Fingerprint::of(authority.certificate()) != self.fingerprint {
            return Err(TlsError::Authority(String::from("it is another one than at the start")));
        }
        let (pair, facts) = issue(&self.file, &authority, &self.names, now)?;
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
        Ok(Some(pair))
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// A certificate is due when it ends soon and another one would not, when it has not begun, or when it is for other names.
fn is_due(facts: &Facts, names: &Names, authority_ends: Millis, now: Millis) -> bool {
    let ends_soon = facts.not_after.0 - now.0 < RENEW && facts.not_after < authority_ends;
    ends_soon || facts.not_before > now || facts.names != *names
}

/// The certificate of a former start; whatever is wrong with it, another one is made.
fn kept(file: &Path, authority: &CertificateDer<'_>) -> Option<(CertifiedKey, Facts)> {
    let text = Zeroizing::new(fs::read(file).ok()?);
    let chain = chain(&text).ok()?;
    let facts = chain.first().filter(|own| is_from(own, authority)).and_then(|own| Facts::of(own).ok())?;
    Some((pair(chain, key(&text).ok()?).ok()?, facts))
}

fn issue(
    file: &Path,
    authority: &Authority,
    names: &Names,
    now: Millis,
) -> Result<(CertifiedKey, Facts), TlsError> {
    let failed = |why| TlsError::File { path: file.to_owned(), why };
    let text = authority.issue(names, now)?;
    let chain = chain(text.as_bytes()).map_err(failed)?;
    let facts = chain.first().map_or_else(|| Err(String::new()), Facts::of).map_err(failed)?;
    let pair = pair(chain, key(text.as_bytes()).map_err(failed)?)?;
    write(file, text.as_bytes())?;
    let ends = jiff::Timestamp::from_millisecond(facts.not_after.0).unwrap_or_default();
    tracing::info!(names = ?names.iter().collect::<Vec<_>>(), until = %ends, "the server's certificate was made");
    Ok((pair, facts))
}

/// Puts the authority's certificate where others find it, and says when its time runs out.
fn publish(file: &Path, authority: &CertificateDer<'_>, ends: Millis, now: Millis) -> Result<(), TlsError> {
    let text = pilothouse_trust::pem(authority);
    if fs::read_to_string(file).ok().as_ref() != Some(&text) {
        write(file, text.as_bytes())?;
    }
    if ends.0 - now.0 < AUTHORITY_ENDS {
        let ends = jiff::Timestamp::from_millisecond(ends.0).unwrap_or_default();
        tracing::warn!(%ends, "the server's own authority ends: the first start after that makes another one");
    }
    Ok(())
}

fn write(file: &Path, content: &[u8]) -> Result<(), TlsError> {
    private_file::write(file, content).map_err(|why| TlsError::Write { path: file.to_owned(), why })
}
