//! Any line of an output, also of ten million of them.

use std::time::Instant;

use pilothouse_api::commands::Place as From;
use pilothouse_store::outputs::Excerpt;

use super::*;

impl Place {
    async fn at(&self, from: From, lines: u64) -> Excerpt {
        self.outputs.read_at(&self.job, from, lines, usize::MAX).await.unwrap()
    }
}

#[tokio::test]
async fn a_line_is_found_in_small_growing_and_packed_output_alike() {
    let mut it = place().await;
    let (bytes, chunks) = long(3_000_000);
    let all: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let lines = all.len() as u64;
    for (from, to) in [(0, 9), (9, 3_000)] {
        it.append(chunks[from..to].to_vec()).await;
        let extent = it.at(From::Offset(u64::MAX), 1).await;
        let total = bytes[..to * 1_000].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!((extent.end, extent.chunks.len()), (to as u64 * 1_000, 0));
        assert!(extent.lines - total <= 1 && extent.first_line == total, "{extent:?} {total}");
        let middle = total / 2;
        let read = it.at(From::Line(middle), 2).await;
        assert_eq!(read.first_line, middle);
        let at = usize::try_from(middle).unwrap();
        assert_eq!(text(&read.chunks), [all[at], all[at + 1]].concat());
    }
    for _ in 0..2 {
        for line in [0, 1, 99, 100, 65_536, lines - 1] {
            let read = it.at(From::Line(line), 1).await;
            assert_eq!((read.first_line, read.lines), (line, lines));
            assert_eq!(text(&read.chunks), all[usize::try_from(line).unwrap()]);
            let offset = read.chunks[0].offset;
            assert_eq!(it.at(From::Offset(offset), 1).await.first_line, line);
        }
        let last = it.at(From::LastLines(3), u64::MAX).await;
        assert_eq!((last.first_line, text(&last.chunks)), (lines - 3, all[all.len() - 3..].concat()));
        it.outputs.finish(vec![it.job.clone()]).await.unwrap();
        it.restart().await;
    }
}

#[tokio::test]
async fn an_output_without_any_line_end_is_one_line() {
    let it = place().await;
    assert_eq!(it.at(From::Line(3), 1).await, Excerpt::default());
    it.append((0..100).map(|n| chunk(n * 10_000, &[b'x'; 10_000])).collect()).await;
    let read = it.at(From::LastLines(1), 1).await;
    assert_eq!((read.first_line, read.lines, read.chunks[0].offset, read.end), (0, 1, 0, 1_000_000));
    assert_eq!(it.at(From::Line(1), 1).await.chunks, []);
}

/// A release build of this prints the figures of the README.
#[tokio::test]
async fn any_place_of_ten_million_lines_is_read_at_once() {
    let mut it = place().await;
    let count: u64 = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
    let (mut offset, mut line) = (0, 0);
    while line < count {
        let mut batch = Vec::new();
        for _ in 0..64 {
            let lines: String = (line..line + 1_000).map(|n| format!("line {n:>8} of many\n")).collect();
            batch.push(chunk(offset, lines.as_bytes()));
            (offset, line) = (offset + lines.len() as u64, line + 1_000);
        }
        it.append(batch).await;
    }
    for form in ["growing", "packed", "packed, after a restart"] {
        if form != "growing" {
            it.outputs.finish(vec![it.job.clone()]).await.unwrap();
        }
        let mut slowest = std::time::Duration::ZERO;
        for place in (0..40).map(|n| From::Line(n * line / 40)).chain([From::LastLines(50)]) {
            let began = Instant::now();
            let read = it.at(place, 200).await;
            slowest = slowest.max(began.elapsed());
            let text = text(&read.chunks);
            assert!(text.starts_with(format!("line {:>8} of many\n", read.first_line).as_bytes()));
            assert_eq!(read.lines, line);
        }
        println!("{line} lines, {form}: 200 lines from 41 places, the slowest in {slowest:?}");
        if form == "packed" {
            it.restart().await;
        }
    }
}
