//! The step runner's end of a spool: appends within a bound, and accounts for what does not fit.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pilothouse_protocol::{Chunk, Lost, Payload, Stream};

use super::segments::{Segment, list, record, scan, size_of};
use crate::clock;

/// Segments that a full spool has, so that giving one back makes room soon.
const SEGMENTS: u64 = 16;
/// A hole grows by at most this many bytes before it is written down.
const HOLE: u64 = 1024 * 1024;

/// Appends to a spool.
pub(crate) struct Writer {
    folder: PathBuf,
    file: File,
    /// Bytes of the last segment, and of all.
    length: u64,
    used: u64,
    limit: u64,
    step: u16,
    end: u64,
    hole: Option<Hole>,
}

/// What could not be kept and is not written down yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hole {
    stream: Stream,
    bytes: u64,
    lines: u64,
}

impl Writer {
    /// Opens the spool in `folder` behind its last whole record. `lost` bytes before that could not even be written down.
    ///
    /// # Errors
    /// When its files cannot be read or written.
    pub(crate) fn open(folder: &Path, step: u16, limit: u64, lost: u64) -> io::Result<Self> {
        let last = list(folder)?.pop().unwrap_or_else(|| Segment::at(folder, 0));
        let mut file = open(&last.path)?;
        let (end, length) = scan(&last)?;
        // What was torn is no record.
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        let hole = (lost > 0).then_some(Hole { stream: Stream::Agent, bytes: lost, lines: 0 });
        Ok(Self { folder: folder.to_owned(), file, length, used: size_of(folder)?, limit, step, end, hole })
    }

    /// Whether so many bytes fit. The agent makes room while the server takes what is there.
    pub(crate) fn has_room(&mut self, bytes: usize) -> bool {
        let fits = |used: u64| used.saturating_add(bytes as u64) <= self.limit;
        if !fits(self.used) {
            self.used = size_of(&self.folder).unwrap_or(self.used);
        }
        fits(self.used)
    }

    /// The end of what is written, and the bytes after it that were lost and could not be written down.
    pub(crate) fn end(&self) -> (u64, u64) {
        (self.end, self.hole.map_or(0, |hole| hole.bytes))
    }

    /// Appends what a process said, or notes that it was lost.
    pub(crate) fn append(&mut self, stream: Stream, bytes: Vec<u8>) {
        if self.has_room(bytes.len()) && self.note_hole() {
            let chunk = self.chunk(stream, Payload::Data(bytes));
            if !self.write(&chunk)
                && let Payload::Data(bytes) = chunk.payload
            {
                self.widen(stream, &bytes);
            }
        } else {
            self.widen(stream, &bytes);
            if self.hole.is_some_and(|hole| hole.bytes >= HOLE) {
                self.note_hole();
            }
        }
    }

    /// Writes an open hole down; `false` when the disk does not even take that, and it stays open.
    pub(crate) fn note_hole(&mut self) -> bool {
        let Some(Hole { stream, bytes, lines }) = self.hole else { return true };
        let chunk = self.chunk(stream, Payload::Dropped { bytes, lines, why: Lost::Spool });
        let written = self.write(&chunk);
        if written {
            self.hole = None;
        }
        written
    }

    fn chunk(&self, stream: Stream, payload: Payload) -> Chunk {
        Chunk { offset: self.end, step: self.step, stream, at: clock::now(), payload }
    }

    fn widen(&mut self, stream: Stream, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let hole = self.hole.get_or_insert(Hole { stream, bytes: 0, lines: 0 });
        hole.bytes += bytes.len() as u64;
        hole.lines += lines;
    }

    fn write(&mut self, chunk: &Chunk) -> bool {
        if self.length >= self.limit / SEGMENTS && !self.begin_segment() {
            return false;
        }
        let bytes = record(chunk);
        if self.file.write_all(&bytes).is_err() {
            // What was half written is no record; take it back.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return false;
        }
        self.length += bytes.len() as u64;
        self.used += bytes.len() as u64;
        self.end = chunk.end();
        true
    }

