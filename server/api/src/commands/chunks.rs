//! Chunks of output in replies: as they are in MessagePack, with bytes in base64 in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_protocol::{Chunk, Lost, Millis, Payload, Stream};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A chunk as JSON shows it: with either `Data` or `Dropped`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    offset: u64,
    step: u16,
    stream: Stream,
    at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped: Option<Hole>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Hole {
    bytes: u64,
    lines: u64,
    why: Lost,
}

impl Shown {
    fn of(chunk: &Chunk) -> Self {
        let (data, dropped) = match &chunk.payload {
            Payload::Data(bytes) => (Some(STANDARD.encode(bytes)), None),
            Payload::Dropped { bytes, lines, why } => {
                (None, Some(Hole { bytes: *bytes, lines: *lines, why: *why }))
            }
        };
        Self { offset: chunk.offset, step: chunk.step, stream: chunk.stream, at: chunk.at, data, dropped }
    }

    fn chunk<E: serde::de::Error>(self) -> Result<Chunk, E> {
        let payload = match (self.data, self.dropped) {
            (Some(data), _) => Payload::Data(STANDARD.decode(data).map_err(E::custom)?),
            (None, Some(Hole { bytes, lines, why })) => Payload::Dropped { bytes, lines, why },
            (None, None) => return Err(E::missing_field("Data")),
        };
        Ok(Chunk { offset: self.offset, step: self.step, stream: self.stream, at: self.at, payload })
    }
}

pub(super) fn serialize<S: Serializer>(chunks: &[Chunk], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_seq(chunks.iter().map(Shown::of))
    } else {
        chunks.serialize(serializer)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Chunk>, D::Error> {
    if deserializer.is_human_readable() {
        Vec::<Shown>::deserialize(deserializer)?.into_iter().map(Shown::chunk).collect()
    } else {
        Vec::deserialize(deserializer)
    }
}

/// Bytes by themselves.
pub(super) mod bytes {
    use std::fmt;

    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&STANDARD.encode(bytes))
        } else {
            serializer.serialize_bytes(bytes)
        }
    }

    /// Either form, whatever the format says of itself: what is read by way of a tag does not know its format any more.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_any(Either)
    }

    struct Either;

    impl<'de> Visitor<'de> for Either {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes, or base64")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
            STANDARD.decode(text).map_err(E::custom)
        }

        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }

        fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }
    }
}
