//! Locks of package managers: who holds the one that a job's process waits for.
//!
//! Some managers wait in the kernel for the lock, others ask again every second. So a job is taken to wait for a lock when the
//! kernel says so, or when one of its processes is a package manager whose lock somebody else holds.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use pilothouse_protocol::LockHolder;

use super::{Seen, command, name, read, see};

/// Bytes of `/proc/locks` that are looked at.
const MOST_BYTES: usize = 256 * 1024;
/// Open files of a process that are looked at.
const MOST_FILES: usize = 256;

/// How a file locks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By a lock on it, of any kind that the kernel tells of.
    Locked,
    /// By being there; it may hold the process's id.
    There,
}

/// A package manager's lock.
struct Lock {
    path: &'static str,
    kind: Kind,
    /// Programs that wait for it.
    programs: &'static [&'static str],
}

const APT: &[&str] = &["apt", "apt-get", "aptitude", "aptd", "unattended-upgr", "dpkg"];
const DNF: &[&str] = &["dnf", "dnf5", "yum", "microdnf", "packagekitd"];
const RPM: &[&str] = &["rpm", "dnf", "dnf5", "yum", "microdnf", "zypper", "packagekitd"];

const LOCKS: &[Lock] = &[
    Lock { path: "/var/lib/dpkg/lock-frontend", kind: Kind::Locked, programs: APT },
    Lock { path: "/var/lib/dpkg/lock", kind: Kind::Locked, programs: APT },
    Lock { path: "/var/lib/apt/lists/lock", kind: Kind::Locked, programs: APT },
    Lock { path: "/var/cache/apt/archives/lock", kind: Kind::Locked, programs: APT },
    Lock { path: "/var/lib/rpm/.rpm.lock", kind: Kind::Locked, programs: RPM },
    Lock { path: "/usr/lib/sysimage/rpm/.rpm.lock", kind: Kind::Locked, programs: RPM },
    Lock { path: "/var/lib/dnf/rpmdb_lock.pid", kind: Kind::There, programs: DNF },
    Lock { path: "/var/cache/dnf/metadata_lock.pid", kind: Kind::There, programs: DNF },
    Lock { path: "/run/yum.pid", kind: Kind::There, programs: &["yum"] },
    Lock { path: "/run/zypp.pid", kind: Kind::There, programs: &["zypper", "packagekitd"] },
    Lock { path: "/var/lib/pacman/db.lck", kind: Kind::There, programs: &["pacman", "pamac", "yay", "paru"] },
    Lock { path: "/lib/apk/db/lock", kind: Kind::Locked, programs: &["apk"] },
    Lock { path: "/usr/lib/apk/db/lock", kind: Kind::Locked, programs: &["apk"] },
];

/// A line of `/proc/locks`.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// It is not held, but waited for.
    waits: bool,
    /// Where that is to be seen.
    pid: Option<u32>,
    /// Device and file.
    device: (u32, u32),
    inode: u64,
}

fn line(text: &str) -> Option<Held> {
    let mut words = text.split_whitespace().skip(1).peekable();
    let waits = words.next_if(|word| *word == "->").is_some();
    // Kind, how it binds, what it is for.
    let mut words = words.skip(3);
    let pid = words.next()?.parse::<i64>().ok()?;
    let mut file = words.next()?.split(':');
    let device = (hex(file.next()?)?, hex(file.next()?)?);
    let inode = file.next()?.parse().ok()?;
    Some(Held { waits, pid: u32::try_from(pid).ok().filter(|pid| *pid > 0), device, inode })
}

fn hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 16).ok()
}

/// The lock that one of these processes waits for, and who holds it.
pub(crate) fn waited_for(tree: &[Seen]) -> Option<LockHolder> {
    let programs: Vec<String> = tree.iter().map(|it| name(it.pid)).collect();
    let text = String::from_utf8_lossy(&read("/proc/locks", MOST_BYTES)?).into_owned();
    let held: Vec<Held> = text.lines().filter_map(line).collect();
    LOCKS.iter().find_map(|lock| {
        let file = fs::metadata(lock.path).ok()?;
        let asks = programs.iter().any(|program| lock.programs.contains(&program.as_str()));
        let holder = match lock.kind {
            Kind::Locked => locker(&file, lock.path, &held, tree, asks)?,
            Kind::There if asks => owner(lock.path)?,
            Kind::There => return None,
        };
        let is_other = holder.is_none_or(|pid| tree.iter().all(|it| it.pid != pid));
        is_other.then(|| told(lock.path, holder))
    })
}

