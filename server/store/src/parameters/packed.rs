//! A parameter in as few bytes as it takes, for the shelf: not for a disk, as nothing says which version of this it was written by.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;

use super::{Origin, ParameterRecord, Value, VersionRecord};
use crate::shelf::Item;

/// Before a plain value.
const PLAIN: u8 = 0;
/// Before a sealed one.
const SEALED: u8 = 1;

/// Packs all of a parameter but its place.
pub(super) fn pack(it: &ParameterRecord) -> Item {
    let ParameterRecord { newest, tags } = it;
    let mut bytes = Vec::with_capacity(384);
    number(&mut bytes, newest.version);
    number(&mut bytes, newest.modified_at.0);
    match &newest.value {
        Value::Plain(value) => {
            bytes.push(PLAIN);
            part(&mut bytes, value.as_bytes());
        }
        Value::Sealed { sealed, key_id } => {
            bytes.push(SEALED);
            part(&mut bytes, sealed);
            part(&mut bytes, key_id.as_bytes());
        }
    }
    let Origin { source, user_agent, access_key_id } = &newest.origin;
    for text in [
        &newest.name,
        &newest.kind,
        &newest.tier,
        &newest.data_type,
        &newest.modified_by,
        source,
        user_agent,
        access_key_id,
    ] {
        part(&mut bytes, text.as_bytes());
    }
    for text in [&newest.key_name, &newest.description, &newest.allowed_pattern] {
        bytes.push(u8::from(text.is_some()));
        part(&mut bytes, text.as_deref().unwrap_or_default().as_bytes());
    }
    for text in tags.iter().flat_map(|(name, value)| [name, value]) {
        part(&mut bytes, text.as_bytes());
    }
    bytes.into()
}

fn number(bytes: &mut Vec<u8>, it: i64) {
    bytes.extend_from_slice(&it.to_le_bytes());
}

/// Its length before it.
fn part(bytes: &mut Vec<u8>, it: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(it.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(it);
}

/// What is left to be unpacked.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn part(&mut self) -> Option<Vec<u8>> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part.to_vec())
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.part()?).ok()
    }

    fn maybe_text(&mut self) -> Option<Option<String>> {
        let [is_there] = self.array()?;
        let text = self.text()?;
        Some((is_there == 1).then_some(text))
    }

    fn value(&mut self) -> Option<Value> {
        Some(match self.array()? {
            [SEALED] => Value::Sealed { sealed: self.part()?, key_id: self.text()? },
            _ => Value::Plain(self.text()?),
        })
    }
}

/// Unpacks the parameter of a place; nothing when it was not packed here.
pub(super) fn unpack(region: &str, path: &str, it: &Item) -> Option<ParameterRecord> {
    let mut rest = Rest(it);
    let (version, modified_at, value) = (rest.number()?, Millis(rest.number()?), rest.value()?);
    let (name, kind, tier, data_type) = (rest.text()?, rest.text()?, rest.text()?, rest.text()?);
    let modified_by = rest.text()?;
    let origin = Origin { source: rest.text()?, user_agent: rest.text()?, access_key_id: rest.text()? };
    let (key_name, description, allowed_pattern) =
        (rest.maybe_text()?, rest.maybe_text()?, rest.maybe_text()?);
    let mut tags = BTreeMap::new();
    while !rest.0.is_empty() {
        tags.insert(rest.text()?, rest.text()?);
    }
    let newest = VersionRecord {
        region: region.to_owned(),
        path: path.to_owned(),
        name,
        version,
        kind,
        value,
        key_name,
        description,
        allowed_pattern,
        tier,
        data_type,
        modified_at,
        modified_by,
        origin,
    };
    Some(ParameterRecord { newest, tags })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let newest = VersionRecord {
            region: "here".into(),
            path: "/a/b".into(),
            name: "/a/b".into(),
            version: 7,
            kind: "SecureString".into(),
            value: Value::Sealed { sealed: vec![0, 255, 7], key_id: "mk-1".into() },
            key_name: Some("alias/mine".into()),
            description: None,
            allowed_pattern: Some(String::new()),
            tier: "Advanced".into(),
            data_type: "text".into(),
            modified_at: Millis(-1),
            modified_by: "arn".into(),
            origin: Origin { source: "::1".into(), user_agent: "ä".repeat(300), access_key_id: "K".into() },
        };
        let tags = BTreeMap::from([("env".into(), "prod".into()), ("x".into(), String::new())]);
        let plain = VersionRecord { value: Value::Plain(String::new()), key_name: None, ..newest.clone() };
        for it in [ParameterRecord { newest, tags }, ParameterRecord { newest: plain, tags: BTreeMap::new() }]
        {
            let packed = pack(&it);
            assert_eq!(unpack("here", "/a/b", &packed), Some(it));
            assert_eq!(unpack("here", "/a/b", &packed[..packed.len() - 1].into()), None);
        }
    }
}
