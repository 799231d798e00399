//! Signatures of requests to stores that speak S3: AWS Signature Version 4, for a GET without a body.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use url::Url;

use super::Keys;
use crate::clock;

/// SHA-256 of nothing: what a GET carries.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The headers by which a GET of `url` is signed now.
///
/// # Errors
/// When the URL names no host.
pub(super) fn signed(url: &Url, keys: &Keys) -> Result<Vec<(&'static str, String)>, String> {
    signed_at(url, keys, &stamp(clock::now().0.div_euclid(1000)))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn signed_at(url: &Url, keys: &Keys, stamp: &str) -> Result<Vec<(&'static str, String)>, String> {
    let host = url.host_str().ok_or("it names no host")?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers =
        vec![("host", host), ("x-amz-content-sha256", NOTHING.to_owned()), ("x-amz-date", stamp.to_owned())];
    if let Some(token) = &keys.session_token {
        headers.push(("x-amz-security-token", token.text().to_owned()));
    }
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    // A URL's path is what goes over the wire, escaped once, which is what S3 signs.
    let request =
        format!("GET\n{}\n{}\n{lines}\n{names}\n{NOTHING}", url.path(), url.query().unwrap_or_default());
    let day = stamp.get(..8).unwrap_or_default();
    let scope = format!("{day}/{}/s3/aws4_request", keys.region);
    let request = hex::encode(digest(&SHA256, request.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}");
    let secret = zeroize::Zeroizing::new(format!("AWS4{}", keys.secret_access_key.text()));
    let key = ["s3", "aws4_request"]
        .iter()
        .fold(hmac(&hmac(secret.as_bytes(), day), &keys.region), |key, part| hmac(&key, part));
    let signature = hex::encode(hmac(&key, &to_sign));
    let id = &keys.access_key_id;
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}");
    headers.push(("authorization", authorization));
    // The client writes its own.
    headers.retain(|(name, _)| *name != "host");
    Ok(headers)
}

/// Seconds since 1970 as S3 writes a moment: `20130524T000000Z`.
fn stamp(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The calendar's cycle of 400 years, begun in March so that leap days come last.
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::download::Secret;

    #[test]
    fn moments_are_those_of_the_calendar() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(1_369_353_600), "20130524T000000Z");
        assert_eq!(stamp(1_709_210_096), "20240229T123456Z");
        assert_eq!(stamp(1_704_067_199), "20231231T235959Z");
    }

    /// Computed by botocore's own signer for the same request.
    #[test]
    fn a_signature_is_that_of_other_clients() {
        let keys = Keys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            session_token: None,
            region: "us-east-1".into(),
        };
        let url = "https://examplebucket.s3.amazonaws.com/dir/a%20file.txt".parse().unwrap();
        let headers = signed_at(&url, &keys, "20130524T000000Z").unwrap();
        let (_, authorization) = headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert_eq!(
            authorization,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
             Signature=584b8d9e8cb09e62da5b680380363951c3b82b1babc4ae98205f4fa6cd5ef73e"
        );
    }
}
