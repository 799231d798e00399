//! The server's own authority: a private key and a certificate that signs nothing but server certificates.

use std::time::Duration;

use pilothouse_protocol::Millis;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::certificate::Facts;
use super::{Names, TlsError};
use crate::clock::Dice;

/// The name under which it is sealed.
pub const ITEM: &str = "tls/ca";

/// Milliseconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long an authority lasts.
const YEARS: i32 = 10;
/// How long a server's certificate lasts.
pub(super) const LASTS: i64 = 90 * DAY;
/// How far clocks of others may be behind.
const SKEW: i64 = DAY;

/// An authority with its private key: to be dropped when it has signed.
pub struct Authority {
    certificate: CertificateDer<'static>,
    key: Zeroizing<KeyPair>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority(key ***)")
    }
}

impl Authority {
    /// A new one (EC P-256).
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn make(dice: &Dice, now: Millis) -> Result<Self, TlsError> {
        let mut params = lasting(now, i64::from(YEARS) * 365 * DAY);
        let name = format!("Pilothouse CA {}", hex::encode(dice.bytes::<4>()));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = Zeroizing::new(KeyPair::generate()?);
        Ok(Self { certificate: params.self_signed(&*key)?.into(), key })
    }

    /// As it was sealed: certificate and key in PEM.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(pem: &[u8]) -> Result<Self, TlsError> {
        let wrong =
            |what: &str, why: String| TlsError::Authority(format!("its {what} cannot be read: {why}"));
        let text = std::str::from_utf8(pem).map_err(|error| wrong("text", error.to_string()))?;
        let certificate =
            CertificateDer::from_pem_slice(pem).map_err(|error| wrong("certificate", error.to_string()))?;
        // A file of ours may hold more than the key; what reads the key takes the first block.
        let at = text.find("-----BEGIN PRIVATE KEY-----").unwrap_or(text.len());
        let key = KeyPair::from_pem(&text[at..]).map_err(|error| wrong("key", error.to_string()))?;
        Ok(Self { certificate, key: Zeroizing::new(key) })
    }

    /// To be sealed.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let key = Zeroizing::new(self.key.serialize_pem());
        Zeroizing::new([pilothouse_trust::pem(&self.certificate).as_str(), key.as_str()].concat())
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// When it ends.
    ///
    /// # Errors
    /// When its certificate cannot be read.
    pub fn ends(&self) -> Result<Millis, TlsError> {
        Facts::of(&self.certificate).map(|facts| facts.not_after).map_err(TlsError::Authority)
    }

    /// A server's certificate with a key of its own, then the authority's certificate: all in PEM.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn issue(&self, names: &Names, now: Millis) -> Result<Zeroizing<String>, TlsError> {
        let mut params = lasting(now, LASTS.min(self.ends()?.0 - now.0));
        params.subject_alt_names =
            CertificateParams::new(names.iter().map(str::to_owned).collect::<Vec<_>>())?.subject_alt_names;
        params.distinguished_name.push(DnType::CommonName, "pilothouse-server");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = Zeroizing::new(KeyPair::generate()?);
        let issuer = Issuer::from_ca_cert_der(&self.certificate, &*self.key)?;
        let certificate = params.signed_by(&*key, &issuer)?;
        let pem = Zeroizing::new(key.serialize_pem());
        let (own, authority) =
            (pilothouse_trust::pem(certificate.der()), pilothouse_trust::pem(&self.certificate));
        Ok(Zeroizing::new([own.as_str(), authority.as_str(), pem.as_str()].concat()))
    }
}

/// What is valid from now on, for so many milliseconds.
fn lasting(now: Millis, lasts: i64) -> CertificateParams {
    let at = |millis: i64| {
        date_time_ymd(1970, 1, 1) + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = at(now.0 - SKEW);
    params.not_after = at(now.0 + lasts);
    params
}
