//! A certificate in files that somebody else keeps: read again when they change, as when certbot renewed them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::TlsError;
use super::certificate::{chain, key, pair};

/// When both files were written, as far as the file system tells.
type Written = [Option<SystemTime>; 2];

pub(super) struct Given {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Written>,
}

impl Given {
    pub(super) fn open(certificate: &Path, key: &Path) -> Result<(Self, CertifiedKey), TlsError> {
        let given =
            Self { certificate: certificate.to_owned(), key: key.to_owned(), seen: Mutex::new([None; 2]) };
        *given.seen() = given.written();
        let pair = given.read()?;
        Ok((given, pair))
    }

    /// What stands in the files if they changed since they were looked at.
    pub(super) fn changed(&self) -> Result<Option<CertifiedKey>, TlsError> {
        let written = self.written();
        if *self.seen() == written {
            return Ok(None);
        }
        // They are two: while one of them is still the old one, they do not fit, and the next look finds another change.
        *self.seen() = written;
        self.read().map(Some)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Written> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self) -> Written {
        [&self.certificate, &self.key].map(|path| fs::metadata(path).and_then(|it| it.modified()).ok())
    }

    fn read(&self) -> Result<CertifiedKey, TlsError> {
        let failed = |path: &Path, why: String| TlsError::File { path: path.to_owned(), why };
        let text =
            |path: &Path| fs::read(path).map(Zeroizing::new).map_err(|why| failed(path, why.to_string()));
        let chain = chain(&text(&self.certificate)?).map_err(|why| failed(&self.certificate, why))?;
        let key = key(&text(&self.key)?).map_err(|why| failed(&self.key, why))?;
        pair(chain, key)
    }
}
