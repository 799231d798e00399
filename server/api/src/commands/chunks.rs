//! Chunks of output in replies: as they are in MessagePack, with bytes in base64 in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_protocol::{Chunk, Lost, Millis, Payload, Stream};
use serde::de::Error as _;
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
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&STANDARD.encode(bytes))
        } else {
            serializer.serialize_bytes(bytes)
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        if deserializer.is_human_readable() {
            STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
        } else {
            serde_bytes::ByteBuf::deserialize(deserializer).map(serde_bytes::ByteBuf::into_vec)
        }
    }
}
