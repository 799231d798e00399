//! The server's library, as the steps of one job reach it: by asking over the link, and again over the next one.
//!
//! In: what a step wants. Out: documents, packages, and blobs as files whose bytes were verified. Never here: who may have what,
//! which is the server's to say.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256, digest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pilothouse_protocol::ask::MAX_PIECE;
use pilothouse_protocol::{Answer, JobId, PackageAnswer, Want};
use tokio::time::{Instant, timeout_at};

use crate::board::Board;
use crate::plugin::{Given, Library, System};

/// How long an answer is waited for, links that break meanwhile included.
const PATIENCE: Duration = Duration::from_secs(600);
/// Before an ask is repeated that the server could not answer yet.
const PAUSE: Duration = Duration::from_secs(1);
/// Pieces of a blob that are asked for at a time.
const PIECES: usize = 4;
/// The largest blob, in bytes.
const MAX_BLOB: u64 = 1 << 30;

/// The library of one job.
pub(crate) struct OverLink {
    board: Board,
    job: JobId,
}

impl OverLink {
    pub(crate) fn new(board: Board, job: JobId) -> Self {
        Self { board, job }
    }

    /// Asks until there is an answer.
    async fn ask(&self, want: Want) -> Result<Answer, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = timeout_at(deadline, self.board.ask(&self.job, want.clone())).await;
            match answer {
                Ok(Some(Answer::Refused { message })) => return Err(message),
                Ok(Some(Answer::Later)) => tokio::time::sleep(PAUSE).await,
                Ok(Some(Answer::Unknown)) => {
                    return Err(String::from(
                        "the server's answer is of a version that this agent cannot read",
                    ));
                }
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => return Err(String::from("the agent stops")),
                Err(_) => {
                    return Err(format!(
                        "the server did not answer within {} s: there is no link, or it is older than this agent",
                        PATIENCE.as_secs()
                    ));
                }
            }
        }
    }

    /// Bytes of a blob from `offset` on, and how many it has in all.
    async fn piece(&self, sha256: &str, offset: u64) -> Result<(u64, Vec<u8>), String> {
        match self.ask(Want::Piece { sha256: sha256.to_owned(), offset }).await? {
            Answer::Piece { total, bytes } if bytes.len() <= MAX_PIECE && total <= MAX_BLOB => {
                Ok((total, bytes))
            }
            _ => Err(strange()),
        }
    }
}

fn strange() -> String {
    String::from("the server gave something else than was asked for")
}

#[async_trait]
impl Library for OverLink {
    async fn document(&self, name: &str, version: Option<&str>) -> Result<Given, String> {
        let want = Want::Document { name: name.to_owned(), version: version.map(str::to_owned) };
        let Answer::Document { name, version, sha256, content, resolved } = self.ask(want).await? else {
            return Err(strange());
        };
        if hex::encode(digest(&SHA256, content.as_bytes())) != sha256 {
            return Err(format!("the content of {name} is not what its SHA-256 says"));
        }
        Ok(Given { name, version, content, resolved })
    }

    async fn package(
        &self,
        name: &str,
        version: Option<&str>,
        system: &System,
    ) -> Result<PackageAnswer, String> {
        let System { platform, release, architecture } = system.clone();
        let (name, version) = (name.to_owned(), version.map(str::to_owned));
        match self.ask(Want::Package { name, version, platform, release, architecture }).await? {
            Answer::Package(package) => Ok(package),
            _ => Err(strange()),
        }
    }

    async fn fetch_blob(&self, sha256: &str, to: &Path) -> Result<(), String> {
        let mut file = self.board.host().receive(to).await?;
        let mut hash = Context::new(&SHA256);
        let (total, first) = self.piece(sha256, 0).await?;
        hash.update(&first);
        file.write(&first).await?;
        let mut end = first.len() as u64;
        let size = MAX_PIECE as u64;
        let starts = (1..total.div_ceil(size)).map(|n| n * size);
        let mut pieces = stream::iter(starts).map(|at| self.piece(sha256, at)).buffered(PIECES);
        while let Some((_, bytes)) = pieces.try_next().await? {
            hash.update(&bytes);
            file.write(&bytes).await?;
            end += bytes.len() as u64;
        }
        if end != total {
            return Err(format!("the blob {sha256} was cut: {end} of {total} bytes came"));
        }
        let found = hex::encode(hash.finish());
        if found != sha256 {
            return Err(format!("the SHA-256 of what came is {found}, not {sha256}"));
        }
        file.keep().await
    }
}
