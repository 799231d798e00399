//! The files of a spool, and reading them while they grow.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use pilothouse_protocol::{Chunk, Lost, Payload, Stream};

use crate::clock;

/// Bytes of one record, at most: a chunk with its envelope.
const MAX_RECORD: usize = 64 * 1024;
const PREFIX: &str = "spool-";

/// The record of a chunk.
pub(super) fn record(chunk: &Chunk) -> Vec<u8> {
    let body = rmp_serde::to_vec_named(chunk).unwrap_or_default();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [length.to_le_bytes().as_slice(), &body].concat()
}

/// The first record in `bytes`, and its length.
fn first(bytes: &[u8]) -> Option<(Chunk, usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let body = bytes.get(4..4 + length).filter(|_| length <= MAX_RECORD)?;
    rmp_serde::from_slice(body).ok().map(|chunk| (chunk, 4 + length))
}

/// A file of a spool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    /// Offset of its first record.
    pub(super) start: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    pub(super) fn at(folder: &Path, start: u64) -> Self {
        Self { start, path: folder.join(format!("{PREFIX}{start:020}")) }
    }
}

/// The segments in a folder, in order; none when there is no such folder (any more).
pub(super) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(start) = name.strip_prefix(PREFIX).and_then(|digits| digits.parse().ok()) {
            segments.push(Segment { start, path });
        }
    }
    segments.sort();
    Ok(segments)
}

/// Bytes that a spool takes on disk.
pub(crate) fn size_of(folder: &Path) -> io::Result<u64> {
    let sizes =
        list(folder)?.into_iter().map(|segment| fs::metadata(segment.path).map_or(0, |data| data.len()));
    Ok(sizes.sum())
}

/// Where the last segment begins, and its length; nothing is read for that.
pub(super) fn mark(folder: &Path) -> (u64, u64) {
    let last = list(folder).ok().and_then(|mut all| all.pop());
    last.map_or((0, 0), |last| (last.start, fs::metadata(&last.path).map_or(0, |data| data.len())))
}

/// Removes all segments in a folder.
pub(super) fn clear(folder: &Path) -> io::Result<()> {
    list(folder)?.into_iter().try_for_each(|segment| fs::remove_file(segment.path))
}

/// End of the output in a folder.
pub(crate) fn end_of(folder: &Path) -> io::Result<u64> {
    list(folder)?.last().map_or(Ok(0), |segment| scan(segment).map(|(end, _)| end))
}

/// End of the output and length of the whole records in a segment.
pub(super) fn scan(segment: &Segment) -> io::Result<(u64, u64)> {
    let (mut end, mut length) = (segment.start, 0);
    loop {
        let (chunks, read) = read_at(&segment.path, length)?;
        let Some(last) = chunks.last() else { return Ok((end, length)) };
        end = last.end();
        length += read;
    }
}

/// Whole records from a position of a file on, and their length.
fn read_at(path: &Path, position: u64) -> io::Result<(Vec<Chunk>, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(position))?;
    let mut bytes = Vec::with_capacity(4096);
    file.take(MAX_RECORD as u64 + 4).read_to_end(&mut bytes)?;
    let (mut chunks, mut read) = (Vec::new(), 0);
    while let Some((chunk, length)) = first(&bytes[read..]) {
        chunks.push(chunk);
        read += length;
    }
    Ok((chunks, read as u64))
}

/// Reads a spool from any offset, and gives back what is not needed any more.
#[derive(Debug)]
pub(super) struct Reader {
    folder: PathBuf,
    /// The segment that is read, and how far.
    here: Option<(Segment, u64)>,
    /// End of what was read.
    offset: u64,
    /// What was read and not given yet; a few tens of kilobytes at most.
    ahead: VecDeque<Chunk>,
}

