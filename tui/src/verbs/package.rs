//! `pilothouse package push`: a folder with a manifest and its files becomes a Package document on the server.
//!
//! Files come in pieces, each again when the way to the server breaks, and go on where the server says that they are; what it
//! has already is not sent. Only then the document is made, or its next version.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::FaultKind;
use pilothouse_api::documents::{
    AttachmentsSource, CreateDocument, DocumentDescription, UpdateDocument, UpdateDocumentDefaultVersion,
};
use pilothouse_api::packages::{BLOB_URL, MAX_BLOB, MAX_PIECE, Manifest, PutBlobPiece, PutBlobPieceResult};
use pilothouse_client::{Client, ClientError};

use crate::arguments::package::Push;

use super::VerbError;

/// The manifest's file.
const MANIFEST: &str = "manifest.json";
/// The most bytes of a manifest: a document has no more.
const MAX_MANIFEST: u64 = 64 * 1024;
/// Attempts at one piece before it is given up, and the pause between them.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// A file of the package, as it lies there.
struct Piecewise {
    name: String,
    file: File,
    size: u64,
    sha256: String,
}

/// How progress is told: over and over on one line of a terminal, or a line per file.
pub struct Progress<'a, W: Write> {
    /// Where to.
    pub to: &'a mut W,
    /// Whether that is a terminal.
    pub is_terminal: bool,
}

impl<W: Write> Progress<'_, W> {
    fn tell(&mut self, file: &Piecewise, received: u64) -> std::io::Result<()> {
        let Piecewise { name, size, .. } = file;
        let percent = received.saturating_mul(100) / (*size).max(1);
        if self.is_terminal {
            write!(self.to, "\r{name}: {percent:3} % of {size} bytes")?;
            if received == *size {
                writeln!(self.to)?;
            }
        } else if received == *size {
            writeln!(self.to, "{name}: {size} bytes are there")?;
        }
        self.to.flush()
    }
}

/// Pushes a package; says what became of it.
///
/// # Errors
/// When the folder is no package, or the server says no or cannot be reached.
pub async fn push(
    client: &Client,
    it: &Push,
    out: &mut impl Write,
    progress: &mut Progress<'_, impl Write>,
) -> Result<(), VerbError> {
    let name = name(it)?;
    let text = read_manifest(&it.dir)?;
    let manifest = Manifest::parse(&text).map_err(|error| wrong(&it.dir.join(MANIFEST), error))?;
    let mut files = files(&it.dir, &manifest)?;
    for file in &mut files {
        send(client, &name, file, progress).await?;
    }
    let version_name = it.version_name.clone().unwrap_or_else(|| manifest.version().to_owned());
    let attachments: Vec<_> = files.iter().map(source).collect();
    match publish(client, &name, text, version_name, attachments).await? {
        None => writeln!(out, "{name}: this very manifest is published already, and nothing was changed")?,
        Some(made) => tell(client, it, &name, &made, out).await?,
    }
    out.flush()?;
    Ok(())
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> VerbError {
    VerbError::Usage(format!("{}: {why}", path.display()))
}

fn name(it: &Push) -> Result<String, VerbError> {
    let of_folder = || {
        let folder = it.dir.canonicalize().ok()?;
        folder.file_name().and_then(|name| name.to_str()).map(str::to_owned)
    };
    it.name.clone().or_else(of_folder).ok_or_else(|| wrong(&it.dir, "it has no name: give --name"))
}

fn read_manifest(dir: &Path) -> Result<String, VerbError> {
    let path = dir.join(MANIFEST);
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_MANIFEST + 1).read_to_string(&mut text));
    read.map_err(|error| wrong(&path, error))?;
    if text.len() as u64 > MAX_MANIFEST {
        return Err(wrong(&path, format!("it has more than {MAX_MANIFEST} bytes")));
    }
    Ok(text)
}

