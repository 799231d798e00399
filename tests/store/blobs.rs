//! Blobs: what is attached to documents, whole or not at all, and which of them nobody uses.

use pilothouse_protocol::Millis;
use pilothouse_store::blobs::{self, Attachment, BlobError, BlobRecord, Blobs, FileBlobs, Sha256, Upload};
use tempfile::TempDir;

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_blob_is_unused_until_a_document_uses_it_and_again_when_that_goes
    a_blob_that_is_used_elsewhere_stays
    a_blob_that_is_brought_again_gets_its_grace_anew
    who_uses_a_blob_is_found
}

/// Of `hello`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn hello() -> Sha256 {
    HELLO.parse().unwrap()
}

fn blob(number: u32) -> Sha256 {
    format!("{number:064x}").parse().unwrap()
}

async fn keep(place: &Place, sha256: Sha256, at: i64) {
    let record = BlobRecord { sha256, size: 5, created_at: Millis(at), created_by: HOSTILE.to_owned() };
    place.write(async |tx| blobs::keep(tx, &record).await).await;
}

fn attachment(name: &str, sha256: Sha256) -> Attachment {
    Attachment { name: name.to_owned(), sha256, size: 5 }
}

async fn attach(place: &Place, document: &str, version: i64, sha256: Sha256) {
    let it = attachment("web.zip", sha256);
    place.write(async |tx| blobs::attach(tx, REGION, document, version, &it).await).await;
}

async fn detach(place: &Place, document: &str, version: Option<i64>) {
    place.write(async |tx| blobs::detach(tx, REGION, document, version).await).await;
}

/// As the sweeper does it.
async fn unused(place: &Place, now: i64, before: i64) -> Vec<Sha256> {
    place
        .write(async |tx| {
            blobs::mark_unused(tx, Millis(now)).await?;
            blobs::take_unused(tx, Millis(before), 10).await
        })
        .await
}

async fn a_blob_is_unused_until_a_document_uses_it_and_again_when_that_goes(place: Place) {
    keep(&place, blob(1), 1_000).await;
    keep(&place, blob(2), 1_000).await;
    let record = blobs::get(&mut place.read().await, &blob(1)).await.unwrap().unwrap();
    assert_eq!((record.size, record.created_at, record.created_by.as_str()), (5, Millis(1_000), HOSTILE));
    attach(&place, "web", 1, blob(1)).await;
    assert_eq!(unused(&place, 2_000, 1_000).await, []);
    assert_eq!(unused(&place, 2_000, 1_001).await, [blob(2)]);
    assert_eq!(unused(&place, 2_000, i64::MAX).await, []);
    detach(&place, "web", None).await;
    assert_eq!(unused(&place, 5_000, 5_000).await, []);
    assert_eq!(unused(&place, 9_000, 5_001).await, [blob(1)], "since it was first seen to be unused");
    assert_eq!(blobs::get(&mut place.read().await, &blob(1)).await.unwrap(), None);
}

async fn a_blob_that_is_used_elsewhere_stays(place: Place) {
    keep(&place, blob(1), 1_000).await;
    attach(&place, "web", 1, blob(1)).await;
    attach(&place, "web", 2, blob(1)).await;
    detach(&place, "web", Some(1)).await;
    assert_eq!(unused(&place, 2_000, i64::MAX).await, []);
    detach(&place, "web", Some(2)).await;
    assert_eq!(unused(&place, 2_000, i64::MAX).await, [blob(1)]);
}

async fn a_blob_that_is_brought_again_gets_its_grace_anew(place: Place) {
    keep(&place, blob(1), 1_000).await;
    keep(&place, blob(1), 9_000).await;
    assert_eq!(unused(&place, 9_000, 5_000).await, []);
    attach(&place, "web", 1, blob(1)).await;
    keep(&place, blob(1), 10_000).await;
    assert_eq!(unused(&place, 10_000, i64::MAX).await, [], "it is in use, whoever brings it");
}

async fn who_uses_a_blob_is_found(place: Place) {
    keep(&place, blob(1), 1_000).await;
    attach(&place, "web", 1, blob(1)).await;
    attach(&place, "api", 3, blob(1)).await;
    let mut tx = place.read().await;
    let found = blobs::attached(&mut tx, REGION, "web", 1).await.unwrap();
    assert_eq!(found, [attachment("web.zip", blob(1))]);
    assert_eq!(blobs::attached(&mut tx, ELSEWHERE, "web", 1).await.unwrap(), []);
    let documents = blobs::used_by(&mut tx, REGION, &blob(1)).await.unwrap();
    assert_eq!(documents, [("api".to_owned(), 3), ("web".to_owned(), 1)]);
    assert_eq!(blobs::used_by(&mut tx, ELSEWHERE, &blob(1)).await.unwrap(), []);
    assert_eq!(blobs::known(&mut tx, &[blob(1), blob(2)]).await.unwrap(), [blob(1)]);
}

