//! Certificates as others see them: shaken hands over a pipe, at times that tests choose.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_protocol::Millis;
use pilothouse_store::Store;
use pilothouse_trust::{Authority as Trusted, Distrust, Fingerprint, WrongAuthority};
use rustls::time_provider::TimeProvider;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::authority::{Authority, DAY};
use super::*;
use crate::rig::counting_dice;
use crate::secrets::Secrets;

const NOW: Millis = Millis(1_790_000_000_000);

#[derive(Debug)]
struct At(Millis);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(self.0.0).unwrap())))
    }
}

fn later(days: i64) -> Millis {
    Millis(NOW.0 + days * DAY)
}

async fn vault() -> Vault {
    let store = Store::open("sqlite::memory:").await.unwrap();
    Vault { store, secrets: Secrets::for_tests(), dice: counting_dice() }
}

fn names(added: &[&str]) -> Names {
    let added: Vec<String> = added.iter().map(|name| (*name).to_owned()).collect();
    Names::of_server("127.0.0.1:8440".parse().unwrap(), None, &added)
}

/// Shakes hands as a client of `name` does at `now`; gives the chain that was shown.
async fn shake(
    acceptor: TlsAcceptor,
    trusted: &Trusted,
    name: &str,
    now: Millis,
) -> io::Result<Vec<CertificateDer<'static>>> {
    let mut config = trusted.client_config().unwrap();
    config.time_provider = Arc::new(At(now));
    let name = name.parse::<IpAddr>().map_or_else(
        |_| ServerName::try_from(name.to_owned()).unwrap(),
        |ip| ServerName::IpAddress(ip.into()),
    );
    let (near, far) = tokio::io::duplex(64 * 1024);
    let connector = TlsConnector::from(Arc::new(config));
    let (client, server) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
    let client = client?;
    server?;
    Ok(client.get_ref().1.peer_certificates().unwrap().to_vec())
}

#[tokio::test]
async fn the_first_start_makes_an_authority_and_a_certificate_for_every_name() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault().await);
    let tls =
        Tls::own(dir.path(), names(&["ops.example", "*.web.example"]), vault.clone(), NOW).await.unwrap();
    let trusted = Trusted::Fingerprint(tls.fingerprint().unwrap());
    for name in ["localhost", "127.0.0.1", "::1", "ops.example", "a.web.example"] {
        let shown = shake(tls.acceptor().unwrap(), &trusted, name, NOW).await.unwrap();
        assert_eq!(shown.len(), 2, "the authority's certificate comes along");
    }
    let stranger =
        shake(tls.acceptor().unwrap(), &trusted, "other.example", NOW).await.unwrap_err().to_string();
    assert!(stranger.contains("other.example") && stranger.contains("ops.example"), "{stranger}");
    let file = dir.path().join(DIR).join(AUTHORITY_FILE);
    shake(tls.acceptor().unwrap(), &Trusted::File(file), "localhost", NOW).await.unwrap();
}

#[tokio::test]
async fn the_authoritys_key_lies_on_no_disk_and_what_does_is_the_owners_alone() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault().await);
    Tls::own(dir.path(), names(&[]), vault.clone(), NOW).await.unwrap();
    let item =
        pilothouse_store::secrets::get(&mut vault.store.read().await.unwrap(), ITEM).await.unwrap().unwrap();
    let plain = vault.secrets.open(ITEM, &item.sealed).await.unwrap();
    let secret = String::from_utf8(plain.to_vec()).unwrap();
    let secret =
        secret.split("-----BEGIN PRIVATE KEY-----\n").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert!(!item.sealed.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir.path().join(DIR)).unwrap() {
        let path = entry.unwrap().path();
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&secret), "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        files.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    files.sort();
    assert_eq!(files, [AUTHORITY_FILE, SERVER_FILE]);
}

