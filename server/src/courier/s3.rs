//! A store of objects that speaks S3: the output of runs is put there, under the keys that AWS puts it under.
//!
//! An object is written whole or not at all, so what was cut off by a crash is written again. At most one part of one object is
//! in memory, however long the output is.

use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, MultipartUpload, ObjectStoreExt as _, PutPayload, RetryConfig};
use pilothouse_protocol::{Chunk, JobId, Payload, Stream};
use pilothouse_store::outputs::Outputs;
use zeroize::Zeroizing;

use super::webhook::Problem;
use crate::config::S3Settings;
use crate::internal::OutputToBucket;

/// Bytes of a part; S3 takes 10,000 of them.
const PART: usize = 8 * 1024 * 1024;
/// Output that is read at a time.
const READ: usize = 1024 * 1024;
/// The most bytes of a secret.
const MAX_SECRET: usize = 4096;
/// The most characters of a problem.
const MAX_PROBLEM: usize = 400;
/// How long a connection, and all of a request with one part in it, may take.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(120);

/// Why buckets cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// The secret access key cannot be read.
    #[error("the secret of the S3 access key cannot be read from {}: {why}", .path.display())]
    Secret {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        why: String,
    },
}

/// The store of the settings.
pub struct Buckets {
    settings: S3Settings,
    secret: Zeroizing<String>,
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("endpoint", &self.settings.endpoint).finish_non_exhaustive()
    }
}

impl Buckets {
    /// The store that the settings name; reads the secret.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(settings: &S3Settings) -> Result<Self, S3Error> {
        let path = &settings.secret_access_key_file;
        let failed = |why: String| S3Error::Secret { path: path.clone(), why };
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|it| failed(it.to_string()))?;
        let secret = text.trim();
        if secret.is_empty() || secret.len() > MAX_SECRET {
            return Err(failed(format!("it must hold 1 to {MAX_SECRET} bytes")));
        }
        Ok(Self { settings: settings.clone(), secret: Zeroizing::new(secret.to_owned()) })
    }

    fn bucket(&self, name: &str, region: Option<&str>) -> Result<AmazonS3, Problem> {
        let retry = RetryConfig { max_retries: 2, retry_timeout: REQUEST, ..RetryConfig::default() };
        let options = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(region.unwrap_or(&self.settings.region))
            .with_access_key_id(&self.settings.access_key_id)
            .with_secret_access_key(self.secret.as_str())
            .with_client_options(options.with_allow_http(self.settings.allow_http))
            .with_retry(retry);
        if let Some(endpoint) = &self.settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build().map_err(|error| problem(&error))
    }

    /// Puts the output of a run into a bucket: an object for each stream of each step that is not empty.
    ///
    /// # Errors
    /// Why it did not arrive.
    pub async fn put(
        &self,
        outputs: &dyn Outputs,
        job: &JobId,
        bucket: &str,
        wanted: &OutputToBucket,
    ) -> Result<(), Problem> {
        let store = self.bucket(bucket, wanted.region.as_deref())?;
        for step in 0..wanted.steps.len() {
            for is_error in [false, true] {
                let Some(key) = wanted.key(job, step, is_error) else { continue };
                let mut object = Object::new(&store, Path::from(key));
                let source = Source { outputs, job, step, is_error };
                if let Err(error) = source.copy(&mut object).await {
                    object.abort().await;
                    return Err(error);
                }
                object.finish().await.map_err(|error| problem(&error))?;
            }
        }
        Ok(())
    }
}

fn problem(error: &object_store::Error) -> Problem {
    let why: String = error.to_string().chars().filter(|it| !it.is_control()).take(MAX_PROBLEM).collect();
    Problem { why, is_final: false }
}

/// One stream of one step.
struct Source<'a> {
    outputs: &'a dyn Outputs,
    job: &'a JobId,
    step: usize,
    is_error: bool,
}

impl Source<'_> {
    fn is_of(&self, chunk: &Chunk) -> bool {
        usize::from(chunk.step) == self.step && (chunk.stream != Stream::Stdout) == self.is_error
    }

    async fn copy(&self, object: &mut Object<'_>) -> Result<(), Problem> {
        let mut from = 0;
        loop {
            let read = self.outputs.read(self.job, from, READ).await;
            let chunks = read.map_err(|it| Problem { why: it.to_string(), is_final: false })?;
            let Some(last) = chunks.last() else { return Ok(()) };
            from = last.end();
            for chunk in chunks.iter().filter(|chunk| self.is_of(chunk)) {
                let written = match &chunk.payload {
                    Payload::Data(bytes) => object.write(bytes).await,
                    Payload::Dropped { bytes, lines, why } => {
                        let why = why.reason();
                        let said = format!("\n[{bytes} bytes with {lines} line ends are not here: {why}]\n");
                        object.write(said.as_bytes()).await
                    }
                };
                written.map_err(|error| problem(&error))?;
            }
        }
    }
}

/// An object that is being written.
struct Object<'a> {
    store: &'a AmazonS3,
    path: Path,
    part: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl<'a> Object<'a> {
    const fn new(store: &'a AmazonS3, path: Path) -> Self {
        Self { store, path, part: Vec::new(), upload: None }
    }

    async fn write(&mut self, bytes: &[u8]) -> object_store::Result<()> {
        self.part.extend_from_slice(bytes);
        if self.part.len() < PART {
            return Ok(());
        }
        let part = PutPayload::from(std::mem::take(&mut self.part));
        if self.upload.is_none() {
            self.upload = Some(self.store.put_multipart(&self.path).await?);
        }
        match &mut self.upload {
            Some(upload) => upload.put_part(part).await,
            None => Ok(()),
        }
    }

    /// What is empty is not written.
    async fn finish(mut self) -> object_store::Result<()> {
        let part = std::mem::take(&mut self.part);
        let Some(mut upload) = self.upload else {
            return match part.is_empty() {
                true => Ok(()),
                false => self.store.put(&self.path, part.into()).await.map(drop),
            };
        };
        let last = if part.is_empty() { Ok(()) } else { upload.put_part(part.into()).await };
        let done = match last {
            Ok(()) => upload.complete().await.map(drop),
            Err(error) => Err(error),
        };
        if done.is_err() {
            // Whether that succeeds or not: what is left of it is swept by the store's own rules.
            let _ = upload.abort().await;
        }
        done
    }

    async fn abort(self) {
        if let Some(mut upload) = self.upload {
            let _ = upload.abort().await;
        }
    }
}
