//! The canonical request: the one form in which both ends sign the same bytes.

use std::fmt::Write as _;

use http::HeaderMap;
use http::request::Parts;

/// Every line but the last, which is the body's digest in hex.
pub(super) fn request_without_digest(head: &Parts, signed_headers: &[String]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(path(head.uri.path()).as_bytes());
    out.push(b'\n');
    out.extend_from_slice(query(head.uri.query().unwrap_or_default()).as_bytes());
    out.push(b'\n');
    for name in signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        header(&head.headers, name, &mut out);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.join(";").as_bytes());
    out.push(b'\n');
    out
}

/// Without dot segments and doubled slashes; what stands on the wire is encoded once more (all services but S3 do so).
fn path(wire: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in wire.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut out = String::with_capacity(wire.len() + 1);
    for segment in &segments {
        out.push('/');
        encode(segment.as_bytes(), &mut out);
    }
    let names_a_folder = wire.ends_with('/') || wire.ends_with("/.") || wire.ends_with("/..");
    if segments.is_empty() || names_a_folder {
        out.push('/');
    }
    out
}

/// Pairs encoded anew and sorted by name, then value.
fn query(wire: &str) -> String {
    let mut pairs: Vec<(String, String)> = wire
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encoded_anew(name), encoded_anew(value))
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Values of a header joined by commas, each trimmed, runs of spaces made one.
fn header(headers: &HeaderMap, name: &str, out: &mut Vec<u8>) {
    for (i, value) in headers.get_all(name).iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let words =
            value.as_bytes().split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        for (i, word) in words.enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

fn encoded_anew(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&decoded(text), &mut out);
    out
}

/// Percent-encoding undone.
pub(in crate::http) fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match code {
            Some(byte) => {
                out.extend_from_slice(&byte);
                rest = &after[2..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Percent-encodes everything that RFC 3986 does not call unreserved.
fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_and_encoded_once_more() {
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a//b/./c/../d%20e/"), "/a/b/d%2520e/");
        assert_eq!(path("/.."), "/");
    }

    #[test]
    fn a_query_is_sorted_and_encoded_anew() {
        assert_eq!(query("b=2&a=%7e&a=1&c&d=x%2Fy+z"), "a=1&a=~&b=2&c=&d=x%2Fy%2Bz");
    }

    #[test]
    fn a_header_that_comes_twice_is_joined_and_its_spaces_are_folded() {
        let mut headers = HeaderMap::new();
        headers.append("x-amz-meta", http::HeaderValue::from_static("  one   two "));
        headers.append("x-amz-meta", http::HeaderValue::from_static("three"));
        let mut out = Vec::new();
        header(&headers, "x-amz-meta", &mut out);
        assert_eq!(out, b"one two,three");
    }
}