#[tokio::test]
async fn a_certificate_is_renewed_a_month_before_it_ends_while_the_server_runs() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault().await);
    let tls = Tls::own(dir.path(), names(&[]), vault, NOW).await.unwrap();
    let trusted = Trusted::Fingerprint(tls.fingerprint().unwrap());
    let acceptor = tls.acceptor().unwrap();
    let first = shake(acceptor.clone(), &trusted, "localhost", NOW).await.unwrap();
    assert!(!tls.tend(later(59)).await.unwrap(), "61 days are left");
    assert_eq!(shake(acceptor.clone(), &trusted, "localhost", later(59)).await.unwrap(), first);
    let late = shake(acceptor.clone(), &trusted, "localhost", later(91)).await.unwrap_err().to_string();
    assert!(late.contains("expired"), "{late}");
    assert!(tls.tend(later(61)).await.unwrap(), "29 days are left");
    assert!(!tls.tend(later(62)).await.unwrap());
    let second = shake(acceptor, &trusted, "localhost", later(91)).await.unwrap();
    assert_ne!(second[0], first[0]);
    assert_eq!(second[1], first[1], "the authority is the same");
}

#[tokio::test]
async fn a_restart_keeps_the_certificate_unless_the_names_changed_or_it_is_damaged() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault().await);
    let mut shown = Vec::new();
    for added in [&[][..], &[], &["ops.example"], &["ops.example"]] {
        let tls = Tls::own(dir.path(), names(added), vault.clone(), NOW).await.unwrap();
        let trusted = Trusted::Fingerprint(tls.fingerprint().unwrap());
        shown.push(shake(tls.acceptor().unwrap(), &trusted, "localhost", NOW).await.unwrap());
    }
    assert_eq!(shown[0], shown[1]);
    assert_ne!(shown[1][0], shown[2][0]);
    assert_eq!(shown[1][1], shown[2][1]);
    assert_eq!(shown[2], shown[3]);
    let file = dir.path().join(DIR).join(SERVER_FILE);
    let half = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &half[..half.len() / 2]).unwrap();
    std::fs::remove_file(dir.path().join(DIR).join(AUTHORITY_FILE)).unwrap();
    let tls = Tls::own(dir.path(), names(&["ops.example"]), vault.clone(), NOW).await.unwrap();
    let trusted = Trusted::File(dir.path().join(DIR).join(AUTHORITY_FILE));
    let after = shake(tls.acceptor().unwrap(), &trusted, "localhost", NOW).await.unwrap();
    assert_eq!(after[1], shown[3][1]);
}

#[tokio::test]
async fn an_authority_is_ten_years_old_at_most_and_signs_servers_alone() {
    let authority = Authority::make(&counting_dice(), NOW).unwrap();
    let certificate = authority.certificate();
    let facts = Facts::of(certificate).unwrap();
    assert_eq!(facts.not_after, later(3650));
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).unwrap();
    assert!(parsed.subject().to_string().starts_with("CN=Pilothouse CA "), "{}", parsed.subject());
    let constraints = parsed.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca && constraints.value.path_len_constraint == Some(0));
    let again = Authority::parse(authority.to_pem().as_bytes()).unwrap();
    assert_eq!(again.certificate(), certificate);
    let late = later(3600);
    let issued = again.issue(&names(&[]), late).unwrap();
    let issued = Facts::of(&certificate::chain(issued.as_bytes()).unwrap()[0]).unwrap();
    assert_eq!(issued.not_after, later(3650), "nothing outlives its authority");
}

#[tokio::test]
async fn when_the_authority_ends_nothing_is_renewed_in_vain_and_the_next_start_makes_another() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), vault().await);
    let tls = Tls::own(dir.path(), names(&[]), vault.clone(), NOW).await.unwrap();
    assert!(tls.tend(later(3630)).await.unwrap());
    assert!(!tls.tend(later(3631)).await.unwrap(), "another one would end on the same day");
    let after = Tls::own(dir.path(), names(&[]), vault, later(3651)).await.unwrap();
    assert_ne!(after.fingerprint(), tls.fingerprint());
    let file = Trusted::File(dir.path().join(DIR).join(AUTHORITY_FILE));
    shake(after.acceptor().unwrap(), &file, "localhost", later(3651)).await.unwrap();
}

