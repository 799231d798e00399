//! The machine: data directory, the files in it, the disk under it, and the clock.

use std::fs::{self, Metadata};
use std::path::Path;

use pilothouse_protocol::Millis;

use super::Finding;
use crate::config::DATABASE_FILE;
use crate::secrets::KeyFile;
use crate::{credentials, tls};

/// Below this the server will soon not be able to write.
const LITTLE: u64 = 1024 * 1024 * 1024;
/// Below this it is about to stop.
const NOTHING: u64 = 64 * 1024 * 1024;
/// Files that may still be made.
const FEW_FILES: u64 = 10_000;
/// No server ran before (2025-01-01), and none will after (2100-01-01).
const PLAUSIBLE: std::ops::Range<i64> = 1_735_689_600_000..4_102_444_800_000;

/// Data directory, files, disk.
pub(super) fn look(data_dir: &Path) -> Vec<Finding> {
    let path = data_dir.display();
    let found = match fs::metadata(data_dir) {
        Err(error) => {
            let mend =
                "name the right one with --data-dir or data_dir, or start the server once: it makes it";
            return vec![Finding::fail("data dir", format!("{path} cannot be looked at: {error}"), mend)];
        }
        Ok(found) if !found.is_dir() => {
            return vec![Finding::fail("data dir", format!("{path} is no directory"), "name another one")];
        }
        Ok(found) => found,
    };
    let mut findings = vec![directory(data_dir, &found), master_key(data_dir, &found)];
    findings.extend(files(data_dir, &found));
    findings.extend(disk(data_dir));
    findings
}

/// Whether the clock can be right. SigV4 refuses who differs by more than minutes, and certificates are not valid.
pub(super) fn clock(now: Millis) -> Finding {
    let told = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    if PLAUSIBLE.contains(&now.0) {
        Finding::ok("clock", format!("{told:.0}"))
    } else {
        Finding::fail("clock", format!("{told:.0} cannot be the time"), "set the clock, and let NTP keep it")
    }
}

#[cfg(unix)]
fn mode_and_owner(found: &Metadata) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;
    (found.mode() & 0o7777, found.uid())
}

#[cfg(not(unix))]
fn mode_and_owner(_: &Metadata) -> (u32, u32) {
    (0o700, 0)
}

#[cfg(unix)]
fn who() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn who() -> u32 {
    0
}

fn directory(data_dir: &Path, found: &Metadata) -> Finding {
    let path = data_dir.display();
    let (mode, owner) = mode_and_owner(found);
    let me = who();
    if me != 0 && owner != me {
        let seen = format!("{path} belongs to the user {owner}, this is {me}");
        return Finding::fail("data dir", seen, "run this as the user that the server runs as, or as root");
    }
    if mode & 0o022 != 0 {
        let seen = format!("{path} can be written by other users (mode {mode:04o})");
        return Finding::fail("data dir", seen, format!("chmod 700 {path}"));
    }
    if mode & 0o055 != 0 {
        let seen = format!("{path} is open to other users (mode {mode:04o})");
        return Finding::warn("data dir", seen, format!("chmod 700 {path}"));
    }
    Finding::ok("data dir", format!("{path}, for the user {owner} alone"))
}

/// What the server would say of its file of keys. Whether the keys fit is the database's to say.
fn master_key(data_dir: &Path, dir: &Metadata) -> Finding {
    let file = KeyFile::of(data_dir);
    let path = file.path();
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::ok(
            "master.key",
            "not there: the keys are given by the environment, or no server started yet",
        ),
        Err(error) => {
            Finding::fail("master.key", error.to_string(), "make it readable for the server's user")
        }
        Ok(found) => match file.read() {
            Err(error) => {
                Finding::fail("master.key", error.to_string(), "see README, \"Keys, backup and restore\"")
            }
            Ok(_) if mode_and_owner(&found).1 != mode_and_owner(dir).1 => {
                let (seen, mend) = foreign(path, dir);
                Finding::fail("master.key", seen, mend)
            }
            Ok(ring) => {
                let count = ring.ids().count();
                Finding::ok("master.key", format!("{} is active ({count} in the file)", ring.active().id()))
            }
        },
    }
}

fn foreign(path: &Path, dir: &Metadata) -> (String, String) {
    let owner = mode_and_owner(dir).1;
    let path = path.display();
    (format!("{path} belongs to another user than its directory"), format!("chown {owner} {path}"))
}

/// The other files that are for the owner alone.
fn files(data_dir: &Path, dir: &Metadata) -> Vec<Finding> {
    let names = [
        credentials::FILE.to_owned(),
        DATABASE_FILE.to_owned(),
        format!("{}/{}", tls::DIR, tls::SERVER_FILE),
    ];
    let mut findings = Vec::new();
    let mut fine = Vec::new();
    for name in names {
        let path = data_dir.join(&name);
        let Ok(found) = fs::metadata(&path) else { continue };
        let (mode, owner) = mode_and_owner(&found);
        if owner != mode_and_owner(dir).1 {
            let (seen, mend) = foreign(&path, dir);
            findings.push(Finding::fail("files", seen, mend));
        } else if mode & 0o077 != 0 {
            let seen = format!("{} is open to other users (mode {mode:04o})", path.display());
            findings.push(Finding::warn("files", seen, format!("chmod 600 {}", path.display())));
        } else {
            fine.push(name);
        }
    }
    if !fine.is_empty() {
        findings.push(Finding::ok("files", format!("{}: for the owner alone", fine.join(", "))));
    }
    findings
}

/// Room under a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) free: u64,
    /// Files that can still be made, where the file system counts them.
    pub(super) files: Option<u64>,
}

#[cfg(unix)]
fn disk(data_dir: &Path) -> Option<Finding> {
    match rustix::fs::statvfs(data_dir) {
        Ok(found) => {
            let room = Room {
                free: found.f_bavail.saturating_mul(found.f_frsize),
                files: (found.f_files > 0).then_some(found.f_favail),
            };
            Some(room_is_enough(room))
        }
        Err(error) => Some(Finding::warn("disk", format!("cannot be asked: {error}"), "look with df")),
    }
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Option<Finding> {
    None
}

pub(super) fn room_is_enough(room: Room) -> Finding {
    let mib = room.free / (1024 * 1024);
    let files = room.files.map_or_else(String::new, |files| format!(", {files} files"));
    let seen = format!("{mib} MiB{files} free");
    if room.free < NOTHING || room.files == Some(0) {
        Finding::fail("disk", seen, "free some space: the server cannot write")
    } else if room.free < LITTLE || room.files.is_some_and(|files| files < FEW_FILES) {
        Finding::warn("disk", seen, "free some space before the server cannot write")
    } else {
        Finding::ok("disk", seen)
    }
}
