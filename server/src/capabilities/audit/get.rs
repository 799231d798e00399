//! GetAuditRecord.

use pilothouse_api::Fault;
use pilothouse_api::audit::{GetAuditRecord, GetAuditRecordResult};
use pilothouse_store::audit;

use crate::capabilities::resources;
use crate::capabilities::view::audit_view;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for GetAuditRecord {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetAuditRecordResult, Fault> {
        cx.require(vec![resources::trail()]).await?;
        let region = cx.region().to_owned();
        let row = audit::get(cx.tx, &region, self.seq).await.map_err(store_fault)?;
        let row = row.ok_or_else(|| unknown(self.seq))?;
        let record = serde_json::from_str(&row.record).map_err(|error| {
            tracing::error!(%error, seq = row.seq, "an audit record is no JSON: see `audit verify`");
            Fault::internal("this record is damaged: see the server's log")
        })?;
        let hash = hex::encode(&row.hash);
        Ok(GetAuditRecordResult { record, hash, view: audit_view(row) })
    }
}

fn unknown(seq: i64) -> Fault {
    Fault::caller(
        "AuditRecordNotFound",
        format!("no record {seq} in this region, or it was removed by retention"),
    )
}