#[tokio::test]
async fn another_authority_is_refused_and_both_fingerprints_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::own(dir.path(), names(&[]), vault().await, NOW).await.unwrap();
    let expected = Fingerprint::of(Authority::make(&counting_dice(), NOW).unwrap().certificate());
    let refused = shake(tls.acceptor().unwrap(), &Trusted::Fingerprint(expected), "localhost", NOW).await;
    let found = tls.fingerprint().unwrap();
    let wrong = Distrust::WrongAuthority(WrongAuthority { expected, found });
    assert_eq!(Distrust::behind(&refused.unwrap_err()), Some(wrong));
}

/// An authority's certificate is public: to show it proves nothing.
#[tokio::test]
async fn who_shows_the_right_authority_without_a_certificate_of_its_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (right, wrong) =
        (Authority::make(&counting_dice(), NOW).unwrap(), Authority::make(&counting_dice(), NOW).unwrap());
    let forged = wrong.issue(&names(&[]), NOW).unwrap();
    let (own, rest) = forged.split_once("-----END CERTIFICATE-----\n").unwrap();
    let key = &rest[rest.find("-----BEGIN PRIVATE KEY-----").unwrap()..];
    let (certificate, key_file) = (dir.path().join("c.pem"), dir.path().join("k.pem"));
    let chain = format!("{own}-----END CERTIFICATE-----\n{}", pilothouse_trust::pem(right.certificate()));
    std::fs::write(&certificate, chain).unwrap();
    std::fs::write(&key_file, key).unwrap();
    let tls = Tls::given(&certificate, &key_file).unwrap();
    let trusted = Trusted::Fingerprint(Fingerprint::of(right.certificate()));
    let refused = shake(tls.acceptor().unwrap(), &trusted, "localhost", NOW).await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
}

fn write_pair(dir: &Path, authority: &Authority, seconds: u64) -> [PathBuf; 2] {
    let issued = authority.issue(&names(&[]), NOW).unwrap();
    let at = issued.find("-----BEGIN PRIVATE KEY-----").unwrap();
    let paths = [dir.join("server.pem"), dir.join("server.key")];
    for (path, text) in paths.iter().zip([&issued[..at], &issued[at..]]) {
        std::fs::write(path, text).unwrap();
        let time = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        std::fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }
    paths
}

#[tokio::test]
async fn files_that_are_given_are_read_again_when_they_change_and_kept_while_they_do_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::make(&counting_dice(), NOW).unwrap();
    let trusted = Trusted::Fingerprint(Fingerprint::of(authority.certificate()));
    let [certificate, key] = write_pair(dir.path(), &authority, 1000);
    let tls = Tls::given(&certificate, &key).unwrap();
    let acceptor = tls.acceptor().unwrap();
    let first = shake(acceptor.clone(), &trusted, "localhost", NOW).await.unwrap();
    assert!(!tls.tend(NOW).await.unwrap());
    let key_before = std::fs::read(&key).unwrap();
    write_pair(dir.path(), &authority, 2000);
    let key_after = std::fs::read(&key).unwrap();
    std::fs::write(&key, key_before).unwrap();
    assert!(matches!(tls.tend(NOW).await, Err(TlsError::Pair(_))), "one of them is still the old one");
    assert_eq!(shake(acceptor.clone(), &trusted, "localhost", NOW).await.unwrap(), first);
    std::fs::write(&key, key_after).unwrap();
    std::fs::File::options()
        .append(true)
        .open(&key)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH + Duration::from_secs(3000))
        .unwrap();
    assert!(tls.tend(NOW).await.unwrap());
    assert_ne!(shake(acceptor, &trusted, "localhost", NOW).await.unwrap()[0], first[0]);
}
