//! `tls`, `tls_names`, `allow_plain`: how the way to the server is protected.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use rustls_pki_types::DnsName;
use serde::de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::Settings;

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSetting {
    /// From an authority of the server's own: `tls = "auto"`.
    Auto,
    /// From files: `[tls]`.
    Files(TlsFiles),
}

/// Files in PEM. They are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

/// What is spoken where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// Plain HTTP that does not leave the machine.
    Loopback,
    /// Plain HTTP that other machines can reach, as the settings ask for.
    Plain,
    /// TLS with the server's own authority.
    Own,
    /// TLS with a certificate that is given.
    Given(&'a TlsFiles),
}

impl Settings {
    /// What is spoken. Beyond loopback it is TLS, with the server's own authority if nothing else is given, unless plain HTTP is
    /// allowed there.
    #[must_use]
    pub fn way(&self) -> Way<'_> {
        match &self.tls {
            Some(TlsSetting::Auto) => Way::Own,
            Some(TlsSetting::Files(files)) => Way::Given(files),
            None if self.listen.ip().is_loopback() => Way::Loopback,
            None if self.allow_plain => Way::Plain,
            None => Way::Own,
        }
    }
}

/// A name that a certificate can hold: an IP address, or a host's name, of which the first label may be `*`.
pub(crate) fn is_name(name: &str) -> bool {
    let host = name.strip_prefix("*.").unwrap_or(name);
    name.parse::<IpAddr>().is_ok() || DnsName::try_from(host).is_ok()
}

impl<'de> Deserialize<'de> for TlsSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = TlsSetting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"auto\", or a table with certificate and key")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TlsSetting, E> {
                match text {
                    "auto" => Ok(TlsSetting::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TlsSetting, A::Error> {
                TlsFiles::deserialize(MapAccessDeserializer::new(map)).map(TlsSetting::Files)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A list; in the environment, a text with commas.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of host names and IP addresses")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            Ok(names.map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = list.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    deserializer.deserialize_any(List)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(address: &str) -> Settings {
        let mut settings = Settings::local(PathBuf::from("/x"));
        settings.listen = address.parse().unwrap();
        settings
    }

    #[test]
    fn beyond_loopback_it_is_tls_unless_plain_http_is_asked_for() {
        assert_eq!(listening("127.0.0.1:8440").way(), Way::Loopback);
        assert_eq!(listening("[::1]:8440").way(), Way::Loopback);
        for address in ["0.0.0.0:8440", "[::]:8440", "10.0.0.5:8440"] {
            let mut settings = listening(address);
            assert_eq!(settings.way(), Way::Own);
            settings.allow_plain = true;
            assert_eq!(settings.way(), Way::Plain);
            settings.tls = Some(TlsSetting::Auto);
            assert_eq!(settings.way(), Way::Own, "what is asked for goes before what is allowed");
        }
    }

    #[test]
    fn a_name_is_a_host_or_an_address() {
        for name in ["ops.example", "*.ops.example", "10.0.0.5", "fd00::5", "web_1", "localhost"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "https://ops.example", "ops.example:8440", "a b", "*", "10.0.0.0/8", "-x"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