/// Every file that the manifest describes; each must be what it says.
fn files(dir: &Path, manifest: &Manifest) -> Result<Vec<Piecewise>, VerbError> {
    let mut files = Vec::new();
    for (name, described) in manifest.files() {
        let path = dir.join(name);
        let mut file = File::open(&path).map_err(|error| wrong(&path, error))?;
        let (sha256, size) = digest(&mut file).map_err(|error| wrong(&path, error))?;
        if sha256 != described.sha256() {
            let says = described.sha256();
            return Err(wrong(
                &path,
                format!("its SHA-256 is {sha256}, and {MANIFEST} says {says}: mend the one or the other"),
            ));
        }
        if size == 0 || size > MAX_BLOB || described.size.is_some_and(|says| says != size) {
            return Err(wrong(
                &path,
                format!("it has {size} bytes: that is not what {MANIFEST} says, or none or too many"),
            ));
        }
        files.push(Piecewise { name: name.to_owned(), file, size, sha256 });
    }
    Ok(files)
}

fn digest(file: &mut File) -> std::io::Result<(String, u64)> {
    let (mut hash, mut size, mut part) = (Context::new(&SHA256), 0, vec![0; MAX_PIECE]);
    loop {
        match file.read(&mut part)? {
            0 => break,
            n => {
                hash.update(part.get(..n).unwrap_or_default());
                size += n as u64;
            }
        }
    }
    let digits = hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((digits, size))
}

/// Sends what the server does not have of a file.
async fn send(
    client: &Client,
    document: &str,
    file: &mut Piecewise,
    progress: &mut Progress<'_, impl Write>,
) -> Result<(), VerbError> {
    // Nothing yet: it says how far the file is there.
    let mut piece = PutBlobPiece {
        sha256: file.sha256.clone(),
        offset: 0,
        total: file.size,
        bytes: String::new(),
        document_name: Some(document.to_owned()),
    };
    loop {
        let reply = put(client, &piece).await?;
        let received = if reply.complete { file.size } else { reply.received };
        progress.tell(file, received)?;
        if reply.complete {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(MAX_PIECE);
        file.file.seek(SeekFrom::Start(reply.received))?;
        Read::by_ref(&mut file.file).take(MAX_PIECE as u64).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(VerbError::Usage(format!("{} became shorter while it was sent", file.name)));
        }
        piece.offset = reply.received;
        piece.bytes = STANDARD.encode(bytes);
    }
}