    fn begin_segment(&mut self) -> bool {
        if self.length == 0 {
            return true;
        }
        let Ok(file) = open(&Segment::at(&self.folder, self.end).path) else { return false };
        self.file = file;
        self.length = 0;
        true
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::super::Spool;
    use super::*;

    fn writer(folder: &Path, limit: u64) -> Writer {
        Writer::open(folder, 0, limit, 0).unwrap()
    }

    /// All that a spool holds: bytes of data, and bytes and lines of holes, without gaps between.
    fn read(spool: &Spool) -> (u64, u64, u64) {
        let (mut at, mut data, mut dropped, mut lines) = (0, 0, 0, 0);
        while let Some(chunk) = spool.next(at).unwrap() {
            assert_eq!(chunk.offset, at);
            at = chunk.end();
            match chunk.payload {
                Payload::Data(bytes) => data += bytes.len() as u64,
                Payload::Dropped { bytes, lines: l, .. } => (dropped, lines) = (dropped + bytes, lines + l),
            }
        }
        (data, dropped, lines)
    }

    #[test]
    fn output_beyond_the_bound_is_a_hole_that_says_how_much_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path(), 64 * 1024);
        for _ in 0..100 {
            writer.append(Stream::Stdout, b"0123456789abcde\n".repeat(64));
        }
        assert!(writer.end().1 > 0, "it is being dropped");
        assert!(writer.note_hole());
        let (data, dropped, lines) = read(&Spool::files(dir.path()));
        assert_eq!(data + dropped, 100 * 1024);
        assert_eq!(lines, dropped / 16);
        assert!(data > 32 * 1024, "{data}");
        assert!(size_of(dir.path()).unwrap() <= 65 * 1024);
        assert!(list(dir.path()).unwrap().len() <= 17, "bounded in files");
    }

    #[test]
    fn a_long_output_passes_whole_through_a_small_spool_while_the_server_takes_it() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::files(dir.path());
        let mut writer = writer(dir.path(), 64 * 1024);
        let mut at = 0;
        for _ in 0..1000 {
            assert!(writer.has_room(1024));
            writer.append(Stream::Stdout, vec![b'x'; 1024]);
            while let Some(chunk) = spool.next(at).unwrap() {
                assert_eq!(chunk.offset, at);
                assert!(matches!(chunk.payload, Payload::Data(_)));
                at = chunk.end();
            }
            spool.forget_below(at);
        }
        assert_eq!(at, 1000 * 1024);
        assert!(size_of(dir.path()).unwrap() < 64 * 1024);
    }

    #[test]
    fn who_reads_while_segments_are_begun_skips_nothing() {
        const ALL: u64 = 20_000 * 4096;
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::files(dir.path());
        let mut writer = writer(dir.path(), 256 * 1024);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while writer.end().0 < ALL {
                    if writer.has_room(4096) {
                        writer.append(Stream::Stdout, vec![b'x'; 4096]);
                    }
                }
            });
            let (mut at, mut skipped) = (0, 0);
            while at < ALL {
                let Some(chunk) = spool.next(at).unwrap() else { continue };
                skipped += chunk.offset - at;
                at = chunk.end();
                spool.forget_below(at);
            }
            assert_eq!(skipped, 0);
        });
    }

    #[test]
    fn the_next_step_goes_on_where_the_last_one_was_torn() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = writer(dir.path(), 64 * 1024);
        first.append(Stream::Stdout, b"abc".to_vec());
        first.file.write_all(&[9, 0, 0]).unwrap();
        let mut second = Writer::open(dir.path(), 1, 64 * 1024, 5).unwrap();
        second.append(Stream::Stderr, b"def".to_vec());
        let spool = Spool::files(dir.path());
        assert_eq!(
            spool.next(3).unwrap().unwrap().payload,
            Payload::Dropped { bytes: 5, lines: 0, why: Lost::Spool }
        );
        let last = spool.next(8).unwrap().unwrap();
        assert_eq!((last.step, last.payload), (1, Payload::Data(b"def".to_vec())));
    }
}
