//! Packed output: records in zstd blocks of about 256 KiB, then an index, so that reading from an offset unpacks one block.
//!
//! ```text
//! block … block | index: (first offset u64, position u64, packed length u32) … | entries u32 | end u64 | magic 8 bytes
//! ```

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use pilothouse_protocol::Chunk;

use super::record;

const MAGIC: &[u8; 8] = b"PHOUT\0\0\x01";
const BLOCK: usize = 256 * 1024;
const LEVEL: i32 = 3;
const ENTRY: usize = 20;
const FOOTER: usize = 20;
/// No block can be larger unpacked: a block is closed once it is over [`BLOCK`], by at most one record.
const MAX_UNPACKED: usize = BLOCK + 64 * 1024;

#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: u64,
    position: u64,
    length: u32,
}

/// Packs the records in the first `length` bytes of a log into a new file, which is on the disk when this returns.
pub(super) fn pack(log: &Path, length: u64, into: &Path) -> io::Result<()> {
    let mut packer = Packer::new(BufWriter::new(File::create(into)?));
    let mut failed = None;
    record::each(BufReader::with_capacity(record::READ, File::open(log)?.take(length)), |chunk, _| {
        failed = packer.push(&chunk).err();
        failed.is_none()
    })?;
    if let Some(error) = failed {
        std::fs::remove_file(into)?;
        return Err(error);
    }
    packer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Writes blocks and, at last, the index.
struct Packer<W: Write> {
    out: W,
    position: u64,
    open: Vec<u8>,
    first: u64,
    end: u64,
    index: Vec<Entry>,
}

impl<W: Write> Packer<W> {
    fn new(out: W) -> Self {
        Self { out, position: 0, open: Vec::new(), first: 0, end: 0, index: Vec::new() }
    }

    fn push(&mut self, chunk: &Chunk) -> io::Result<()> {
        if self.open.is_empty() {
            self.first = chunk.offset;
        }
        record::write(chunk, &mut self.open);
        self.end = chunk.end();
        if self.open.len() >= BLOCK { self.close_block() } else { Ok(()) }
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let packed = zstd::bulk::compress(&self.open, LEVEL)?;
        self.out.write_all(&packed)?;
        let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
        self.index.push(Entry { offset: self.first, position: self.position, length });
        self.position += u64::from(length);
        self.open.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.close_block()?;
        for entry in &self.index {
            self.out.write_all(&entry.offset.to_le_bytes())?;
            self.out.write_all(&entry.position.to_le_bytes())?;
            self.out.write_all(&entry.length.to_le_bytes())?;
        }
        self.out.write_all(&u32::try_from(self.index.len()).map_err(io::Error::other)?.to_le_bytes())?;
        self.out.write_all(&self.end.to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        Ok(self.out)
    }
}

/// A packed file.
pub(super) struct Packed {
    file: File,
    index: Vec<Entry>,
    /// End of the output.
    pub(super) end: u64,
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Packed {
    pub(super) fn open(mut file: File) -> io::Result<Self> {
        let size = file.seek(SeekFrom::End(0))?;
        let footer_at = size.checked_sub(FOOTER as u64).ok_or_else(|| damaged("too short"))?;
        let footer = read_at(&mut file, footer_at, FOOTER)?;
        if &footer[12..] != MAGIC {
            return Err(damaged("no end mark"));
        }
        let entries = u32::from_le_bytes(footer[..4].try_into().map_err(io::Error::other)?) as usize;
        let end = u64::from_le_bytes(footer[4..12].try_into().map_err(io::Error::other)?);
        let index_at =
            footer_at.checked_sub((entries * ENTRY) as u64).ok_or_else(|| damaged("index too long"))?;
        let bytes = read_at(&mut file, index_at, entries * ENTRY)?;
        let index = bytes
            .chunks_exact(ENTRY)
            .map(|entry| {
                Ok(Entry {
                    offset: u64::from_le_bytes(entry[..8].try_into().map_err(io::Error::other)?),
                    position: u64::from_le_bytes(entry[8..16].try_into().map_err(io::Error::other)?),
                    length: u32::from_le_bytes(entry[16..].try_into().map_err(io::Error::other)?),
                })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { file, index, end })
    }

    /// Chunks from `from` on, about `max_bytes` of them.
    pub(super) fn read(&mut self, from: u64, max_bytes: usize) -> io::Result<Vec<Chunk>> {
        let start = self.index.partition_point(|entry| entry.offset <= from).saturating_sub(1);
        let mut chunks = Vec::new();
        let mut taken = 0;
        for entry in &self.index[start..] {
            let packed = read_at(&mut self.file, entry.position, entry.length as usize)?;
            let block = zstd::bulk::decompress(&packed, MAX_UNPACKED)?;
            let mut rest = block.as_slice();
            while !rest.is_empty() {
                let (chunk, length) = record::read(rest).ok_or_else(|| damaged("a record is broken"))?;
                rest = &rest[length..];
                if let Some(chunk) = chunk.from_offset(from) {
                    taken += length;
                    chunks.push(chunk);
                    if taken >= max_bytes {
                        return Ok(chunks);
                    }
                }
            }
        }
        Ok(chunks)
    }
}

fn read_at(file: &mut File, position: u64, length: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(position))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
