//! The output store: what runs print, whole, from any place.

mod crash;
mod lines;
mod quota;
mod small;

use pilothouse_protocol::{Chunk, JobId, Lost, Millis, Payload, Stream};
use pilothouse_store::outputs::{FileOutputs, OutputError, Outputs};
use tempfile::TempDir;

use crate::fixtures::{command_id, instance};

struct Place {
    dir: TempDir,
    outputs: FileOutputs,
    job: JobId,
}

async fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let outputs = FileOutputs::open(dir.path()).await.unwrap();
    Place { dir, outputs, job: JobId { command: command_id(1), instance: instance(1) } }
}

impl Place {
    async fn append(&self, chunks: Vec<Chunk>) -> u64 {
        self.outputs.append(&self.job, chunks).await.unwrap()
    }

    async fn read(&self, from: u64) -> Vec<Chunk> {
        self.outputs.read(&self.job, from, usize::MAX).await.unwrap()
    }

    /// As after the process was killed: nothing is remembered but the files.
    async fn restart(&mut self) {
        self.outputs = FileOutputs::open(self.dir.path()).await.unwrap();
    }

    fn segment(&self) -> std::path::PathBuf {
        self.dir.path().join(self.job.command.as_str()).join("small.seg")
    }

    fn file(&self, extension: &str) -> std::path::PathBuf {
        self.dir.path().join(self.job.command.as_str()).join(format!("{}.{extension}", self.job.instance))
    }
}

fn chunk(offset: u64, bytes: &[u8]) -> Chunk {
    Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload: Payload::Data(bytes.to_vec()) }
}

fn text(chunks: &[Chunk]) -> Vec<u8> {
    let mut at = chunks.first().map_or(0, |it| it.offset);
    let mut bytes = Vec::new();
    for it in chunks {
        assert_eq!(it.offset, at, "chunks follow each other");
        at = it.end();
        if let Payload::Data(data) = &it.payload {
            bytes.extend_from_slice(data);
        }
    }
    bytes
}

/// Output of this many bytes that no two places of it look alike, in chunks of 1,000 bytes.
fn long(length: usize) -> (Vec<u8>, Vec<Chunk>) {
    let bytes: Vec<u8> = (0..).flat_map(|n: u64| format!("line {n}\n").into_bytes()).take(length).collect();
    let chunks = bytes.chunks(1_000).enumerate().map(|(i, it)| chunk(i as u64 * 1_000, it)).collect();
    (bytes, chunks)
}

#[tokio::test]
async fn output_is_read_from_any_offset() {
    let it = place().await;
    assert_eq!(it.append(vec![chunk(0, b"hello "), chunk(6, b"world")]).await, 11);
    assert_eq!(text(&it.read(0).await), b"hello world");
    assert_eq!(text(&it.read(3).await), b"lo world");
    assert_eq!(text(&it.read(6).await), b"world");
    assert_eq!(it.read(11).await, []);
    assert_eq!(it.outputs.end(&it.job).await.unwrap(), 11);
}

#[tokio::test]
async fn output_that_comes_again_is_stored_once() {
    let it = place().await;
    it.append(vec![chunk(0, b"hello ")]).await;
    assert_eq!(it.append(vec![chunk(0, b"hello "), chunk(3, b"lo wor"), chunk(9, b"ld")]).await, 11);
    assert_eq!(text(&it.read(0).await), b"hello world");
}

#[tokio::test]
async fn a_chunk_beyond_the_end_is_refused_with_the_place_to_go_on_from() {
    let it = place().await;
    it.append(vec![chunk(0, b"hello")]).await;
    match it.outputs.append(&it.job, vec![chunk(9, b"?")]).await {
        Err(OutputError::Hole { end, .. }) => assert_eq!(end, 5),
        other => panic!("{other:?}"),
    }
    assert_eq!(text(&it.read(0).await), b"hello");
}

#[tokio::test]
async fn what_was_dropped_on_the_way_is_said() {
    let it = place().await;
    let hole =
        Chunk { payload: Payload::Dropped { bytes: 1 << 33, lines: 312, why: Lost::Spool }, ..chunk(5, b"") };
    let end = it.append(vec![chunk(0, b"hello"), hole.clone(), chunk(5 + (1 << 33), b"bye")]).await;
    assert_eq!(end, 8 + (1 << 33));
    let read = it.read(0).await;
    assert_eq!(read[1], hole);
    assert_eq!(text(&read), b"hellobye");
    let inside = it.read(1 << 32).await;
    assert_eq!(inside[0].offset, 1 << 32, "the rest of the hole is still a hole");
}

#[tokio::test]
async fn a_chunk_that_is_longer_than_it_may_be_is_kept_in_pieces() {
    let mut it = place().await;
    let (bytes, _) = long(100_000);
    assert_eq!(it.append(vec![chunk(0, &bytes)]).await, 100_000);
    it.restart().await;
    assert!(text(&it.read(0).await) == bytes);
}