impl Reader {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), here: None, offset: 0, ahead: VecDeque::new() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn next(&mut self, from: u64) -> io::Result<Option<Chunk>> {
        let begin = self.ahead.front().map_or(self.offset, |chunk| chunk.offset);
        if from < begin {
            self.here = None;
        }
        loop {
            while self.here.is_some()
                && let Some(chunk) = self.ahead.front()
            {
                if chunk.end() > from {
                    return Ok(chunk.clone().from_offset(from));
                }
                self.ahead.pop_front();
            }
            if self.here.is_none()
                && let Some(hole) = self.seek(from)?
            {
                return Ok(Some(hole));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Goes to the segment that holds `from`. If that was given back already, what is missing is a hole.
    fn seek(&mut self, from: u64) -> io::Result<Option<Chunk>> {
        self.ahead.clear();
        let segments = list(&self.folder)?;
        let holds = segments.iter().rev().find(|segment| segment.start <= from);
        let Some(segment) = holds.or_else(|| segments.first()).cloned() else { return Ok(None) };
        let missing = segment.start.saturating_sub(from);
        self.offset = segment.start;
        self.here = Some((segment, 0));
        let payload = Payload::Dropped { bytes: missing, lines: 0, why: Lost::Spool };
        let hole = Chunk { offset: from, step: 0, stream: Stream::Agent, at: clock::now(), payload };
        Ok((missing > 0).then_some(hole))
    }

    /// Reads on; `false` when there is no more yet.
    fn fill(&mut self) -> io::Result<bool> {
        if self.read_on()? {
            return Ok(true);
        }
        let Some((segment, _)) = &self.here else { return Ok(false) };
        let start = segment.start;
        let next = list(&self.folder)?.into_iter().find(|later| later.start > start);
        let Some(next) = next else { return Ok(false) };
        // Between the look at this one and the look for the next this one may have grown for the last time.
        if next.start > self.offset && self.read_on()? {
            return Ok(true);
        }
        self.here = Some((next, 0));
        Ok(true)
    }

    /// Reads on in the segment; `false` when it has no more.
    fn read_on(&mut self) -> io::Result<bool> {
        let Some((segment, position)) = &mut self.here else { return Ok(false) };
        let (chunks, read) = match read_at(&segment.path, *position) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Given back under our feet: look where the rest begins.
                self.here = None;
                return Ok(true);
            }
            other => other?,
        };
        let Some(last) = chunks.last() else { return Ok(false) };
        *position += read;
        self.offset = last.end();
        self.ahead.extend(chunks);
        Ok(true)
    }

    /// Removes the segments that lie below `to` whole. The last one stays: it says where the output ends.
    pub(super) fn forget_below(&mut self, to: u64) {
        let segments = list(&self.folder).unwrap_or_default();
        for pair in segments.windows(2).filter(|pair| pair[1].start <= to) {
            if let Err(error) = fs::remove_file(&pair[0].path) {
                tracing::debug!(%error, "a segment that the server has could not be removed; it goes with its job");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::Millis;
    use std::io::Write;

    fn chunk(offset: u64, text: &str) -> Chunk {
        let payload = Payload::Data(text.as_bytes().to_vec());
        Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload }
    }

    fn append(folder: &Path, start: u64, bytes: &[u8]) {
        let path = Segment::at(folder, start).path;
        File::options().create(true).append(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn a_spool_is_read_from_any_offset_while_it_grows_and_a_torn_record_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(dir.path());
        assert_eq!(reader.next(0).unwrap(), None);
        append(dir.path(), 0, &record(&chunk(0, "abc")));
        let second = record(&chunk(3, "def"));
        append(dir.path(), 0, &second[..5]);
        assert_eq!(reader.next(0).unwrap(), Some(chunk(0, "abc")));
        assert_eq!(reader.next(0).unwrap(), Some(chunk(0, "abc")), "asking takes nothing away");
        assert_eq!(reader.next(3).unwrap(), None);
        append(dir.path(), 0, &second[5..]);
        assert_eq!(reader.next(4).unwrap(), Some(chunk(4, "ef")));
        assert_eq!(reader.next(1).unwrap(), Some(chunk(1, "bc")), "a new link may begin anywhere");
        assert_eq!(end_of(dir.path()).unwrap(), 6);
    }

    #[test]
    fn segments_follow_each_other_and_those_that_the_server_has_go() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(dir.path());
        append(dir.path(), 0, &record(&chunk(0, "abc")));
        append(dir.path(), 3, &record(&chunk(3, "def")));
        append(dir.path(), 6, &record(&chunk(6, "ghi")));
        for (from, text) in [(0, "abc"), (3, "def"), (6, "ghi")] {
            assert_eq!(reader.next(from).unwrap(), Some(chunk(from, text)));
        }
        reader.forget_below(5);
        assert_eq!(list(dir.path()).unwrap().len(), 2, "the segment of 3 to 6 is not needed below 5 only");
        reader.forget_below(9);
        assert_eq!(list(dir.path()).unwrap(), [Segment::at(dir.path(), 6)], "the last one stays");
        assert_eq!(end_of(dir.path()).unwrap(), 9);
    }

    #[test]
    fn a_server_that_lost_what_it_had_is_told_of_a_hole() {
        let dir = tempfile::tempdir().unwrap();
        append(dir.path(), 6, &record(&chunk(6, "ghi")));
        let mut reader = Reader::new(dir.path());
        let hole = reader.next(2).unwrap().unwrap();
        assert_eq!(
            (hole.offset, hole.payload),
            (2, Payload::Dropped { bytes: 4, lines: 0, why: Lost::Spool })
        );
        assert_eq!(reader.next(6).unwrap(), Some(chunk(6, "ghi")));
    }
}
