//! Facts about this machine.

use std::fs;

use pilothouse_document::Platform;
use pilothouse_protocol::Facts;

use crate::host::program::VERSION;
use crate::host::told;

/// What this machine says about itself.
pub(super) fn facts(platform: Platform) -> Facts {
    let uname = rustix::system::uname();
    let name = Some(os_release("NAME")).filter(|name| !name.is_empty());
    Facts {
        agent_version: VERSION.to_owned(),
        platform: Some(told(platform)),
        platform_name: name.unwrap_or_else(|| std::env::consts::OS.into()),
        platform_version: os_release("VERSION_ID"),
        architecture: std::env::consts::ARCH.to_owned(),
        computer_name: uname.nodename().to_string_lossy().into_owned(),
        ip_address: address(),
        kernel: uname.release().to_string_lossy().into_owned(),
        boot_id: boot_id(),
        cpus: std::thread::available_parallelism().map_or(0, |n| u32::try_from(n.get()).unwrap_or(0)),
        memory_bytes: memory(),
        tags: std::collections::BTreeMap::new(),
    }
}

/// Changes with each boot. What the kernel draws at random, where it does; else the instant of the boot.
pub(super) fn boot_id() -> String {
    if cfg!(target_os = "linux") {
        first_line("/proc/sys/kernel/random/boot_id")
    } else {
        sysinfo::System::boot_time().map_or_else(|_| String::new(), |at| at.to_string())
    }
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned()
}

/// A value of `/etc/os-release`.
fn os_release(name: &str) -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_default().trim_matches('"').to_owned()
}

/// The first address that is not loopback.
fn address() -> String {
    let networks = sysinfo::Networks::new_with_refreshed_list().ok();
    let mut all: Vec<_> = networks
        .iter()
        .flat_map(|networks| networks.values())
        .flat_map(|data| data.ip_networks().iter().map(|network| network.addr))
        .filter(|address| !address.is_loopback() && !address.is_unspecified())
        .collect();
    all.sort_by_key(|address| (address.is_ipv6(), address.to_string()));
    all.first().map_or_else(|| String::from("127.0.0.1"), ToString::to_string)
}

fn memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    line.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}
