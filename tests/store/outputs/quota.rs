//! What is kept, what is not, and that it is said.

use pilothouse_store::outputs::Quotas;

use super::*;

async fn within(quotas: Quotas) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let outputs = FileOutputs::open_within(dir.path(), quotas).await.unwrap();
    Place { dir, outputs, job: JobId { command: command_id(1), instance: instance(1) } }
}

fn lost(chunks: &[Chunk]) -> Vec<(u64, u64, Lost)> {
    let hole = |it: &Chunk| match it.payload {
        Payload::Dropped { bytes, why, .. } => Some((it.offset, bytes, why)),
        Payload::Data(_) => None,
    };
    chunks.iter().filter_map(hole).collect()
}

#[tokio::test]
async fn a_run_keeps_its_beginning_and_the_rest_is_a_hole_that_says_why() {
    for quota in [500, 50_000] {
        let it = within(Quotas { per_run: quota, ..Quotas::default() }).await;
        let (bytes, chunks) = long(120_000);
        assert_eq!(
            it.append(chunks[..60].to_vec()).await,
            60_000,
            "the node is told that all of it was taken"
        );
        assert_eq!(it.append(chunks[60..].to_vec()).await, 120_000);
        let read = it.read(0).await;
        assert_eq!(text(&read), bytes[..usize::try_from(quota).unwrap()]);
        let holes = lost(&read);
        assert!(holes.iter().all(|(.., why)| *why == Lost::RunQuota));
        assert_eq!(holes.iter().map(|(_, bytes, _)| bytes).sum::<u64>(), 120_000 - quota);
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let end =
            it.outputs.read_at(&it.job, pilothouse_api::commands::Place::LastLines(1), 1, 1).await.unwrap();
        assert!(end.lines.abs_diff(lines) <= 1, "lines in holes are counted: {} of {lines}", end.lines);
        it.outputs.finish(vec![it.job.clone()]).await.unwrap();
        assert_eq!(lost(&it.read(0).await), holes);
    }
}

#[tokio::test]
async fn runs_of_a_command_share_its_quota_and_other_commands_have_theirs() {
    let it = within(Quotas { per_command: 50_000, ..Quotas::default() }).await;
    let (_, chunks) = long(60_000);
    it.append(chunks.clone()).await;
    let second = JobId { command: command_id(1), instance: instance(2) };
    assert_eq!(it.outputs.append(&second, chunks.clone()).await.unwrap(), 60_000);
    let read = it.outputs.read(&second, 0, usize::MAX).await.unwrap();
    assert_eq!(lost(&read), [(0, 60_000, Lost::CommandQuota)]);
    let other = JobId { command: command_id(2), instance: instance(1) };
    it.outputs.append(&other, chunks[..20].to_vec()).await.unwrap();
    assert_eq!(lost(&it.outputs.read(&other, 0, usize::MAX).await.unwrap()), []);
}

#[tokio::test]
async fn when_everything_is_full_nothing_more_is_kept_until_something_goes() {
    let it = within(Quotas { total: 100_000, ..Quotas::default() }).await;
    let (bytes, chunks) = long(90_000);
    it.append(chunks.clone()).await;
    let second = JobId { command: command_id(2), instance: instance(2) };
    it.outputs.append(&second, chunks.clone()).await.unwrap();
    let read = it.outputs.read(&second, 0, usize::MAX).await.unwrap();
    assert!(lost(&read).iter().all(|(.., why)| *why == Lost::TotalQuota) && !lost(&read).is_empty());
    it.outputs.sweep(&command_id(1), Lost::TotalQuota).await.unwrap();
    assert!(it.outputs.kept().await.unwrap().iter().any(|it| it.command == command_id(1) && it.swept));
    let third = JobId { command: command_id(3), instance: instance(3) };
    it.outputs.append(&third, chunks[..20].to_vec()).await.unwrap();
    assert_eq!(text(&it.outputs.read(&third, 0, usize::MAX).await.unwrap()), bytes[..20_000]);
}

#[tokio::test]
async fn swept_output_is_a_hole_as_long_as_it_was_and_takes_no_room() {
    let mut it = place().await;
    let (_, chunks) = long(200_000);
    it.append(chunks).await;
    let small = JobId { command: command_id(1), instance: instance(2) };
    it.outputs.append(&small, vec![chunk(0, b"one\ntwo\n")]).await.unwrap();
    it.outputs.finish(vec![it.job.clone(), small.clone()]).await.unwrap();
    let kept = it.outputs.kept().await.unwrap();
    assert!(kept.len() == 1 && !kept[0].swept && kept[0].last > Millis(0));
    it.outputs.sweep(&command_id(1), Lost::Age).await.unwrap();
    for _ in 0..2 {
        let kept = it.outputs.kept().await.unwrap();
        assert!(kept[0].swept && kept[0].bytes < 500, "{kept:?}");
        assert_eq!(lost(&it.read(0).await), [(0, 200_000, Lost::Age)]);
        let read = it.outputs.read(&small, 0, usize::MAX).await.unwrap();
        assert_eq!(read[0].payload, Payload::Dropped { bytes: 8, lines: 2, why: Lost::Age });
        it.restart().await;
    }
    assert_eq!(it.outputs.append(&small, vec![chunk(8, b"three\n")]).await.unwrap(), 14);
    assert!(!it.outputs.kept().await.unwrap()[0].swept, "something came after it was swept");
    it.restart().await;
    let read = it.outputs.read(&small, 0, usize::MAX).await.unwrap();
    assert_eq!((lost(&read), text(&read[1..]).as_slice()), (vec![(0, 8, Lost::Age)], b"three\n".as_slice()));
}
