//! Private files: what only the server's own user may read, written whole or not at all.
//!
//! In: a path and what belongs there. Out: the file, mode 0600, on the disk, and its name in its folder, too. It is written beside,
//! as `NAME.partial`, and moved into place, so whoever reads sees what was there before or all of the new. A partial file that
//! somebody left, or laid there, is removed and never written into: neither its mode nor where it leads is taken over.
//!
//! Never here: what stands in the files, files that grow (output of nodes, the database).

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file whole. What root writes belongs to whom the folder belongs to: it must stay readable to the user whose server it
/// is.
///
/// # Errors
/// When it cannot be written; then what was there is as it was.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let partial = partial(path);
    let mut file = create_anew(&partial)?;
    file.write_all(content)?;
    give_to_owner(&file, folder(path))?;
    file.sync_all()?;
    settle(&partial, path)
}

/// Where a file is written before it is moved into place.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(".partial");
    path.with_file_name(name)
}

/// Makes a file that is not there.
///
/// # Errors
/// When anything has its name, be it a link that leads nowhere.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a file in the place of what is left there.
///
/// # Errors
/// When what is there cannot be removed, or the file cannot be made.
pub(crate) fn create_anew(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => create(path),
    }
}

/// Moves a file, which is on the disk, into its place in the same folder, and sees to it that the name is on the disk, too.
///
/// # Errors
/// When it cannot be moved.
pub(crate) fn settle(partial: &Path, path: &Path) -> io::Result<()> {
    fs::rename(partial, path)?;
    sync_folder(folder(path))
}

/// Sees to it that the names in a folder are on the disk.
///
/// # Errors
/// When they cannot be brought there.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes a folder, and those above it, for the owner alone, where there is none.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn give_to_owner(file: &File, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(folder)?;
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

#[cfg(not(unix))]
fn give_to_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_written_for_the_owner_alone_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials");
        for content in ["one", "two"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_partial_file_that_lies_there_open_to_all_is_not_written_into() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials");
        fs::write(partial(&path), "left over").unwrap();
        fs::set_permissions(partial(&path), fs::Permissions::from_mode(0o666)).unwrap();
        let mut held_open = File::open(partial(&path)).unwrap();
        write(&path, b"secret").unwrap();
        let mut read = String::new();
        io::Read::read_to_string(&mut held_open, &mut read).unwrap();
        assert_eq!((mode(&path), read.as_str()), (0o600, "left over"));
    }

    #[test]
    fn a_link_in_the_place_of_the_partial_file_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (dir.path().join("credentials"), dir.path().join("elsewhere"));
        fs::write(&elsewhere, "theirs").unwrap();
        symlink(&elsewhere, partial(&path)).unwrap();
        write(&path, b"secret").unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "theirs");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
        symlink(dir.path().join("nothing"), dir.path().join("dangling")).unwrap();
        assert!(create(&dir.path().join("dangling")).is_err());
    }

    #[test]
    fn who_reads_while_it_is_written_anew_keeps_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.anchor");
        write(&path, b"before").unwrap();
        let mut open = File::open(&path).unwrap();
        write(&path, b"after").unwrap();
        let mut read = String::new();
        io::Read::read_to_string(&mut open, &mut read).unwrap();
        assert_eq!(read, "before");
    }
}
