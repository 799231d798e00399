//! What is tagged: looked up by the type and id that a request names.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::topics::ParameterOperation;
use pilothouse_protocol::InstanceId;
use pilothouse_store::documents::{self, DocumentRecord};
use pilothouse_store::nodes::{self, NodeRecord};
use pilothouse_store::parameters::{self, ParameterRecord};

use crate::access::Resource;
use crate::capabilities::parameter_events::note;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::doorbell::Subject;

/// Something that carries tags.
pub(super) enum Tagged {
    /// A node.
    Node(Box<NodeRecord>),
    /// A parameter.
    Parameter(Box<ParameterRecord>),
    /// A document that people made.
    Document(Box<DocumentRecord>, String),
}

impl Tagged {
    /// What `kind` and `id` name in the call's region.
    ///
    /// # Errors
    /// `InvalidResourceType`, `InvalidResourceId`.
    pub(super) async fn find(cx: &mut Cx<'_>, kind: &str, id: &str) -> Result<Self, Fault> {
        match kind {
            nodes::KIND => node(cx, id).await,
            parameters::KIND => parameter(cx, id).await,
            documents::KIND => document(cx, id).await,
            _ => {
                let kinds = [nodes::KIND, parameters::KIND, documents::KIND].join(", ");
                let message = format!("this server does not keep tags of {kind}: only of {kinds}");
                Err(Fault::caller("InvalidResourceType", message))
            }
        }
    }

    /// Its tags.
    pub(super) fn tags(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Node(node) => &node.tags,
            Self::Parameter(parameter) => &parameter.tags,
            Self::Document(document, _) => &document.tags,
        }
    }

    /// As policies would see it with these tags.
    pub(super) fn with(&self, tags: &BTreeMap<String, String>) -> Resource {
        match self {
            Self::Node(node) => resources::node(&NodeRecord { tags: tags.clone(), ..(**node).clone() }),
            Self::Parameter(parameter) => resources::parameter(&parameter.newest.path, tags.clone()),
            Self::Document(document, account_id) => {
                let document = DocumentRecord { tags: tags.clone(), ..(**document).clone() };
                resources::own_document(&document, account_id)
            }
        }
    }

    /// Under which type and id its tags are kept.
    pub(super) fn key(&self) -> (&'static str, &str) {
        match self {
            Self::Node(node) => (nodes::KIND, node.instance_id.as_str()),
            Self::Parameter(parameter) => (parameters::KIND, &parameter.newest.path),
            Self::Document(document, _) => (documents::KIND, &document.name),
        }
    }

    /// Has followers told of its tags, as they are now.
    pub(super) async fn announce(&self, cx: &mut Cx<'_>, now: BTreeMap<String, String>) -> Result<(), Fault> {
        match self {
            Self::Node(node) => {
                nodes::save(cx.tx, node).await.map_err(store_fault)?;
                cx.ring(Subject::Nodes);
                Ok(())
            }
            Self::Document(..) => Ok(()),
            Self::Parameter(it) if it.tags == now => Ok(()),
            Self::Parameter(it) => {
                let detail = difference(&it.tags, &now);
                note(cx, ParameterOperation::TagsChanged, &it.newest, vec![now, it.tags.clone()], detail)
                    .await
            }
        }
    }
}

/// `+key=value` for what is new or another one, `-key` for what is gone.
fn difference(was: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> String {
    let set = now.iter().filter(|(key, value)| was.get(*key) != Some(*value));
    let gone = was.keys().filter(|key| !now.contains_key(*key));
    let all = set.map(|(key, value)| format!("+{key}={value}")).chain(gone.map(|key| format!("-{key}")));
    all.collect::<Vec<_>>().join(", ")
}

async fn node(cx: &mut Cx<'_>, id: &str) -> Result<Tagged, Fault> {
    let unknown = || Fault::caller("InvalidResourceId", format!("{id} is no managed node of this region"));
    let instance: InstanceId = id.parse().map_err(|_| unknown())?;
    let region = cx.region().to_owned();
    let row = nodes::get(cx.tx, &region, &instance).await.map_err(store_fault)?;
    let node = row.filter(|node| !node.gone).ok_or_else(unknown)?;
    Ok(Tagged::Node(Box::new(node)))
}

async fn parameter(cx: &mut Cx<'_>, id: &str) -> Result<Tagged, Fault> {
    let region = cx.region().to_owned();
    // `x` and `/x` are one parameter.
    let path = format!("/{}", id.strip_prefix('/').unwrap_or(id));
    let row = parameters::get(cx.tx, &region, &path).await.map_err(store_fault)?;
    if let Some(row) = row {
        return Ok(Tagged::Parameter(Box::new(row)));
    }
    // Whoever may not tag it is not told whether it is there.
    let shown: String = path.chars().take(1011).collect();
    cx.require(vec![resources::parameter(&shown, BTreeMap::new())]).await?;
    Err(Fault::caller("InvalidResourceId", format!("there is no parameter {shown} in this region")))
}

async fn document(cx: &mut Cx<'_>, id: &str) -> Result<Tagged, Fault> {
    let region = cx.region().to_owned();
    if let Some(row) = documents::get(cx.tx, &region, id).await.map_err(store_fault)? {
        return Ok(Tagged::Document(Box::new(row), cx.account_id.to_owned()));
    }
    let shown: String = id.chars().take(128).collect();
    cx.require(vec![resources::document(&shown, cx.account_id)]).await?;
    Err(Fault::caller("InvalidResourceId", format!("no document of yours in this region is called {shown}")))
}
