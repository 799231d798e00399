//! A control group for what must die: nothing that is started within it gets out of it, however often it forks.
//!
//! It is made when a step's processes are to be killed, and they are put into it then: to enter a group waits for the whole kernel,
//! some 20 ms, which a script that ends by itself need not pay.
//!
//! Made below the agent's own group, where the kernel has control groups of the second kind and this user may: as root, or where
//! the service manager delegated its group (`Delegate=yes`). No controller is used: it is there to kill all of a step's
//! processes at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::see;

/// What groups of steps are called, before what tells them apart.
const PREFIX: &str = "pilothouse-";
/// Groups within a step's group that are looked at.
const MOST_GROUPS: usize = 64;

/// A group.
#[derive(Debug)]
pub(crate) struct Cgroup {
    dir: PathBuf,
}

/// The directory of the group that this process is in.
fn own() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    own_of(&mounts, &groups)
}

fn own_of(mounts: &str, groups: &str) -> Option<PathBuf> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let (root, at) = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut fields = before.split(' ').skip(3);
        (after.split(' ').next() == Some("cgroup2")).then_some((fields.next()?, fields.next()?))
    })?;
    // Where only a part is mounted, as in containers, paths begin at that part.
    let within = Path::new("/").join(path);
    let within = within.strip_prefix(root).ok().or_else(|| within.strip_prefix("/").ok())?.to_owned();
    if within.components().any(|part| part.as_os_str() == "..") {
        return None;
    }
    Some(Path::new(at).join(within))
}

impl Cgroup {
    /// Makes a group for what this process started; `None` where there can be none.
    pub(crate) fn make() -> Option<Self> {
        let parent = own()?;
        sweep(&parent);
        let dir = parent.join(format!("{PREFIX}step.{}", std::process::id()));
        fs::create_dir(&dir).ok()?;
        Some(Self { dir })
    }

    /// Puts a process into it; `false` when it is gone, or may not be put there.
    pub(crate) fn take(&self, pid: u32) -> bool {
        fs::write(self.dir.join("cgroup.procs"), pid.to_string()).is_ok()
    }

    /// Kills everybody in it at once, those too that are just being started; `false` where the kernel cannot.
    pub(crate) fn kill(&self) -> bool {
        fs::write(self.dir.join("cgroup.kill"), "1").is_ok()
    }

    /// Takes it away, if nobody is in it. Who stays in it stays: a later step takes it away.
    pub(crate) fn remove(&self) {
        let _ = remove(&self.dir);
    }
}

/// Groups within a group: beside them there are only the kernel's files.
fn folders(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path())
}

fn remove(dir: &Path) -> io::Result<()> {
    for below in folders(dir).take(MOST_GROUPS) {
        remove(&below)?;
    }
    fs::remove_dir(dir)
}

/// Takes groups away whose step runner is gone, and that nobody is in any more.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let runner = name.rsplit_once('.').and_then(|(_, pid)| pid.parse().ok());
        if runner.is_some_and(|pid| see(pid).is_none()) {
            let _ = remove(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "25 1 0:22 / /sys rw shared:7 - sysfs sysfs rw\n\
                          26 25 0:23 /part /sys/fs/cgroup rw,nosuid shared:8 - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_own_group_is_found_where_it_is_mounted() {
        let hybrid = "4:memory:/a\n0::/part/system.slice/agent.service\n";
        let found = own_of(MOUNTS, hybrid).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/system.slice/agent.service"));
        assert_eq!(own_of(MOUNTS, "4:memory:/a\n"), None, "there are only groups of the first kind");
        assert_eq!(own_of(MOUNTS, "0::/../elsewhere\n"), None, "it is not below what is mounted");
        assert_eq!(own_of("", hybrid), None);
    }
}
