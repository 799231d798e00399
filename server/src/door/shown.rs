//! What is shown to who approves, and whether a call that is carried out is still about that.
//!
//! In: the resources that a call asked about. Out: targets for people, a digest of them to be compared, and what has changed, for
//! people. Never here: requests for approval, and what becomes of them.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{Context, SHA256};
use pilothouse_api::approvals::ApprovalTarget;

use crate::access::Resource;

/// The most targets that a refusal names as added or removed.
const NAMED: usize = 20;

/// The targets of a call, each once.
pub(super) fn targets(resources: &[Resource]) -> Vec<ApprovalTarget> {
    // What moves from one environment into another is shown in both: to decide it is a matter of both.
    let mut seen = BTreeSet::new();
    let all = resources.iter().map(|resource| ApprovalTarget {
        resource: resource.to_string(),
        name: resource.name.clone(),
        environment: resource.environment().map(str::to_owned),
    });
    all.filter(|target| seen.insert((target.resource.clone(), target.environment.clone()))).collect()
}

/// What is to be carried out with something that others may change meanwhile: the target, and the digest of what stands in it.
pub(super) type Contents = BTreeSet<(String, String)>;

/// What stands in what a call asked about, where that counts.
pub(super) fn contents(resources: &[Resource]) -> Contents {
    let held = |it: &Resource| it.content.clone().map(|content| (it.to_string(), content));
    resources.iter().filter_map(held).collect()
}

/// What a target is: which, and where it belongs. Whoever approved it for one environment has not approved it for another.
fn place(target: &ApprovalTarget) -> (&str, Option<&str>) {
    (target.resource.as_str(), target.environment.as_deref())
}

/// Of what is touched, and of what stands in it where that counts, whatever its order and whatever people call it.
pub(super) fn digest(targets: &[ApprovalTarget], contents: &Contents) -> String {
    let places: BTreeSet<_> = targets.iter().map(place).collect();
    let mut context = Context::new(&SHA256);
    let mut add = |kind: u8, parts: [&str; 2]| {
        context.update(&[kind]);
        for part in parts {
            // The length keeps two references from being taken for another two.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
    };
    for (resource, environment) in places {
        add(u8::from(environment.is_some()), [resource, environment.unwrap_or_default()]);
    }
    for (resource, content) in contents {
        add(2, [resource, content]);
    }
    hex::encode(context.finish())
}

/// What has changed about the targets, for people.
pub(super) fn changes(shown: &[ApprovalTarget], touched: &[ApprovalTarget], contents: &Contents) -> String {
    let side = |these: &[ApprovalTarget], those: &[ApprovalTarget], what: &str| {
        let those: BTreeSet<_> = those.iter().map(place).collect();
        let gone: Vec<String> =
            these.iter().filter(|target| !those.contains(&place(target))).map(called).collect();
        let more = match gone.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!gone.is_empty()).then(|| format!("{what}: {}{more}", gone[..gone.len().min(NAMED)].join(", ")))
    };
    let sides = [side(touched, shown, "added"), side(shown, touched, "removed")];
    let sides = sides.into_iter().flatten().collect::<Vec<_>>().join("; ");
    if sides.is_empty() {
        let which = contents.iter().map(|(resource, _)| resource.as_str()).collect::<Vec<_>>().join(", ");
        return format!(
            "what {which} says is not what was approved any more: send it again, and have it approved anew"
        );
    }
    format!(
        "the targets are not those that were approved any more ({sides}): send it again, and have it approved anew"
    )
}

fn called(target: &ApprovalTarget) -> String {
    let ApprovalTarget { resource, name, environment } = target;
    let place = environment.as_ref().map(|environment| format!(" in {environment}")).unwrap_or_default();
    if resource.ends_with(name.as_str()) {
        format!("{resource}{place}")
    } else {
        format!("{name} ({resource}){place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Kind;

    fn target(reference: &str) -> ApprovalTarget {
        ApprovalTarget { resource: reference.into(), name: "web".into(), environment: None }
    }

    #[test]
    fn a_digest_does_not_hang_on_order_or_names_and_tells_every_other_set_apart() {
        let [a, b] = [target("node/a"), target("node/b")];
        let renamed = ApprovalTarget { name: "db".into(), ..a.clone() };
        let full = digest;
        let digest = |targets: &[_]| full(targets, &Contents::new());
        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b.clone(), renamed]));
        let moved = ApprovalTarget { environment: Some("prod".into()), ..a.clone() };
        assert_ne!(digest(&[moved]), digest(std::slice::from_ref(&a)));
        assert_ne!(digest(std::slice::from_ref(&a)), digest(&[a, b]));
        assert_ne!(digest(&[target("ab"), target("c")]), digest(&[target("a"), target("bc")]));
        let holding = |text: &str| contents(&[Resource::new(Kind::Policy, "p").holding(text)]);
        let ab = [target("ab")];
        assert_ne!(full(&ab, &holding("one")), full(&ab, &holding("two")));
        assert_ne!(full(&ab, &holding("one")), digest(&ab));
    }

    #[test]
    fn what_was_added_and_removed_is_named() {
        let changes = |shown: &[_], touched: &[_]| changes(shown, touched, &Contents::new());
        let said = changes(&[target("node/a"), target("node/b")], &[target("node/b"), target("node/c")]);
        assert!(said.contains("added: web (node/c); removed: web (node/a)"), "{said}");
        let many: Vec<_> = (0..25).map(|n| target(&format!("node/{n}"))).collect();
        assert!(changes(&[], &many).contains("and 5 more"));
    }
}
