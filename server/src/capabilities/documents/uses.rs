//! ListParameterUses: which documents refer to a parameter, as it was kept when they were made.

use pilothouse_api::Fault;
use pilothouse_api::documents::{ListParameterUses, ListParameterUsesResult, ParameterUse};
use pilothouse_store::documents::{self, Reference};

use super::found;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// The path of a parameter that is named in a document: `x` and `/x` are one, and an ARN leads to its end.
pub(super) fn path_of(name: &str) -> String {
    let name =
        name.rsplit_once(":parameter").filter(|_| name.starts_with("arn:")).map_or(name, |(_, name)| name);
    format!("/{}", name.strip_prefix('/').unwrap_or(name))
}

impl Run for ListParameterUses {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListParameterUsesResult, Fault> {
        let mut sifter = cx.sifter(cx.permission).await?;
        let region = cx.region().to_owned();
        let to = Reference::Parameter(path_of(&self.name));
        let mut uses = Vec::new();
        for referrer in documents::referrers(cx.tx, &region, &to).await.map_err(store_fault)? {
            let (_, seen) = found::look(cx, &referrer.name).await?;
            if sifter.shows(&seen) {
                uses.push(ParameterUse {
                    document: referrer.name,
                    version: referrer.version.to_string(),
                    is_default: referrer.is_default,
                });
            }
        }
        Ok(ListParameterUsesResult { uses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_one_however_it_is_named() {
        for name in ["db/host", "/db/host", "arn:aws:ssm:eu-test-1:000000000000:parameter/db/host"] {
            assert_eq!(path_of(name), "/db/host", "{name}");
        }
    }
}
