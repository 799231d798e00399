//! DescribeDocumentPermission and ModifyDocumentPermission: with whom a document is shared.

use pilothouse_api::Fault;
use pilothouse_api::documents::{
    AccountSharingInfo, DescribeDocumentPermission, DescribeDocumentPermissionResponse,
    ModifyDocumentPermission, ModifyDocumentPermissionResponse,
};
use pilothouse_store::documents::{self, DocumentRecord, EVERYBODY};

use super::found;
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Accounts that one document is shared with. Source: "Systems Manager quotas".
const ACCOUNTS: usize = 1000;
/// Documents of a region that are shared with everybody.
const PUBLIC: i64 = 5;
/// Accounts on a page, if the caller does not say: the model's list holds no more.
const PAGE: usize = 20;

fn is_share(kind: &str) -> Result<(), Fault> {
    if kind == "Share" {
        return Ok(());
    }
    let shown: String = kind.chars().take(64).collect();
    let message = format!(
        "Value '{shown}' at 'permissionType' failed to satisfy constraint: Member must satisfy enum value set: [Share]"
    );
    Err(Fault::caller("InvalidPermissionType", message))
}

fn too_many(message: impl Into<String>) -> Fault {
    Fault::caller("DocumentPermissionLimit", message)
}

impl Run for DescribeDocumentPermission {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeDocumentPermissionResponse, Fault> {
        let found = found::document(cx, &self.name).await?;
        is_share(&self.permission_type)?;
        let DocumentRecord { region, name, .. } = &found.document;
        let after: String = page::cursor(self.next_token.as_deref())?.unwrap_or_default();
        let shares = documents::shares(cx.tx, region, name).await.map_err(store_fault)?;
        let rest: Vec<_> = shares.into_iter().filter(|(account, _)| *account > after).collect();
        let limit = page::limit(self.max_results, PAGE);
        let (rest, next_token) = page::cut(rest, limit, |(account, _)| account.clone());
        let account_ids = rest.iter().map(|(account, _)| account.clone()).collect();
        let each = rest.into_iter().map(|(account_id, shared_document_version)| AccountSharingInfo {
            account_id,
            shared_document_version,
        });
        let account_sharing_info_list = each.collect();
        Ok(DescribeDocumentPermissionResponse { account_ids, account_sharing_info_list, next_token })
    }
}

impl Run for ModifyDocumentPermission {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ModifyDocumentPermissionResponse, Fault> {
        let DocumentRecord { region, name, .. } = found::own(cx, &self.name).await?;
        is_share(&self.permission_type)?;
        let add: Vec<String> = self.account_ids_to_add.iter().map(|id| id.to_ascii_lowercase()).collect();
        let everybody = add.iter().any(|id| id == EVERYBODY);
        if everybody && add.len() > 1 {
            return Err(too_many("Accounts can either be all or a group of AWS accounts"));
        }
        let mut there = documents::shares(cx.tx, &region, &name).await.map_err(store_fault)?;
        for account in self.account_ids_to_remove.iter().map(|id| id.to_ascii_lowercase()) {
            there.remove(&account);
            documents::unshare(cx.tx, &region, &name, &account).await.map_err(store_fault)?;
        }
        // To be shared with everybody and to be shared with some exclude each other: what is asked for last holds.
        let displaced = there.keys().filter(|it| !add.is_empty() && (everybody || *it == EVERYBODY));
        for account in displaced.cloned().collect::<Vec<_>>() {
            there.remove(&account);
            documents::unshare(cx.tx, &region, &name, &account).await.map_err(store_fault)?;
        }
        let version = self.shared_document_version.as_deref().unwrap_or("$DEFAULT");
        for account in add {
            documents::share(cx.tx, &region, &name, &account, version).await.map_err(store_fault)?;
            there.insert(account, version.to_owned());
        }
        if there.len() > ACCOUNTS {
            return Err(too_many(format!("a document is shared with at most {ACCOUNTS} accounts")));
        }
        let public = documents::public_count(cx.tx, &region).await.map_err(store_fault)?;
        if everybody && public > PUBLIC {
            return Err(too_many(format!(
                "at most {PUBLIC} documents of a region are shared with everybody"
            )));
        }
        Ok(ModifyDocumentPermissionResponse {})
    }
}
