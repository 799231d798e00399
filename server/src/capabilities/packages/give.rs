//! GivePackage, GivePiece: what a node gets of a package, in the name of who sent the command.

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_api::Fault;
use pilothouse_api::documents::{GetDocument, GetDocumentResult};
use pilothouse_api::packages::{Manifest, Selector};
use pilothouse_protocol::PackageAnswer;
use pilothouse_protocol::ask::MAX_PIECE;
use pilothouse_store::blobs::{self, Sha256};

use super::blob_fault;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{GivePackage, GivePiece, GivenPiece};

/// Documents with a file that are tried: one that the sender may read is enough.
const MOST: usize = 20;

impl Run for GivePackage {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PackageAnswer, Fault> {
        let Self { name, version, platform, release, architecture } = self;
        let found = package(cx, &name, version.as_deref()).await?;
        let unfit = |why: String| Fault::caller("InvalidDocument", format!("{name}: {why}"));
        if found.document_type != "Package" {
            return Err(unfit(format!("it is a document of type {}, not Package", found.document_type)));
        }
        let manifest = Manifest::parse(&found.content).map_err(|error| unfit(error.to_string()))?;
        let selector = Selector { platform: &platform, release: &release, architecture: &architecture };
        let (file, _) = manifest.file_for(selector).map_err(|error| unfit(error.to_string()))?;
        let attached = found.attachments_content.into_iter().find(|it| it.name == file);
        let attached = attached.ok_or_else(|| unfit(format!("its file {file} is not attached")))?;
        Ok(PackageAnswer {
            name: found.name,
            version: manifest.version().to_owned(),
            document_hash: hex::encode(digest(&SHA256, found.content.as_bytes())),
            file: attached.name,
            sha256: attached.hash,
            size: u64::try_from(attached.size).unwrap_or(0),
        })
    }
}

/// The package in a version that is meant: by its name, as AWS's agent asks; else by its number or selector.
async fn package(cx: &mut Cx<'_>, name: &str, version: Option<&str>) -> Result<GetDocumentResult, Fault> {
    let get = |document_version: Option<&str>, version_name: Option<&str>| GetDocument {
        name: name.to_owned(),
        document_version: document_version.map(str::to_owned),
        version_name: version_name.map(str::to_owned),
        document_format: Some(String::from("JSON")),
    };
    let Some(version) = version else { return get(None, None).run(cx).await };
    if version.starts_with('$') {
        return get(Some(version), None).run(cx).await;
    }
    let by_name = get(None, Some(version)).run(cx).await;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    match by_name {
        Err(fault) if is_number && fault.code == "InvalidDocumentVersion" => {
            get(Some(version), None).run(cx).await
        }
        found => found,
    }
}

impl Run for GivePiece {
    const GUARD: Guard = Guard::Resources;
    // That the package was given is in the trail; its pieces come by the thousand.
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GivenPiece, Fault> {
        // Asked in any case, so that who may read no document learns nothing of what is there.
        cx.sifter(cx.permission).await?;
        let unknown = || Fault::denied(format!("no file {} is attached to what you may read", self.sha256));
        let sha256: Sha256 = self.sha256.parse().map_err(|_| unknown())?;
        let region = cx.region().to_owned();
        let users = blobs::used_by(cx.tx, &region, &sha256).await.map_err(store_fault)?;
        let mut may = false;
        for (name, version) in users.into_iter().take(MOST) {
            let document_version = Some(version.to_string());
            let get = GetDocument { name, document_version, ..GetDocument::default() };
            may = get.run(cx).await.is_ok();
            if may {
                break;
            }
        }
        let total = if may { cx.ports.blobs.size(&sha256).await.map_err(blob_fault)? } else { None };
        let total = total.ok_or_else(unknown)?;
        let bytes = cx.ports.blobs.read(&sha256, self.offset, MAX_PIECE).await.map_err(blob_fault)?;
        Ok(GivenPiece { total, bytes: bytes.unwrap_or_default() })
    }
}
