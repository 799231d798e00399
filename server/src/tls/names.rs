//! The names that a certificate is for.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::config::is_name;

/// Host names and IP addresses, each once, as they stand in a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// Those of a server: what this machine calls itself, where it listens, and what the settings add.
    #[must_use]
    pub fn of_server(listen: SocketAddr, host: Option<&str>, added: &[String]) -> Self {
        let mut names = Self::default();
        for name in ["localhost", "127.0.0.1", "::1"].into_iter().chain(host) {
            names.add(name);
        }
        if !listen.ip().is_unspecified() {
            names.add(&listen.ip().to_string());
        }
        added.iter().for_each(|name| names.add(name));
        names
    }

    /// Adds a name; what no certificate can hold is left out.
    pub(super) fn add(&mut self, name: &str) {
        if !is_name(name) {
            return;
        }
        // An address can be written in more than one way.
        let name = name.parse::<IpAddr>().map_or_else(|_| name.to_ascii_lowercase(), |ip| ip.to_string());
        self.0.insert(name);
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// What this machine calls itself.
#[cfg(unix)]
#[must_use]
pub fn host_name() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

/// What this machine calls itself.
#[cfg(not(unix))]
#[must_use]
pub fn host_name() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listen: &str, host: Option<&str>, added: &[&str]) -> Vec<String> {
        let added: Vec<String> = added.iter().map(|name| (*name).to_owned()).collect();
        Names::of_server(listen.parse().unwrap(), host, &added).iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_server_is_called_by_what_it_knows_and_what_it_is_told() {
        assert_eq!(
            names("10.0.0.5:8440", Some("Pilot"), &["ops.example", "FD00:0::5", "*.ops.example", "pilot"]),
            ["*.ops.example", "10.0.0.5", "127.0.0.1", "::1", "fd00::5", "localhost", "ops.example", "pilot"]
        );
    }

    #[test]
    fn any_address_is_no_name_and_a_strange_host_name_is_left_out() {
        assert_eq!(names("0.0.0.0:8440", Some("my host!"), &[]), ["127.0.0.1", "::1", "localhost"]);
    }
}
