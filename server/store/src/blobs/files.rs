//! Blobs in files: `DIR/ab/abcdef…`, and `DIR/uploads/….partial` while they grow.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_protocol::Millis;

use super::growing::{Growing, hex, make_folder};
use super::{BlobError, Blobs, Received, Sha256, Upload};

/// Where uploads grow.
const UPLOADS: &str = "uploads";
/// Uploads whose hash is remembered; others are read once when they go on.
const REMEMBERED: usize = 256;

type Shared = Arc<Mutex<Option<Growing>>>;

/// The blobs on a local file system. Clones share their memory.
#[derive(Clone)]
pub struct FileBlobs {
    dir: Arc<PathBuf>,
    growing: Arc<Mutex<HashMap<PathBuf, Shared>>>,
}

/// A panic leaves an upload whose file is what counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FileBlobs {
    /// Opens (and makes) the directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let dir = dir.into();
        let uploads = dir.join(UPLOADS);
        blocking(move || Ok(make_folder(&uploads)?)).await?;
        Ok(Self::at(dir))
    }

    /// The blobs in a directory as it is: nothing is made.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: Arc::new(dir.into()), growing: Arc::default() }
    }

    fn place(&self, blob: &Sha256) -> PathBuf {
        let text = blob.as_str();
        self.dir.join(text.get(..2).unwrap_or_default()).join(text)
    }

    /// Where an upload grows: a name that tells whose it is, whatever that one is called.
    fn partial(&self, upload: &Upload) -> PathBuf {
        let by = hex(digest(&SHA256, upload.by.as_bytes()).as_ref());
        let by = by.get(..16).unwrap_or_default();
        self.dir.join(UPLOADS).join(format!("{}-{by}.partial", upload.sha256))
    }

    fn size_now(&self, blob: &Sha256) -> io::Result<Option<u64>> {
        match fs::metadata(self.place(blob)) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put_now(&self, upload: &Upload, offset: u64, bytes: &[u8]) -> Result<Received, BlobError> {
        let end = offset.saturating_add(bytes.len() as u64);
        if end > upload.total {
            return Err(BlobError::Size { size: upload.total, told: end });
        }
        match self.size_now(&upload.sha256)? {
            Some(size) if size == upload.total => return Ok(Received { to: size, complete: true }),
            Some(size) => return Err(BlobError::Size { size, told: upload.total }),
            None => {}
        }
        let path = self.partial(upload);
        let shared = self.remembered(&path);
        let mut slot = lock(&shared);
        let growing = match &mut *slot {
            Some(growing) => growing,
            empty => empty.insert(Growing::open(&path, upload)?),
        };
        let length = growing.length();
        if offset > length || end <= length {
            return Ok(Received { to: length, complete: false });
        }
        let known = usize::try_from(length - offset).unwrap_or(usize::MAX);
        growing.append(bytes.get(known..).unwrap_or_default())?;
        if growing.length() < upload.total {
            return Ok(Received { to: growing.length(), complete: false });
        }
        let finished = growing.finish(upload, &self.place(&upload.sha256));
        *slot = None;
        lock(&self.growing).remove(&path);
        finished.map(|()| Received { to: upload.total, complete: true })
    }

    fn remembered(&self, path: &Path) -> Shared {
        let mut all = lock(&self.growing);
        if all.len() >= REMEMBERED {
            all.retain(|_, growing| Arc::strong_count(growing) > 1);
        }
        all.entry(path.to_owned()).or_default().clone()
    }

    fn read_now(&self, blob: &Sha256, offset: u64, max_bytes: usize) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.place(blob)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(max_bytes as u64).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn older_now(&self, instant: Millis) -> io::Result<Vec<Sha256>> {
        let mut found = Vec::new();
        for folder in entries(&self.dir)? {
            if folder.ends_with(UPLOADS) || !folder.is_dir() {
                continue;
            }
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str()?.parse().ok());
                if changed_before(&path, instant) {
                    found.extend(name);
                }
            }
        }
        Ok(found)
    }

    fn forget_now(&self, since: Millis) -> io::Result<usize> {
        let mut forgotten = 0;
        for path in entries(&self.dir.join(UPLOADS))? {
            if changed_before(&path, since) {
                lock(&self.growing).remove(&path);
                fs::remove_file(&path)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

/// What cannot be looked at is taken as new.
fn changed_before(path: &Path, instant: Millis) -> bool {
    let changed = fs::metadata(path).and_then(|found| found.modified());
    let since = changed.map(|changed| changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    since.is_ok_and(|since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX) < instant.0)
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BlobError::Io(io::Error::other(error)))?
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, upload: &Upload, offset: u64, bytes: Vec<u8>) -> Result<Received, BlobError> {
        let (this, upload) = (self.clone(), upload.clone());
        blocking(move || this.put_now(&upload, offset, &bytes)).await
    }

    async fn size(&self, blob: &Sha256) -> Result<Option<u64>, BlobError> {
        let (this, blob) = (self.clone(), blob.clone());
        blocking(move || Ok(this.size_now(&blob)?)).await
    }

    async fn read(&self, blob: &Sha256, offset: u64, max_bytes: usize) -> Result<Option<Vec<u8>>, BlobError> {
        let (this, blob) = (self.clone(), blob.clone());
        blocking(move || Ok(this.read_now(&blob, offset, max_bytes)?)).await
    }

    async fn remove(&self, blob: &Sha256) -> Result<(), BlobError> {
        let path = self.place(blob);
        blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
        .await
    }

    async fn older_than(&self, instant: Millis) -> Result<Vec<Sha256>, BlobError> {
        let this = self.clone();
        blocking(move || Ok(this.older_now(instant)?)).await
    }

    async fn forget_unfinished(&self, since: Millis) -> Result<usize, BlobError> {
        let this = self.clone();
        blocking(move || Ok(this.forget_now(since)?)).await
    }
}
