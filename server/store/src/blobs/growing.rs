//! One blob that is on its way here: a file that grows, and the hash of what it holds.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::{BlobError, Upload};

/// So many bytes may wait in memory to be written down: the last sync of a large blob is a short one.
const SYNC_EVERY: u64 = 8 * 1024 * 1024;
/// Bytes that are read at a time.
const READ: usize = 256 * 1024;

/// An upload's file. Whatever happened to an earlier server, it is as long as it says.
pub(super) struct Growing {
    path: PathBuf,
    file: File,
    length: u64,
    unsynced: u64,
    hash: Context,
}

impl Growing {
    /// Opens what is here of an upload; what is longer than the upload will be is not of it, and goes.
    pub(super) fn open(path: &Path, upload: &Upload) -> Result<Self, BlobError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        if file.metadata()?.len() >= upload.total {
            file.set_len(0)?;
        }
        let mut hash = Context::new(&SHA256);
        let mut part = vec![0; READ];
        let mut length = 0;
        loop {
            match file.read(&mut part)? {
                0 => break,
                n => {
                    hash.update(part.get(..n).unwrap_or_default());
                    length += n as u64;
                }
            }
        }
        Ok(Self { path: path.to_owned(), file, length, unsynced: 0, hash })
    }

    /// How long it is.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends; what a failed write left behind is cut off.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(bytes) {
            self.file.set_len(self.length)?;
            return Err(error.into());
        }
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        if self.unsynced >= SYNC_EVERY {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(())
    }

    /// It is whole: moves it into its place, if it is what it was to be, and forgets it if not.
    pub(super) fn finish(&self, upload: &Upload, place: &Path) -> Result<(), BlobError> {
        let found = hex(self.hash.clone().finish().as_ref());
        if found != upload.sha256.as_str() {
            fs::remove_file(&self.path)?;
            return Err(BlobError::Mismatch { wanted: upload.sha256.clone(), found });
        }
        self.file.sync_all()?;
        let folder = place.parent().unwrap_or(place);
        make_folder(folder)?;
        fs::rename(&self.path, place)?;
        Ok(sync_folder(folder)?)
    }
}

/// Makes a folder for this user alone, where there is none.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
