//! Unpacking an archive that may be anybody's: nothing leaves the folder, nothing is a link, and there is an end to it.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// The most files and folders of an archive.
const MAX_ENTRIES: usize = 50_000;
/// The most bytes that they may have, unpacked.
const MAX_BYTES: u64 = 8 << 30;
/// Above this many bytes, an archive may not unpack to more than [`MAX_RATIO`] times its own size.
const FREE_BYTES: u64 = 64 << 20;
/// No honest archive packs better than this.
const MAX_RATIO: u64 = 200;

/// Unpacks `archive` into the folder `to`, which is not there yet. After a crash it is there whole or not at all.
///
/// # Errors
/// For people: what is wrong with the archive, or with the disk.
pub(super) fn unpack(archive: &Path, to: &Path) -> Result<(), String> {
    let partial = to.with_extension("partial");
    let done = clear(&partial).map_err(|error| error.to_string()).and_then(|()| fill(archive, &partial));
    let settled = done.and_then(|()| {
        // All files at once: one by one they would take a sync each.
        rustix::fs::sync();
        fs::rename(&partial, to).map_err(|error| error.to_string())
    });
    settled.map_err(|why| {
        let _ = clear(&partial);
        format!("the package's archive cannot be unpacked: {why}")
    })
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fill(archive: &Path, to: &Path) -> Result<(), String> {
    let file = File::open(archive).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut zip = ZipArchive::new(io::BufReader::new(file)).map_err(|error| error.to_string())?;
    if zip.len() > MAX_ENTRIES {
        return Err(format!("it holds {} files and folders, and may hold {MAX_ENTRIES}", zip.len()));
    }
    folder(to).map_err(|error| error.to_string())?;
    let mut left = MAX_BYTES.min(FREE_BYTES.max(size.saturating_mul(MAX_RATIO)));
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?.into_owned();
        let path = place(&name, to).ok_or_else(|| format!("it holds {name:?}, which leads out of it"))?;
        if entry.is_symlink() {
            return Err(format!("it holds {name:?}, which is a link"));
        }
        let written = match entry.is_dir() {
            true => folder(&path).map(|()| 0),
            false => write(&mut entry, &path, left),
        };
        let written = written.map_err(|error| format!("{name:?}: {error}"))?;
        left = left.checked_sub(written).ok_or_else(|| {
            String::from("it is far larger than its archive lets expect: it is not unpacked to the end")
        })?;
    }
    Ok(())
}

/// Where an entry belongs; `None` when that is not below `to`.
fn place(name: &str, to: &Path) -> Option<PathBuf> {
    let mut path = to.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!name.contains(['\\', '\0'])).then_some(path)
}

fn folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file, and no more than one byte more than `most` of it; says how many bytes that were.
fn write<R: Read + ?Sized>(entry: &mut ZipFile<'_, R>, path: &Path, most: u64) -> io::Result<u64> {
    folder(path.parent().unwrap_or(path))?;
    // Who may run it is taken over, who it runs as is not.
    let mode = 0o600 | (entry.unix_mode().unwrap_or(0) & 0o755);
    let mut file = File::options().write(true).create_new(true).mode(mode).open(path)?;
    let written = io::copy(&mut entry.take(most.saturating_add(1)), &mut file)?;
    file.flush()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn archive(dir: &Path, fill: impl FnOnce(&mut ZipWriter<File>)) -> PathBuf {
        let path = dir.join("archive.zip");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        fill(&mut zip);
        zip.finish().unwrap();
        path
    }

    fn entry(zip: &mut ZipWriter<File>, name: &str, mode: u32, content: &[u8]) {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        zip.write_all(content).unwrap();
    }

    fn refused(fill: impl FnOnce(&mut ZipWriter<File>)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let archive = archive(dir.path(), fill);
        let error = unpack(&archive, &dir.path().join("tree")).unwrap_err();
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left, ["archive.zip"], "nothing is left of it");
        error
    }

    #[test]
    fn files_and_folders_come_out_with_the_right_to_be_run_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let archive = archive(dir.path(), |zip| {
            entry(zip, "install.sh", 0o4777, b"echo hello\n");
            entry(zip, "lib/data.txt", 0o644, b"x");
        });
        let tree = dir.path().join("tree");
        unpack(&archive, &tree).unwrap();
        let mode = |name: &str| fs::metadata(tree.join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("install.sh"), mode("lib/data.txt")), (0o755, 0o644));
        assert_eq!(fs::read_to_string(tree.join("install.sh")).unwrap(), "echo hello\n");
        assert!(!dir.path().join("tree.partial").exists());
    }

    #[test]
    fn what_leads_out_of_the_archive_is_refused_whole() {
        for name in ["../../etc/cron.d/x", "/etc/cron.d/x", "a/../../x", "..\\x"] {
            let error = refused(|zip| {
                entry(zip, "install.sh", 0o755, b"true\n");
                entry(zip, name, 0o644, b"* * * * * root true\n");
            });
            assert!(error.contains("leads out of it"), "{name}: {error}");
        }
    }

    #[test]
    fn a_link_is_refused() {
        let error = refused(|zip| {
            zip.add_symlink("passwd", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        });
        assert!(error.contains("\"passwd\", which is a link"), "{error}");
    }

    #[test]
    fn one_name_is_not_written_twice() {
        let dir = tempfile::tempdir().unwrap();
        let archive = archive(dir.path(), |zip| {
            entry(zip, "a/x.sh", 0o644, b"one");
            entry(zip, "a//x.sh", 0o644, b"two");
        });
        let error = unpack(&archive, &dir.path().join("tree")).unwrap_err();
        assert!(error.contains("x.sh"), "{error}");
    }

    #[test]
    fn a_bomb_is_not_unpacked_to_the_end() {
        let error = refused(|zip| {
            zip.start_file("zeros", SimpleFileOptions::default()).unwrap();
            let zeros = vec![0; 1 << 20];
            (0..80).for_each(|_| zip.write_all(&zeros).unwrap());
        });
        assert!(error.contains("far larger than its archive lets expect"), "{error}");
    }

    #[test]
    fn what_is_no_archive_is_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive.zip");
        fs::write(&path, "<html>not found</html>").unwrap();
        let error = unpack(&path, &dir.path().join("tree")).unwrap_err();
        assert!(error.contains("cannot be unpacked"), "{error}");
    }
}
