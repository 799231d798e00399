//! A stream in sealed chunks: each is bound to its number and to the head, the last one says that it is the last.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::secrets::{Cipher, DataKey, Nonces, TAG};

/// Plain bytes of a chunk.
const CHUNK: usize = 1024 * 1024;

/// What stands before a chunk: whether it is the last one.
const MORE: u8 = 0;
const LAST: u8 = 1;

/// Seals what is written to it.
pub(super) struct Sealer<W> {
    inner: W,
    cipher: Cipher,
    nonces: Nonces,
    head: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
}

/// What a chunk is bound to beside its number.
fn about(head: &[u8], mark: u8) -> Vec<u8> {
    [head, &[mark]].concat()
}

impl<W: Write> Sealer<W> {
    /// `head` stands before the chunks, in plain: every chunk is bound to it.
    pub(super) fn new(inner: W, key: &DataKey, head: &[u8]) -> Self {
        let plain = Zeroizing::new(Vec::with_capacity(2 * CHUNK));
        Self { inner, cipher: Cipher::new(key), nonces: Nonces::counted(), head: head.to_vec(), plain }
    }

    fn emit(&mut self, length: usize, mark: u8) -> io::Result<()> {
        let sealed = self.cipher.seal(self.nonces.next(), &about(&self.head, mark), &self.plain[..length]);
        let size = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        self.inner.write_all(&[mark])?;
        self.inner.write_all(&size.to_be_bytes())?;
        self.inner.write_all(&sealed)?;
        self.plain.drain(..length);
        Ok(())
    }

    /// Writes the last chunk.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.emit(self.plain.len(), LAST)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Never beyond its capacity: a vector that grows leaves a copy behind.
        let taken = bytes.len().min(CHUNK);
        self.plain.extend_from_slice(&bytes[..taken]);
        if self.plain.len() > CHUNK {
            self.emit(CHUNK, MORE)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what [`Sealer`] sealed.
pub(super) struct Opener<R> {
    inner: R,
    cipher: Cipher,
    nonces: Nonces,
    head: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    read: usize,
    is_over: bool,
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// That a file ends is no error of the disk, but of the file.
fn cut_off(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { damaged("it is cut off") } else { error }
}

impl<R: Read> Opener<R> {
    pub(super) fn new(inner: R, key: &DataKey, head: &[u8]) -> Self {
        Self {
            inner,
            cipher: Cipher::new(key),
            nonces: Nonces::counted(),
            head: head.to_vec(),
            plain: Zeroizing::default(),
            read: 0,
            is_over: false,
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let mut start = [0; 5];
        self.inner.read_exact(&mut start).map_err(cut_off)?;
        let [mark, size @ ..] = start;
        let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
        if size > CHUNK + TAG {
            return Err(damaged("it was changed, or damaged"));
        }
        let mut sealed = vec![0; size];
        self.inner.read_exact(&mut sealed).map_err(cut_off)?;
        let opened = self.cipher.open(self.nonces.next(), &about(&self.head, mark), &sealed);
        self.plain = opened.ok_or_else(|| damaged("it was changed, or damaged"))?;
        self.read = 0;
        self.is_over = mark == LAST;
        if self.is_over && self.inner.read(&mut [0])? > 0 {
            return Err(damaged("something stands behind its end"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.plain.len() && !self.is_over {
            self.next_chunk()?;
        }
        let rest = &self.plain[self.read..];
        let taken = rest.len().min(into.len());
        into[..taken].copy_from_slice(&rest[..taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &Zeroizing::new([7; 32]), b"head");
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(sealed: &[u8], head: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        Opener::new(sealed, &Zeroizing::new([7; 32]), head).read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn streams_of_every_length_come_back() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let plain: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            assert!(opened(&sealed(&plain), b"head").unwrap() == plain, "{length}");
        }
    }

    #[test]
    fn a_stream_that_was_changed_cut_or_put_in_another_order_is_refused() {
        let whole = sealed(&vec![3; 2 * CHUNK + 10]);
        let each = CHUNK + TAG + 5;
        let (first, second, last) = (&whole[..each], &whole[each..2 * each], &whole[2 * each..]);
        for (wrong, parts) in [
            ("without its end", vec![first, second]),
            ("without its middle", vec![first, last]),
            ("in another order", vec![second, first, last]),
            ("with a chunk twice", vec![first, first, second, last]),
            ("with more behind", vec![first, second, last, b"x"]),
            ("cut within", vec![first, &second[..100]]),
            ("nothing", vec![]),
        ] {
            assert!(opened(&parts.concat(), b"head").is_err(), "{wrong}");
        }
        assert!(opened(&whole, b"another head").is_err());
        for i in [0, 4, 5, each / 2, each, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[i] ^= 1;
            assert!(opened(&changed, b"head").is_err(), "byte {i}");
        }
    }
}
