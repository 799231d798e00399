//! Packed output: records in zstd blocks of about 256 KiB, then an index, so that reading from an offset or a line unpacks one
//! block.
//!
//! ```text
//! block … block | index: (first offset u64, position u64, packed length u32, line ends before u64) …
//!               | entries u32 | end u64 | line ends u64 | open u8 | magic 8 bytes
//! ```
//! The first version of the format, which is read as well, knew nothing of lines: its entries and its end lack them. They are
//! counted when they are first asked for.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pilothouse_protocol::Chunk;

use super::pick::{Extent, Limits, Mark, Picker, Start};
use super::record;

const MAGIC_1: &[u8; 8] = b"PHOUT\0\0\x01";
const MAGIC: &[u8; 8] = b"PHOUT\0\0\x02";
const BLOCK: usize = 256 * 1024;
const LEVEL: i32 = 3;
/// Bytes of an entry of the index, and of what stands behind the index, in the first version and in this one.
const SIZES_1: (usize, usize) = (20, 20);
const SIZES: (usize, usize) = (28, 29);
/// No block can be larger unpacked: a block is closed once it is over [`BLOCK`], by at most one record.
const MAX_UNPACKED: usize = BLOCK + 64 * 1024;

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
    first: Mark,
    extent: Extent,
    index: Vec<(Mark, u32)>,
}

impl<W: Write> Packer<W> {
    fn new(out: W) -> Self {
        let (first, extent) = (Mark::default(), Extent::default());
        Self { out, position: 0, open: Vec::new(), first, extent, index: Vec::new() }
    }

    fn push(&mut self, chunk: &Chunk) -> io::Result<()> {
        if self.open.is_empty() {
            self.first = Mark { offset: chunk.offset, position: self.position, lines: self.extent.lines };
        }
        record::write(chunk, &mut self.open);
        self.extent.grow(chunk);
        if self.open.len() >= BLOCK { self.close_block() } else { Ok(()) }
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let packed = zstd::bulk::compress(&self.open, LEVEL)?;
        self.out.write_all(&packed)?;
        let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
        self.index.push((self.first, length));
        self.position += u64::from(length);
        self.open.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.close_block()?;
        for (mark, length) in &self.index {
            self.out.write_all(&mark.offset.to_le_bytes())?;
            self.out.write_all(&mark.position.to_le_bytes())?;
            self.out.write_all(&length.to_le_bytes())?;
            self.out.write_all(&mark.lines.to_le_bytes())?;
        }
        self.out.write_all(&u32::try_from(self.index.len()).map_err(io::Error::other)?.to_le_bytes())?;
        self.out.write_all(&self.extent.end.to_le_bytes())?;
        self.out.write_all(&self.extent.lines.to_le_bytes())?;
        self.out.write_all(&[u8::from(self.extent.is_open)])?;
        self.out.write_all(MAGIC)?;
        Ok(self.out)
    }
}

