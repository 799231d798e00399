//! Run templates: commands under a name, to be sent again.

use pilothouse_api::Fault;
use pilothouse_api::runs::{
    DeleteRunTemplate, DeleteRunTemplateResult, ListRunTemplates, ListRunTemplatesResult, MAX_TEMPLATES,
    PutRunTemplate, PutRunTemplateResult, RunTemplate,
};
use pilothouse_store::templates::{self, TemplateRecord};

use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

fn shown(record: TemplateRecord) -> RunTemplate {
    RunTemplate {
        name: record.name,
        description: record.description,
        request: record.request,
        created_by: record.created_by,
        last_modified_date: record.modified_at.into(),
        last_used: record.last_used.map(Into::into),
    }
}

impl Run for PutRunTemplate {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PutRunTemplateResult, Fault> {
        cx.require(vec![resources::template(&self.name)]).await?;
        let region = cx.region().to_owned();
        let known = templates::get(cx.tx, &region, &self.name).await.map_err(store_fault)?;
        if known.is_none() {
            let count = templates::count(cx.tx, &region).await.map_err(store_fault)?;
            if usize::try_from(count).is_ok_and(|count| count >= MAX_TEMPLATES) {
                let message = format!("there are {count} run templates, as many as a region can have");
                return Err(Fault::caller("LimitExceededException", message));
            }
        }
        let (made_by, last_used) = known.map(|it| (it.created_by, it.last_used)).unzip();
        let record = TemplateRecord {
            region,
            name: self.name,
            description: self.description,
            request: self.request,
            created_by: made_by.unwrap_or_else(|| cx.call.caller.to_string()),
            modified_at: cx.now,
            last_used: last_used.flatten(),
        };
        templates::put(cx.tx, &record).await.map_err(store_fault)?;
        Ok(PutRunTemplateResult { template: shown(record) })
    }
}

impl Run for ListRunTemplates {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListRunTemplatesResult, Fault> {
        let mut sifter = cx.sifter(cx.permission).await?;
        let region = cx.region().to_owned();
        let mut rows = templates::all(cx.tx, &region).await.map_err(store_fault)?;
        rows.retain(|row| sifter.shows(&resources::template(&row.name)));
        Ok(ListRunTemplatesResult { templates: rows.into_iter().map(shown).collect() })
    }
}

impl Run for DeleteRunTemplate {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteRunTemplateResult, Fault> {
        cx.require(vec![resources::template(&self.name)]).await?;
        let region = cx.region().to_owned();
        if !templates::delete(cx.tx, &region, &self.name).await.map_err(store_fault)? {
            let message = format!("no run template {} in this region", self.name);
            return Err(Fault::caller("NotFoundException", message));
        }
        Ok(DeleteRunTemplateResult {})
    }
}
