//! Unpacking: the records of a backup become a database and files, if they come to their end.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use pilothouse_store::catalog::Table;
use pilothouse_store::dump::Loader;
use pilothouse_store::{Store, StoreError};
use zeroize::Zeroizing;

use super::format::{Counts, Head, Record};
use super::take::{FILES, FOLDERS};
use super::{BackupError, failed};
use crate::private_file;

/// Fills the database at `url` and the folder `stage` with what a backup holds; says how much that was.
///
/// # Errors
/// When it is not whole, or cannot be written; then the database is empty.
pub(super) async fn unpack(
    mut stream: impl io::Read,
    head: &Head,
    stage: &Path,
    url: &str,
    file: &Path,
) -> Result<Counts, BackupError> {
    let store = Store::empty(url).await?;
    let done = async {
        let loader = Loader::begin(&store, head.schema).await.map_err(|error| match error {
            StoreError::NewerSchema { found, known } => {
                BackupError::Newer { path: file.to_owned(), found, known }
            }
            other => other.into(),
        })?;
        let mut unpacking =
            Unpacking { loader, stage, file, table: None, growing: None, counts: Counts::default() };
        loop {
            let record = Record::read(&mut stream).map_err(|error| unpacking.damaged(error.to_string()))?;
            if let Record::End(counts) = record {
                return unpacking.finish(stream, counts).await;
            }
            unpacking.take(record).await?;
        }
    };
    let done = done.await;
    store.close().await;
    done
}

struct Unpacking<'a> {
    loader: Loader,
    stage: &'a Path,
    file: &'a Path,
    table: Option<Table>,
    growing: Option<(PathBuf, File)>,
    counts: Counts,
}

impl Unpacking<'_> {
    fn damaged(&self, what: String) -> BackupError {
        BackupError::Damaged { path: self.file.to_owned(), what }
    }

    async fn take(&mut self, record: Record) -> Result<(), BackupError> {
        match record {
            Record::Table(table) => {
                self.counts.tables += 1;
                self.table = Some(table);
                Ok(())
            }
            Record::Rows(rows) => {
                self.counts.rows += rows.len() as u64;
                let table = self.table.as_ref();
                let table = table.ok_or_else(|| self.damaged(String::from("rows of no table")))?;
                Ok(self.loader.rows(table, &rows).await?)
            }
            Record::File(name) => {
                self.counts.files += 1;
                self.close()?;
                let path = self.place(&name)?;
                let file = make(&path).map_err(failed(&path))?;
                self.growing = Some((path, file));
                Ok(())
            }
            Record::Bytes(bytes) => {
                self.counts.bytes += bytes.len() as u64;
                let bytes = Zeroizing::new(bytes);
                match &mut self.growing {
                    Some((path, file)) => file.write_all(&bytes).map_err(failed(path)),
                    None => Err(self.damaged(String::from("bytes of no file"))),
                }
            }
            Record::End(_) => Ok(()),
        }
    }

    /// Where a file belongs, if it belongs to a data directory.
    fn place(&self, name: &str) -> Result<PathBuf, BackupError> {
        let path = Path::new(name);
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let top = name.split('/').next().unwrap_or_default();
        let is_known = FILES.contains(&name) || (FOLDERS.contains(&top) && top != name);
        if is_plain && is_known {
            Ok(self.stage.join(path))
        } else {
            Err(self.damaged(format!("it holds a file {name:?}, which belongs to no server")))
        }
    }

    fn close(&mut self) -> Result<(), BackupError> {
        match self.growing.take() {
            Some((path, file)) => file.sync_all().map_err(failed(&path)),
            None => Ok(()),
        }
    }

    async fn finish(mut self, mut stream: impl io::Read, counts: Counts) -> Result<Counts, BackupError> {
        // To the end, so that the last chunk and its mark are seen.
        let rest = io::copy(&mut stream, &mut io::sink()).map_err(|error| self.damaged(error.to_string()))?;
        if rest > 0 || counts != self.counts {
            return Err(self.damaged(String::from("it holds other things than it says at its end")));
        }
        self.close()?;
        self.loader.finish().await?;
        Ok(counts)
    }
}

fn make(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        private_file::make_folder(dir)?;
    }
    private_file::create(path)
}