/// What is known of a packed file.
#[derive(Debug)]
pub(super) struct Packed {
    path: PathBuf,
    marks: Vec<Mark>,
    lengths: Vec<u32>,
    extent: Extent,
    /// Whether lines were counted.
    counted: bool,
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn number(bytes: &[u8], at: usize) -> io::Result<u64> {
    let bytes = bytes.get(at..at + 8).ok_or_else(|| damaged("too short"))?;
    Ok(u64::from_le_bytes(bytes.try_into().map_err(io::Error::other)?))
}

fn short_number(bytes: &[u8], at: usize) -> io::Result<u32> {
    let bytes = bytes.get(at..at + 4).ok_or_else(|| damaged("too short"))?;
    Ok(u32::from_le_bytes(bytes.try_into().map_err(io::Error::other)?))
}

impl Packed {
    /// Reads the index of a file.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path)?;
        let size = file.metadata()?.len();
        let magic_at = size.checked_sub(8).ok_or_else(|| damaged("too short"))?;
        let magic = read_at(&file, magic_at, 8)?;
        let counted = magic == MAGIC;
        if !counted && magic != MAGIC_1 {
            return Err(damaged("no end mark"));
        }
        let (entry, footer) = if counted { SIZES } else { SIZES_1 };
        let footer_at = size.checked_sub(footer as u64).ok_or_else(|| damaged("too short"))?;
        let foot = read_at(&file, footer_at, footer)?;
        let length = short_number(&foot, 0)? as usize * entry;
        let index_at = footer_at.checked_sub(length as u64).ok_or_else(|| damaged("index too long"))?;
        let index = read_at(&file, index_at, length)?;
        let mut extent = Extent { end: number(&foot, 4)?, ..Extent::default() };
        if counted {
            (extent.lines, extent.is_open) = (number(&foot, 12)?, foot[20] != 0);
        }
        let mut packed = Self { path, marks: Vec::new(), lengths: Vec::new(), extent, counted };
        for entry in index.chunks_exact(entry) {
            let lines = if counted { number(entry, 20)? } else { 0 };
            packed.marks.push(Mark { offset: number(entry, 0)?, position: number(entry, 8)?, lines });
            packed.lengths.push(short_number(entry, 16)?);
        }
        Ok(packed)
    }

    /// End of the output.
    pub(super) const fn end(&self) -> u64 {
        self.extent.end
    }

    /// Of the output, lines counted.
    pub(super) fn extent(&mut self) -> io::Result<Extent> {
        if !self.counted {
            let file = File::open(&self.path)?;
            let mut extent = Extent::default();
            for at in 0..self.marks.len() {
                self.marks[at].lines = extent.lines;
                self.block(&file, at, |chunk| {
                    extent.grow(&chunk);
                    true
                })?;
            }
            (self.extent, self.counted) = (extent, true);
        }
        Ok(self.extent)
    }

    /// A reader of the file as it is now.
    pub(super) fn reader(&self, start: Start, limits: Limits) -> io::Result<PackedReader> {
        let first = Mark::before(&self.marks, start);
        let mark = self.marks.get(first).copied().unwrap_or_default();
        let picker = Picker::new(mark, start, limits);
        let blocks = self.marks.iter().zip(&self.lengths).skip(first);
        let blocks = blocks.map(|(mark, length)| (mark.position, *length)).collect();
        Ok(PackedReader { file: File::open(&self.path)?, picker, blocks })
    }

    fn block(&self, file: &File, at: usize, take: impl FnMut(Chunk) -> bool) -> io::Result<bool> {
        unpack(file, self.marks[at].position, self.lengths[at], take)
    }
}

/// Reads a packed file, which may be let go of meanwhile.
pub(super) struct PackedReader {
    file: File,
    picker: Picker,
    blocks: Vec<(u64, u32)>,
}

impl PackedReader {
    /// The line in which the first chunk begins, and the chunks.
    pub(super) fn read(mut self) -> io::Result<(u64, Vec<Chunk>)> {
        for (position, length) in self.blocks {
            if !unpack(&self.file, position, length, |chunk| self.picker.take(chunk))? {
                break;
            }
        }
        Ok(self.picker.finish())
    }
}

/// Hands the records of a block on until it is enough; whether more are wanted.
fn unpack(file: &File, position: u64, length: u32, mut take: impl FnMut(Chunk) -> bool) -> io::Result<bool> {
    let packed = read_at(file, position, length as usize)?;
    let block = zstd::bulk::decompress(&packed, MAX_UNPACKED)?;
    let mut rest = block.as_slice();
    while !rest.is_empty() {
        let (chunk, length) = record::read(rest).ok_or_else(|| damaged("a record is broken"))?;
        rest = &rest[length..];
        if !take(chunk) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read_at(file: &File, position: u64, length: usize) -> io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (file, vec![0; length]);
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
