//! ExportParameters: what is below a path as a text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::Fault;
use pilothouse_api::parameters::{ExportParameters, ExportParametersResult, MOST_EXCHANGED};
use pilothouse_store::parameters::{ParameterRecord, Value, sealed_name};

use super::exchange::{Format, Written, WrittenSealed, write};
use super::gather::{behind, gather};
use super::then::Then;
use super::{name, policies, resource, sealing};
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for ExportParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ExportParametersResult, Fault> {
        let path = name::check_path(&self.path)?;
        let then = Then::of(cx, self.at.map(|at| at.0));
        let found = gather(cx, &path, then, true, cx.permission).await?;
        let opens = self.reveal == Some(true);
        if opens {
            sealing::may_open(cx, found.known.iter().map(|it| (&it.newest, resource(it)))).await?;
        }
        // What is exported alone has a name, too.
        let is_itself = found.known.first().is_some_and(|it| it.newest.path == path);
        let base = if is_itself { path.rsplit_once('/').map_or("/", |(base, _)| base) } else { &path };
        let base = if base.is_empty() { "/" } else { base };
        let mut written = Vec::with_capacity(found.known.len());
        for it in found.known {
            written.push(one(cx, it, base, opens).await?);
        }
        let mut sealed = Vec::new();
        for it in &written {
            if it.value.is_none() {
                sealed.push(super::gather::below(base, &it.name));
            }
        }
        let content = write(base, &written, Format::of(&self.format)).map_err(Fault::validation)?;
        if content.chars().count() > MOST_EXCHANGED {
            let message =
                format!("the text has more than {MOST_EXCHANGED} characters: take a path further down");
            return Err(Fault::validation(message));
        }
        let count = i64::try_from(written.len()).unwrap_or(i64::MAX);
        Ok(ExportParametersResult { content, count, sealed, lost: found.lost })
    }
}

async fn one(cx: &mut Cx<'_>, it: ParameterRecord, base: &str, opens: bool) -> Result<Written, Fault> {
    let newest = it.newest;
    let policies = policies::text_of(cx, &newest).await?;
    let (value, sealed) = match &newest.value {
        Value::Sealed { sealed, key_id } if !opens => {
            let item = sealed_name(&newest.region, &newest.path, newest.version);
            (None, Some(WrittenSealed { item, key: key_id.clone(), bytes: STANDARD.encode(sealed) }))
        }
        _ => (Some(sealing::tell(cx, &newest, true).await?), None),
    };
    Ok(Written {
        name: behind(&newest.path, base).to_owned(),
        r#type: newest.kind,
        value,
        sealed,
        description: newest.description,
        tier: newest.tier,
        allowed_pattern: newest.allowed_pattern,
        data_type: newest.data_type,
        key_id: newest.key_name,
        policies,
        tags: it.tags,
    })
}