fn told(lock: &str, pid: Option<u32>) -> LockHolder {
    LockHolder { lock: lock.to_owned(), pid, command: pid.map(command).unwrap_or_default() }
}

/// Who has locked a file that the tree waits for; `None` when nobody has, or the tree does not wait.
fn locker(file: &Metadata, path: &str, held: &[Held], tree: &[Seen], asks: bool) -> Option<Option<u32>> {
    let number = file.dev();
    let device = (rustix::fs::major(number), rustix::fs::minor(number));
    let of_file: Vec<&Held> = held.iter().filter(|it| it.inode == file.ino()).collect();
    let is_in_tree = |it: &Held| it.pid.is_some_and(|pid| tree.iter().any(|seen| seen.pid == pid));
    let waits = of_file.iter().any(|it| it.waits && is_in_tree(it));
    // Layered file systems tell another device here than there: then the holder's open files decide.
    let is_this = |it: &Held| it.device == device || it.pid.is_some_and(|pid| has_open(pid, path));
    let holder = of_file.into_iter().find(|it| !it.waits && is_this(it))?;
    (waits || asks).then_some(holder.pid)
}

/// The process that a file names, if it lives; what names none is held by somebody all the same.
fn owner(path: &str) -> Option<Option<u32>> {
    let text = String::from_utf8_lossy(&read(path, 32)?).into_owned();
    match text.split_whitespace().next().and_then(|word| word.parse().ok()) {
        Some(pid) => see(pid).filter(Seen::lives).map(|seen| Some(seen.pid)),
        None => Some(None),
    }
}

fn has_open(pid: u32, path: &str) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().take(MOST_FILES);
    files
        .filter_map(Result::ok)
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == Path::new(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_who_holds_and_who_waits() {
        let held = line("3: POSIX  ADVISORY  WRITE 812 fe:01:10035245 0 EOF").unwrap();
        assert_eq!(held, Held { waits: false, pid: Some(812), device: (0xfe, 1), inode: 10_035_245 });
        let waits = line("3: -> FLOCK  ADVISORY  WRITE 913 00:1f:77 0 EOF").unwrap();
        assert_eq!(waits, Held { waits: true, pid: Some(913), device: (0, 0x1f), inode: 77 });
        // An open file's lock belongs to no process.
        assert_eq!(line("4: OFDLCK ADVISORY  WRITE -1 fe:01:5 0 EOF").unwrap().pid, None);
        for torn in [
            "",
            "3:",
            "3: POSIX ADVISORY",
            "3: POSIX ADVISORY WRITE x fe:01:5 0 EOF",
            "3: POSIX  ADVISORY  WRITE 8 fe",
        ] {
            assert_eq!(line(torn), None, "{torn}");
        }
    }

    #[test]
    fn who_only_runs_beside_a_lock_does_not_wait_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        fs::write(&path, "").unwrap();
        let (file, path) = (fs::metadata(&path).unwrap(), path.display().to_string());
        let device = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
        let line = |waits, pid| Held { waits, pid: Some(pid), device, inode: file.ino() };
        let tree = [see(std::process::id()).unwrap()];
        let me = tree[0].pid;
        let held = [line(false, 1), line(true, me)];
        assert_eq!(locker(&file, &path, &held, &tree, false), Some(Some(1)), "the kernel says that it waits");
        assert_eq!(locker(&file, &path, &held[..1], &tree, false), None);
        assert_eq!(locker(&file, &path, &held[..1], &tree, true), Some(Some(1)), "it asks again and again");
        let elsewhere = [Held { device: (9, 9), ..line(false, 1) }];
        assert_eq!(locker(&file, &path, &elsewhere, &tree, true), None, "the same number of another disk");
    }

    #[test]
    fn a_lock_that_a_dead_process_left_behind_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        let owner = |text: &str| {
            fs::write(&path, text).unwrap();
            owner(&path.display().to_string())
        };
        assert_eq!(owner(&format!("{}\n", std::process::id())), Some(Some(std::process::id())));
        assert_eq!(owner("4194305"), None);
        assert_eq!(owner(""), Some(None), "pacman's says nothing");
    }
}