struct Files {
    dir: TempDir,
    blobs: FileBlobs,
}

impl Files {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { blobs: FileBlobs::open(dir.path()).await.unwrap(), dir }
    }

    /// As after the process was killed: nothing is remembered but the files.
    async fn restart(&mut self) {
        self.blobs = FileBlobs::open(self.dir.path()).await.unwrap();
    }

    /// Bytes below it, whatever they are.
    fn files(&self) -> usize {
        fn count(dir: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(self.dir.path())
    }
}

fn upload(by: &str) -> Upload {
    Upload { sha256: hello(), total: 5, by: by.to_owned() }
}

#[tokio::test]
async fn a_blob_comes_in_pieces_goes_on_after_a_restart_and_is_read_from_anywhere() {
    let mut files = Files::new().await;
    let received = files.blobs.put(&upload("a"), 0, b"he".to_vec()).await.unwrap();
    assert_eq!((received.to, received.complete), (2, false));
    assert_eq!(files.blobs.size(&hello()).await.unwrap(), None);
    files.restart().await;
    let ahead = files.blobs.put(&upload("a"), 4, b"o".to_vec()).await.unwrap();
    assert_eq!((ahead.to, ahead.complete), (2, false), "it is told where to go on");
    let again = files.blobs.put(&upload("a"), 0, b"hell".to_vec()).await.unwrap();
    assert_eq!((again.to, again.complete), (4, false), "what was there is skipped");
    let whole = files.blobs.put(&upload("a"), 4, b"o".to_vec()).await.unwrap();
    assert_eq!((whole.to, whole.complete), (5, true));
    assert_eq!(files.blobs.read(&hello(), 1, 3).await.unwrap().unwrap(), b"ell");
    assert_eq!(files.blobs.read(&hello(), 5, 3).await.unwrap().unwrap(), b"");
    assert_eq!(files.blobs.read(&blob(1), 0, 3).await.unwrap(), None);
    assert!(files.blobs.put(&upload("b"), 0, Vec::new()).await.unwrap().complete, "it is there already");
    assert_eq!(files.files(), 1);
}

#[tokio::test]
async fn bytes_that_are_not_what_was_announced_are_gone_and_harm_nobody_else() {
    let files = Files::new().await;
    files.blobs.put(&upload("b"), 0, b"hel".to_vec()).await.unwrap();
    let error = files.blobs.put(&upload("a"), 0, b"jello".to_vec()).await.unwrap_err();
    assert!(matches!(error, BlobError::Mismatch { .. }), "{error}");
    assert_eq!(files.blobs.size(&hello()).await.unwrap(), None);
    let size = files.blobs.put(&upload("a"), 3, b"lo, world".to_vec()).await.unwrap_err();
    assert!(matches!(size, BlobError::Size { size: 5, told: 12 }), "{size}");
    assert!(files.blobs.put(&upload("b"), 3, b"lo".to_vec()).await.unwrap().complete);
}

#[tokio::test]
async fn what_does_not_go_on_is_forgotten_and_what_lies_there_can_be_listed_and_removed() {
    let files = Files::new().await;
    files.blobs.put(&upload("b"), 0, b"hel".to_vec()).await.unwrap();
    assert_eq!(files.blobs.forget_unfinished(Millis(1)).await.unwrap(), 0);
    assert_eq!(files.blobs.forget_unfinished(Millis(i64::MAX)).await.unwrap(), 1);
    let anew = files.blobs.put(&upload("b"), 3, b"lo".to_vec()).await.unwrap();
    assert_eq!(anew.to, 0);
    files.blobs.put(&upload("b"), 0, b"hello".to_vec()).await.unwrap();
    assert_eq!(files.blobs.older_than(Millis(1)).await.unwrap(), []);
    assert_eq!(files.blobs.older_than(Millis(i64::MAX)).await.unwrap(), [hello()]);
    files.blobs.remove(&hello()).await.unwrap();
    files.blobs.remove(&hello()).await.unwrap();
    assert_eq!(files.files(), 0);
}
