//! What a crash leaves behind, and what is made of it.

use super::*;

/// Output that stands in a file of its own, and what of it is there when any number of its last bytes are torn off.
const LARGE: usize = 40_000;

#[tokio::test]
async fn a_crash_in_the_middle_of_a_write_costs_only_what_was_torn() {
    let mut it = place().await;
    it.append(vec![chunk(0, b"hello "), chunk(6, b"world")]).await;
    let whole = std::fs::read(it.segment()).unwrap();
    for torn in 1..=whole.len() {
        std::fs::write(it.segment(), &whole[..whole.len() - torn]).unwrap();
        it.restart().await;
        let end = it.outputs.end(&it.job).await.unwrap();
        assert!(end == 0 || end == 6, "a chunk is there whole or not at all: {end}");
        assert_eq!(it.append(vec![chunk(end, &b"hello world"[usize::try_from(end).unwrap()..])]).await, 11);
        assert_eq!(text(&it.read(0).await), b"hello world");
    }
}

#[tokio::test]
async fn the_same_holds_for_output_that_has_a_file_of_its_own() {
    let mut it = place().await;
    let (bytes, chunks) = long(LARGE);
    it.append(chunks).await;
    let whole = std::fs::read(it.file("log")).unwrap();
    for torn in (1..=2_500).step_by(83) {
        std::fs::write(it.file("log"), &whole[..whole.len() - torn]).unwrap();
        it.restart().await;
        let end = it.outputs.end(&it.job).await.unwrap();
        assert!(end % 1_000 == 0 && end < LARGE as u64, "a chunk is there whole or not at all: {end}");
        let rest = &bytes[usize::try_from(end).unwrap()..];
        assert_eq!(it.append(vec![chunk(end, rest)]).await, LARGE as u64);
        assert_eq!(text(&it.read(0).await), bytes);
    }
}

#[tokio::test]
async fn rubbish_at_the_end_of_a_file_is_cut_off() {
    let mut it = place().await;
    it.append(vec![chunk(0, b"hello")]).await;
    let mut bytes = std::fs::read(it.segment()).unwrap();
    bytes.extend([0; 100]);
    std::fs::write(it.segment(), &bytes).unwrap();
    it.restart().await;
    assert_eq!(it.append(vec![chunk(5, b" world")]).await, 11);
    it.restart().await;
    assert_eq!(text(&it.read(0).await), b"hello world");
}

#[tokio::test]
async fn a_file_that_is_no_segment_is_begun_anew() {
    let mut it = place().await;
    it.append(vec![chunk(0, b"hello")]).await;
    std::fs::write(it.segment(), b"PHS").unwrap();
    it.restart().await;
    assert_eq!(it.append(vec![chunk(0, b"hello world")]).await, 11);
    it.restart().await;
    assert_eq!(text(&it.read(0).await), b"hello world");
}

#[tokio::test]
async fn a_crash_while_packing_leaves_the_log() {
    let mut it = place().await;
    let (bytes, chunks) = long(100_000);
    it.append(chunks).await;
    std::fs::write(it.file("partial"), b"half").unwrap();
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes);
    it.outputs.finish(vec![it.job.clone()]).await.unwrap();
    assert_eq!(text(&it.read(0).await), bytes);
}

#[tokio::test]
async fn a_crash_after_packing_leaves_both_and_the_packed_one_is_right() {
    let mut it = place().await;
    let (bytes, chunks) = long(100_000);
    it.append(chunks).await;
    let log = std::fs::read(it.file("log")).unwrap();
    it.outputs.finish(vec![it.job.clone()]).await.unwrap();
    std::fs::write(it.file("log"), &log).unwrap();
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes);
    assert_eq!(it.append(vec![chunk(100_000, b"late")]).await, 100_000);
}

#[tokio::test]
async fn a_damaged_packed_file_is_said_to_be_damaged() {
    let mut it = place().await;
    let (_, chunks) = long(100_000);
    it.append(chunks).await;
    it.outputs.finish(vec![it.job.clone()]).await.unwrap();
    let mut bytes = std::fs::read(it.file("zst")).unwrap();
    bytes.truncate(bytes.len() - 3);
    std::fs::write(it.file("zst"), bytes).unwrap();
    it.restart().await;
    let read = it.outputs.read(&it.job, 0, 100).await;
    assert!(matches!(read, Err(OutputError::Corrupt { .. })), "{read:?}");
}

/// The segment as it was before the output moved, with what came of the move.
struct Move {
    it: Place,
    before: Vec<u8>,
    bytes: Vec<u8>,
}

async fn moved() -> Move {
    let it = place().await;
    let (bytes, chunks) = long(LARGE);
    let (first, rest) = chunks.split_at(5);
    it.append(first.to_vec()).await;
    let before = std::fs::read(it.segment()).unwrap();
    it.append(rest.to_vec()).await;
    Move { it, before, bytes }
}

#[tokio::test]
async fn a_crash_before_a_move_is_noted_finds_the_output_where_it_moved_to() {
    let Move { mut it, before, bytes } = moved().await;
    std::fs::write(it.segment(), &before).unwrap();
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes);
    assert_eq!(it.append(vec![chunk(LARGE as u64, b"more")]).await, LARGE as u64 + 4);
}

#[tokio::test]
async fn output_that_was_torn_while_it_moved_is_found_where_it_was() {
    let Move { mut it, before, bytes } = moved().await;
    std::fs::write(it.segment(), &before).unwrap();
    let log = std::fs::read(it.file("log")).unwrap();
    std::fs::write(it.file("log"), &log[..2_500]).unwrap();
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes[..5_000]);
    assert_eq!(it.append(vec![chunk(5_000, &bytes[5_000..])]).await, LARGE as u64);
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes);
}

#[tokio::test]
async fn half_a_move_is_none() {
    let Move { mut it, before, bytes } = moved().await;
    std::fs::write(it.segment(), &before).unwrap();
    std::fs::rename(it.file("log"), it.file("moving")).unwrap();
    it.restart().await;
    assert_eq!(text(&it.read(0).await), bytes[..5_000]);
    assert!(!it.file("moving").exists());
}
