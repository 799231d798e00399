//! Making a data directory, and filling a database, out of a backup.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use pilothouse_store::Store;
use serde_json::json;

use super::chunks::Opener;
use super::format::{Counts, Head, HeadError};
use super::unpack::unpack;
use super::{BackupError, failed, full};
use crate::config::DATABASE_FILE;
use crate::private_file;
use crate::secrets::{
    self, DataKey, KeyFile, KeyFileError, LocalMasterKeys, MasterKeyring, Secrets, SecretsError,
};
use crate::tools::deed::Deed;
use crate::tools::{Bench, Outcome};

/// Where everything is put until the end of the backup was seen, below the new data directory.
const STAGE: &str = "restoring";
/// What may lie in the new data directory.
const MAY_BE_THERE: &[&str] = &[secrets::FILE, "lock", "lost+found"];

/// Restores a backup.
///
/// # Errors
/// When the backup, the key, the directory or the database is not as it must be; then nothing is restored.
pub async fn restore(
    file: &Path,
    master_key: Option<&Path>,
    bench: &mut Bench<'_>,
) -> Result<Outcome, BackupError> {
    let mut from = BufReader::new(File::open(file).map_err(failed(file))?);
    let (head, bytes) = Head::read(&mut from).map_err(|error| match error {
        HeadError::Foreign => BackupError::Foreign(file.to_owned()),
        HeadError::Damaged(what) => BackupError::Damaged { path: file.to_owned(), what: what.to_owned() },
        HeadError::Io(why) => failed(file)(why),
    })?;
    let ring = keys(master_key, bench, &head, file)?;
    let secrets =
        Secrets::new(Arc::new(LocalMasterKeys::given(ring.clone(), bench.dice.clone())), bench.dice.clone());
    let key = data_key(&head, &ring, &secrets, file).await?;
    let dir = bench.data_dir().to_owned();
    let _lock = prepare(&dir)?;
    let stage = dir.join(STAGE);
    let url = match &bench.settings.database {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", stage.join(DATABASE_FILE).display()),
    };
    let stream = zstd::Decoder::new(Opener::new(from, &key, &bytes)).map_err(failed(file))?;
    let unpacked = unpack(stream, &head, &stage, &url, file).await;
    let moved = unpacked.and_then(|counts| {
        let is_from_a_file = bench.settings.master_keys.is_none();
        if is_from_a_file && !KeyFile::of(&dir).path().exists() {
            KeyFile::of(&stage).write(&ring)?;
        }
        settle(&stage, &dir).map_err(failed(&dir))?;
        Ok(counts)
    });
    let cleared = fs::remove_dir_all(&stage);
    let counts = moved?;
    cleared.map_err(failed(&stage))?;
    say(&head, counts, bench)?;
    record(&head, counts, file, &secrets, bench).await?;
    Ok(Outcome::Well)
}

/// Records it in the trail that goes on from here.
async fn record(
    head: &Head,
    counts: Counts,
    file: &Path,
    secrets: &Secrets,
    bench: &Bench<'_>,
) -> Result<(), BackupError> {
    // Whose schema may be an older one: the server brings it up to date at its start, and so does this.
    let store = Store::open(&bench.settings.database_url()).await?;
    let Counts { rows, files, .. } = counts;
    let what = json!({"file": full(file), "backup": head.name, "madeAt": head.made_at, "rows": rows, "files": files});
    let recorded = Deed::Restore.record(&store, secrets, bench, what).await;
    store.close().await;
    Ok(recorded?)
}

fn say(head: &Head, counts: Counts, bench: &mut Bench<'_>) -> Result<(), BackupError> {
    let made_at = jiff::Timestamp::from_millisecond(head.made_at).unwrap_or_default();
    let Counts { tables, rows, files, .. } = counts;
    bench.say(format!(
        "the server of {made_at:.0} is restored: {rows} rows of {tables} tables, {files} files"
    ))?;
    let dir = bench.data_dir().display().to_string();
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        bench.say(format!("it belongs to root: if the server runs as another user, chown -R USER: {dir}"))?;
    }
    let database = match bench.settings.database {
        Some(_) => " and the same database",
        None => "",
    };
    bench.say(format!(
        "start it with --data-dir {dir}{database}; the server that it was must not run any more"
    ))?;
    Ok(())
}

/// The master keys that are given: by the environment, as a file, or lying in the new directory.
fn keys(
    master_key: Option<&Path>,
    bench: &Bench<'_>,
    head: &Head,
    file: &Path,
) -> Result<MasterKeyring, BackupError> {
    if let Some(given) = &bench.settings.master_keys {
        return Ok(given.clone());
    }
    let found = match master_key {
        Some(path) => KeyFile::at(path).read(),
        None => KeyFile::of(bench.data_dir()).read(),
    };
    match found {
        Err(KeyFileError::Missing(_)) if master_key.is_none() => {
            Err(BackupError::NoKey { key_id: wrapped(head, file)?.key_id.to_string() })
        }
        other => Ok(other?),
    }
}

fn wrapped(head: &Head, file: &Path) -> Result<secrets::Wrapped, BackupError> {
    let what = "its head is damaged".to_owned();
    head.wrapped().ok_or(BackupError::Damaged { path: file.to_owned(), what })
}

async fn data_key(
    head: &Head,
    ring: &MasterKeyring,
    secrets: &Secrets,
    file: &Path,
) -> Result<DataKey, BackupError> {
    let wrapped = wrapped(head, file)?;
    secrets.unwrap(&head.name, &wrapped).await.map_err(|error| match error {
        SecretsError::UnknownKey { key_id, .. } => BackupError::WrongKey {
            key_id: key_id.to_string(),
            given: ring.ids().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        },
        SecretsError::Refused { key_id, .. } => BackupError::WrongKey {
            given: format!("what is given as {key_id} is another key (or the backup's head was changed)"),
            key_id: key_id.to_string(),
        },
        other => other.into(),
    })
}

/// Makes the directory if it is not there, and sees to it that it is empty and that no server starts in it.
fn prepare(dir: &Path) -> Result<File, BackupError> {
    let lock = crate::server::lock(dir).map_err(|error| match error {
        crate::server::StartError::DataDir { path, why } => BackupError::Io { path, why },
        _ => BackupError::Locked(dir.to_owned()),
    })?;
    for entry in fs::read_dir(dir).map_err(failed(dir))? {
        let name = entry.map_err(failed(dir))?.file_name();
        if !MAY_BE_THERE.iter().any(|it| name == *it) {
            return Err(BackupError::NotEmpty(dir.to_owned()));
        }
    }
    private_file::make_folder(&dir.join(STAGE)).map_err(failed(dir))?;
    Ok(lock)
}

/// Moves what was unpacked into its place, the database last: without it the directory is no server's.
fn settle(stage: &Path, dir: &Path) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(stage)? {
        names.push(entry?.file_name());
    }
    names.sort_by_key(|name| name.to_string_lossy().starts_with(DATABASE_FILE));
    for name in names {
        fs::rename(stage.join(&name), dir.join(&name))?;
    }
    private_file::sync_folder(dir)
}