/// A piece may come again, so it is sent again when it is not known whether it came.
async fn put(client: &Client, piece: &PutBlobPiece) -> Result<PutBlobPieceResult, VerbError> {
    let mut attempts = 1;
    loop {
        match client.call(piece).await {
            Err(error) if attempts < ATTEMPTS && is_passing(&error) => attempts += 1,
            other => return Ok(other?),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Fault(fault) => {
            fault.kind == FaultKind::Unavailable || fault.code == "ThrottlingException"
        }
        ClientError::Unreachable { .. } | ClientError::TimedOut { .. } => true,
        _ => false,
    }
}

fn source(file: &Piecewise) -> AttachmentsSource {
    AttachmentsSource {
        key: Some(String::from("SourceUrl")),
        values: vec![format!("{BLOB_URL}{}", file.sha256)],
        name: Some(file.name.clone()),
    }
}

/// Makes the document or its next version; `None` when it is there already.
async fn publish(
    client: &Client,
    name: &str,
    content: String,
    version_name: String,
    attachments: Vec<AttachmentsSource>,
) -> Result<Option<DocumentDescription>, VerbError> {
    let create = CreateDocument {
        content,
        name: name.to_owned(),
        version_name: Some(version_name),
        document_type: Some(String::from("Package")),
        document_format: Some(String::from("JSON")),
        attachments,
        ..CreateDocument::default()
    };
    match client.call(&create).await {
        Ok(made) => return Ok(Some(made.document_description)),
        Err(ClientError::Fault(fault)) if fault.code == "DocumentAlreadyExists" => {}
        Err(error) => return Err(error.into()),
    }
    let CreateDocument { content, name, version_name, document_format, attachments, .. } = create;
    let update = UpdateDocument {
        content,
        name,
        version_name,
        document_format,
        attachments,
        document_version: Some(String::from("$LATEST")),
        ..UpdateDocument::default()
    };
    match client.call(&update).await {
        Ok(made) => Ok(Some(made.document_description)),
        Err(ClientError::Fault(fault)) if fault.code == "DuplicateDocumentContent" => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn tell(
    client: &Client,
    it: &Push,
    name: &str,
    made: &DocumentDescription,
    out: &mut impl Write,
) -> Result<(), VerbError> {
    let (version, default) = (&made.document_version, &made.default_version);
    let called = made.version_name.as_deref().unwrap_or_default();
    if version == default {
        writeln!(out, "{name}: version {version} ({called}) is published, and is the default one")?;
    } else if it.default {
        let make = UpdateDocumentDefaultVersion { name: name.to_owned(), document_version: version.clone() };
        client.call(&make).await?;
        writeln!(out, "{name}: version {version} ({called}) is published, and is the default one now")?;
    } else {
        writeln!(
            out,
            "{name}: version {version} ({called}) is published; version {default} stays the default one, push with \
             --default to change that"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn folder(manifest: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(MANIFEST), manifest).unwrap();
        std::fs::write(dir.path().join("web.zip"), "hello").unwrap();
        dir
    }

    fn manifest(sha256: &str) -> String {
        format!(
            r#"{{"schemaVersion": "2.0", "version": "1.0", "packages": {{"_any": {{"_any": {{"_any": {{"file": "web.zip"}}}}}}}},
            "files": {{"web.zip": {{"checksums": {{"sha256": "{sha256}"}}}}}}}}"#
        )
    }

    #[test]
    fn a_file_that_is_not_what_its_manifest_says_is_not_sent() {
        let dir = folder(&manifest(&"0".repeat(64)));
        let manifest = Manifest::parse(&read_manifest(dir.path()).unwrap()).unwrap();
        let error = files(dir.path(), &manifest).err().unwrap().to_string();
        assert!(error.contains("web.zip") && error.contains(HELLO) && error.contains("000000"), "{error}");
    }

    #[test]
    fn a_package_is_its_manifest_and_the_files_that_lie_beside_it() {
        let dir = folder(&manifest(HELLO));
        let text = read_manifest(dir.path()).unwrap();
        let found = files(dir.path(), &Manifest::parse(&text).unwrap()).unwrap();
        assert_eq!((found[0].name.as_str(), found[0].size, found[0].sha256.as_str()), ("web.zip", 5, HELLO));
        assert_eq!(source(&found[0]).values, [format!("pilothouse://sha256/{HELLO}")]);
        let push = Push { dir: dir.path().join("nothing"), name: None, version_name: None, default: false };
        assert!(name(&push).is_err());
        assert!(read_manifest(&push.dir).unwrap_err().to_string().contains(MANIFEST));
    }

    #[test]
    fn progress_is_one_line_that_grows_on_a_terminal_and_one_line_per_file_elsewhere() {
        let dir = folder(&manifest(HELLO));
        let text = read_manifest(dir.path()).unwrap();
        let file = files(dir.path(), &Manifest::parse(&text).unwrap()).unwrap().remove(0);
        let told = |is_terminal| {
            let mut to = Vec::new();
            let mut progress = Progress { to: &mut to, is_terminal };
            progress.tell(&file, 2).unwrap();
            progress.tell(&file, 5).unwrap();
            String::from_utf8(to).unwrap()
        };
        assert_eq!(told(true), "\rweb.zip:  40 % of 5 bytes\rweb.zip: 100 % of 5 bytes\n");
        assert_eq!(told(false), "web.zip: 5 bytes are there\n");
    }
}
