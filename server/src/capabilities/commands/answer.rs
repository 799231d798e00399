//! FindSender, GiveDocument: what a node gets that runs a command, in the name of who sent it.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_document::{Document, Format, MAX_DOCUMENT};
use pilothouse_store::{commands, invocations};

use super::references;
use crate::cx::{Caller, Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{FindSender, GiveDocument, GivenDocument, Sender};

impl Run for FindSender {
    const GUARD: Guard = Guard::Kind;
    // What is then asked for in the sender's name is.
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Sender, Fault> {
        let refused = |why: &str| Fault::denied(format!("{} is not answered: {why}", self.job));
        if !matches!(&cx.call.caller, Caller::Node(instance) if *instance == self.job.instance) {
            return Err(refused("it is no job of this node"));
        }
        let mut runs =
            invocations::find_many(cx.tx, std::slice::from_ref(&self.job)).await.map_err(store_fault)?;
        let Some(run) = runs.pop().filter(|run| !run.state.is_terminal()) else {
            return Err(refused("it is over"));
        };
        let command = commands::get(cx.tx, &run.region, &run.command_id).await.map_err(store_fault)?;
        let requester = command.and_then(|it| serde_json::from_value(it.sender).ok());
        match requester {
            Some(requester) => Ok(Sender { requester, region: run.region }),
            None => Err(refused("it is not known who sent the command: send it again")),
        }
    }
}

impl Run for GiveDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GivenDocument, Fault> {
        let Self(get) = self;
        let name = get.name.clone();
        let found = get.run(cx).await?;
        if found.document_type != "Command" {
            let kind = found.document_type;
            let message = format!("{name} is a document of type {kind}, not Command: nodes cannot run it");
            return Err(Fault::caller("InvalidDocument", message));
        }
        if found.content.len() > MAX_DOCUMENT {
            let message = format!("in JSON {name} is longer than {MAX_DOCUMENT} bytes");
            return Err(Fault::caller("InvalidDocument", message));
        }
        let document = Document::parse(&found.content, Format::Json)
            .map_err(|error| Fault::caller("InvalidDocument", format!("{name}: {error}")))?;
        let resolved = references::resolve(cx, document.ssm_references(&BTreeMap::new())).await?;
        Ok(GivenDocument {
            name: found.name,
            version: found.document_version,
            content: found.content,
            resolved,
        })
    }
}
