//! Small outputs of a command share a file; larger ones have their own.

use std::path::Path;

use super::*;

fn job(number: u32) -> JobId {
    JobId { command: command_id(1), instance: instance(number) }
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

/// A few lines of many nodes, as they arrive: in batches, a piece of each.
async fn many(it: &Place, nodes: u32) {
    for round in 0..3u64 {
        let piece = |number: u32| format!("node {number:05} says {round}\n").into_bytes();
        let offset = round * piece(0).len() as u64;
        let batch = (0..nodes).map(|n| (job(n), vec![chunk(offset, &piece(n))])).collect();
        for (job, end) in it.outputs.append_many(batch).await {
            assert_eq!(end.unwrap(), offset + piece(0).len() as u64, "{job}");
        }
    }
}

fn said(number: u32) -> Vec<u8> {
    (0..3).map(|round| format!("node {number:05} says {round}\n")).collect::<String>().into_bytes()
}

#[tokio::test]
async fn outputs_of_two_thousand_nodes_are_one_file_and_each_reads_as_its_own() {
    let mut it = place().await;
    many(&it, 2_000).await;
    assert_eq!(files(it.segment().parent().unwrap()), 1);
    for _ in 0..2 {
        let wanted = (0..2_000).map(|n| (job(n), 0)).collect();
        let read = it.outputs.read_many(wanted, usize::MAX).await.unwrap();
        for (number, (job, chunks)) in (0..).zip(&read) {
            assert_eq!(*job, self::job(number));
            assert_eq!(text(chunks), said(number));
        }
        assert_eq!(text(&it.outputs.read(&job(1_999), 30, usize::MAX).await.unwrap()), said(1_999)[30..]);
        it.outputs.finish((0..2_000).map(job).collect()).await.unwrap();
        it.restart().await;
    }
}

#[tokio::test]
async fn an_output_that_grows_moves_to_a_file_of_its_own_and_stays_whole() {
    let mut it = place().await;
    many(&it, 3).await;
    let (bytes, chunks) = long(100_000);
    let other = JobId { command: command_id(1), instance: instance(77) };
    for chunk in chunks {
        it.outputs.append(&other, vec![chunk]).await.unwrap();
        let whole = it.outputs.read(&other, 0, usize::MAX).await.unwrap();
        let read = text(&whole);
        assert!(bytes.starts_with(&read) && read.len().is_multiple_of(1_000));
    }
    assert_eq!(files(it.segment().parent().unwrap()), 2);
    it.restart().await;
    assert_eq!(text(&it.outputs.read(&other, 0, usize::MAX).await.unwrap()), bytes);
    assert_eq!(text(&it.outputs.read(&job(2), 0, usize::MAX).await.unwrap()), said(2));
}

#[tokio::test]
async fn output_in_files_that_an_older_server_wrote_is_read_and_goes_on() {
    let mut it = place().await;
    let (bytes, chunks) = long(100_000);
    it.append(chunks).await;
    // What an older server left: a file per run, whatever its size, and no segment.
    let log = std::fs::read(it.file("log")).unwrap();
    let folder = it.segment().parent().unwrap().to_owned();
    let small = folder.join(format!("{}.log", instance(5)));
    std::fs::write(&small, &log[..1_040 * 2]).unwrap();
    it.restart().await;
    assert_eq!(text(&it.outputs.read(&job(5), 0, usize::MAX).await.unwrap()), bytes[..2_000]);
    assert_eq!(it.outputs.append(&job(5), vec![chunk(2_000, b"more")]).await.unwrap(), 2_004);
    assert!(small.exists() && !it.segment().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_while_outputs_come_move_and_are_packed_never_misses_anything() {
    let (bytes, chunks) = long(60_000);
    for round in 0..20 {
        let it = place().await;
        let (outputs, chunks) = (it.outputs.clone(), chunks.clone());
        let writer = tokio::spawn(async move {
            for piece in chunks.chunks(3) {
                let batch = (0..6).map(|n| (job(n), piece.to_vec())).collect();
                for (job, end) in outputs.append_many(batch).await {
                    end.unwrap_or_else(|error| panic!("{job}: {error}"));
                }
            }
            outputs.finish((0..6).map(job).collect()).await.unwrap();
        });
        let readers: Vec<_> = (0..6)
            .map(|number| {
                let (outputs, bytes) = (it.outputs.clone(), bytes.clone());
                tokio::spawn(async move {
                    let mut seen = Vec::new();
                    while seen.len() < bytes.len() {
                        let end = outputs.end(&job(number)).await.unwrap();
                        let read = outputs.read(&job(number), seen.len() as u64, 7_000).await.unwrap();
                        let read = text(&read);
                        assert!(
                            !read.is_empty() || end <= seen.len() as u64,
                            "round {round}: nothing behind {end}"
                        );
                        seen.extend(read);
                        tokio::task::yield_now().await;
                    }
                    assert!(seen == bytes);
                })
            })
            .collect();
        writer.await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
    }
}
