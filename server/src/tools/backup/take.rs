//! Making a backup, beside a server that runs or without one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::Path;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use pilothouse_store::catalog::{self, Table};
use pilothouse_store::dump::{self, Value};
use pilothouse_store::{Store, Tx};
use serde_json::json;

use super::chunks::Sealer;
use super::format::{Counts, Head, Record};
use super::{BackupError, failed, full};
use crate::config::{BLOBS, OUTPUTS};
use crate::private_file;
use crate::secrets::{KeyId, Secrets};
use crate::tools::deed::Deed;
use crate::tools::{Bench, Outcome};
use crate::{credentials, tls};

/// About how many bytes of rows, or of a file, are one record.
const BATCH: usize = 1024 * 1024;
/// The most rows of one record.
const ROWS: usize = 500;
/// Speed counts more than the last percent: most of what is large is packed already.
const LEVEL: i32 = 3;

/// Folders below the data directory that belong to a backup.
pub(super) const FOLDERS: &[&str] = &[OUTPUTS, BLOBS, tls::DIR];
/// Files that do.
pub(super) const FILES: &[&str] = &[credentials::FILE];

/// Writes a backup.
///
/// # Errors
/// When something cannot be read or written; then there is no file.
pub async fn take(file: &Path, bench: &mut Bench<'_>) -> Result<Outcome, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let store = Store::attach(&bench.settings.database_url()).await?;
    let taken = take_of(&store, file, bench).await;
    store.close().await;
    let (Counts { tables, rows, files, .. }, key_id) = taken?;
    let size = fs::metadata(file).map_err(failed(file))?.len();
    let held = format!("{rows} rows of {tables} tables and {files} files, {size} bytes");
    bench.say(format!("{}: {held}", file.display()))?;
    bench.say(format!(
        "restoring it needs the master key {key_id}, which is not in it: keep a copy of master.key elsewhere"
    ))?;
    Ok(Outcome::Well)
}

/// Writes it beside, moves it into place and records that; gives how much that was, and under which master key.
async fn take_of(store: &Store, file: &Path, bench: &Bench<'_>) -> Result<(Counts, KeyId), BackupError> {
    let secrets = bench.secrets()?;
    let partial = private_file::partial(file);
    let written = write(store, &secrets, &partial, bench).await;
    let moved = written.and_then(|written| {
        private_file::settle(&partial, file).map_err(failed(file))?;
        Ok(written)
    });
    if moved.is_err() {
        // There may be none.
        let _ = fs::remove_file(&partial);
    }
    let (counts, key_id) = moved?;
    let what =
        json!({"file": full(file), "keyId": key_id.as_str(), "rows": counts.rows, "files": counts.files});
    Deed::Backup.record(store, &secrets, bench, what).await?;
    Ok((counts, key_id))
}

/// Writes all of it; gives how much that was, and under which master key.
async fn write(
    store: &Store,
    secrets: &Secrets,
    to: &Path,
    bench: &Bench<'_>,
) -> Result<(Counts, KeyId), BackupError> {
    let now = bench.clock.now();
    let name = format!("backup/{}-{}", now.0, hex::encode(bench.dice.bytes::<8>()));
    let (key, wrapped) = secrets.fresh_key(&name).await?;
    let mut tx = store.read().await?;
    let head = Head::new(name, &wrapped, catalog::version(&mut tx).await?, now.0);
    let head = head.encode().map_err(failed(to))?;
    let mut out = BufWriter::new(private_file::create_anew(to).map_err(failed(to))?);
    out.write_all(&head).map_err(failed(to))?;
    let stream = zstd::Encoder::new(Sealer::new(out, &key, &head), LEVEL).map_err(failed(to))?;
    let mut writer = Writer { stream, path: to, counts: Counts::default() };
    writer.database(&mut tx).await?;
    drop(tx);
    writer.data_dir(bench.data_dir())?;
    Ok((writer.finish()?, wrapped.key_id))
}

struct Writer<'a> {
    stream: zstd::Encoder<'static, Sealer<BufWriter<File>>>,
    path: &'a Path,
    counts: Counts,
}

impl Writer<'_> {
    fn write(&mut self, record: &Record) -> Result<(), BackupError> {
        record.write(&mut self.stream).map_err(failed(self.path))
    }

    async fn database(&mut self, tx: &mut Tx) -> Result<(), BackupError> {
        for table in catalog::tables(tx).await? {
            self.write(&Record::Table(table.clone()))?;
            self.counts.tables += 1;
            self.rows(tx, &table).await?;
        }
        Ok(())
    }

    async fn rows(&mut self, tx: &mut Tx, table: &Table) -> Result<(), BackupError> {
        let mut rows = pin!(dump::rows(tx, table));
        let (mut batch, mut size) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            size += row.iter().map(Value::size).sum::<usize>();
            batch.push(row);
            self.counts.rows += 1;
            if size >= BATCH || batch.len() >= ROWS {
                self.write(&Record::Rows(std::mem::take(&mut batch)))?;
                size = 0;
            }
        }
        if batch.is_empty() { Ok(()) } else { self.write(&Record::Rows(batch)) }
    }

    /// The files after the database: what a row tells of output is in its file by now, and files only grow.
    fn data_dir(&mut self, data_dir: &Path) -> Result<(), BackupError> {
        for name in FILES {
            self.file(data_dir, name)?;
        }
        for name in FOLDERS {
            self.files_below(data_dir, name)?;
        }
        Ok(())
    }

    fn files_below(&mut self, data_dir: &Path, below: &str) -> Result<(), BackupError> {
        let dir = data_dir.join(below);
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed(&dir))?,
        };
        for entry in entries {
            let entry = entry.map_err(failed(&dir))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{below}/{name}");
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.files_below(data_dir, &path)?;
            } else if !path.ends_with(".partial") && !self.file(data_dir, &path)? {
                // Packed since the folder was read.
                let packed = path.strip_suffix(".log").map(|stem| format!("{stem}.zst"));
                packed.map_or(Ok(false), |packed| self.file(data_dir, &packed))?;
            }
        }
        Ok(())
    }

    /// A file as long as it is now; `false` when it is not there.
    fn file(&mut self, data_dir: &Path, name: &str) -> Result<bool, BackupError> {
        let path = data_dir.join(name);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(failed(&path))?,
        };
        let length = file.metadata().map_err(failed(&path))?.len();
        self.write(&Record::File(name.to_owned()))?;
        self.counts.files += 1;
        let mut rest = file.take(length);
        loop {
            let mut bytes = Vec::with_capacity(BATCH);
            rest.by_ref().take(BATCH as u64).read_to_end(&mut bytes).map_err(failed(&path))?;
            if bytes.is_empty() {
                return Ok(true);
            }
            self.counts.bytes += bytes.len() as u64;
            let record = Record::Bytes(bytes);
            self.write(&record)?;
            record.wipe();
        }
    }

    fn finish(mut self) -> Result<Counts, BackupError> {
        self.write(&Record::End(self.counts))?;
        let finish = || {
            let file = self.stream.finish()?.finish()?.into_inner()?;
            file.sync_all()
        };
        finish().map_err(failed(self.path))?;
        Ok(self.counts)
    }
}