#[tokio::test]
async fn bytes_are_kept_as_they_are() {
    let it = place().await;
    let bytes: Vec<u8> = (0..=255).collect();
    it.append(vec![chunk(0, &bytes)]).await;
    assert_eq!(text(&it.read(0).await), bytes);
}

#[tokio::test]
async fn finished_output_is_compressed_and_reads_the_same() {
    let mut it = place().await;
    let (bytes, chunks) = long(1_000_000);
    it.append(chunks.clone()).await;
    let growing = std::fs::metadata(it.file("log")).unwrap().len();
    it.outputs.finish(vec![it.job.clone()]).await.unwrap();
    let packed = std::fs::metadata(it.file("zst")).unwrap().len();
    assert!(packed < growing / 3, "{packed} of {growing} bytes");
    assert!(!it.file("log").exists());
    for _ in 0..2 {
        assert_eq!(text(&it.read(0).await), bytes);
        assert_eq!(text(&it.read(777_777).await), bytes[777_777..]);
        assert_eq!(it.outputs.end(&it.job).await.unwrap(), 1_000_000);
        assert_eq!(it.append(vec![chunk(1_000_000, b"late")]).await, 1_000_000, "late news is old news");
        it.outputs.finish(vec![it.job.clone()]).await.unwrap();
        it.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_whole_for_who_reads_while_it_is_packed() {
    let (bytes, chunks) = long(300_000);
    for _ in 0..20 {
        let it = place().await;
        it.append(chunks.clone()).await;
        let (outputs, job) = (it.outputs.clone(), it.job.clone());
        let packing = tokio::spawn(async move { outputs.finish(vec![job]).await.unwrap() });
        while !packing.is_finished() {
            assert_eq!(text(&it.read(0).await).len(), bytes.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_beside_the_packing_never_leaves_output_forgotten() {
    let (bytes, chunks) = long(6_000);
    for _ in 0..300 {
        let it = place().await;
        it.append(chunks.clone()).await;
        let (outputs, job) = (it.outputs.clone(), it.job.clone());
        let packing = tokio::spawn(async move { outputs.finish(vec![job]).await.unwrap() });
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let (outputs, job) = (it.outputs.clone(), it.job.clone());
                tokio::spawn(async move {
                    for _ in 0..8 {
                        let read = outputs.read(&job, 0, usize::MAX).await.unwrap();
                        assert_eq!(text(&read).len(), 6_000);
                    }
                })
            })
            .collect();
        for reader in readers {
            reader.await.unwrap();
        }
        packing.await.unwrap();
        assert_eq!(text(&it.read(0).await), bytes);
        assert_eq!(it.outputs.end(&it.job).await.unwrap(), 6_000);
    }
}

#[tokio::test]
async fn a_long_output_is_read_in_bounded_pieces() {
    let it = place().await;
    let (bytes, chunks) = long(1_000_000);
    it.append(chunks).await;
    for finished in [false, true] {
        let mut seen = Vec::new();
        while seen.len() < bytes.len() {
            let piece = it.outputs.read(&it.job, seen.len() as u64, 10_000).await.unwrap();
            let piece = text(&piece);
            assert!((1..=12_000).contains(&piece.len()), "{} bytes", piece.len());
            seen.extend(piece);
        }
        assert_eq!(seen, bytes, "finished: {finished}");
        it.outputs.finish(vec![it.job.clone()]).await.unwrap();
    }
}

#[tokio::test]
async fn output_that_is_removed_is_gone() {
    let it = place().await;
    it.append(vec![chunk(0, b"hello")]).await;
    it.outputs.remove(&it.job).await.unwrap();
    it.outputs.remove(&it.job).await.unwrap();
    assert_eq!(it.outputs.end(&it.job).await.unwrap(), 0);
    assert_eq!(it.append(vec![chunk(0, b"anew")]).await, 4);
}

#[tokio::test]
async fn runs_at_once_do_not_disturb_each_other() {
    let it = place().await;
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let outputs = it.outputs.clone();
            let job = JobId { command: command_id(1), instance: instance(number) };
            tokio::spawn(async move {
                for i in 0..50u64 {
                    outputs
                        .append(&job, vec![chunk(i * 4, format!("{number:02}{i:02}").as_bytes())])
                        .await
                        .unwrap();
                }
                (number, text(&outputs.read(&job, 0, usize::MAX).await.unwrap()))
            })
        })
        .collect();
    for writer in writers {
        let (number, read) = writer.await.unwrap();
        let expected: String = (0..50).map(|i| format!("{number:02}{i:02}")).collect();
        assert_eq!(String::from_utf8(read).unwrap(), expected);
    }
}
