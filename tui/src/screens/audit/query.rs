//! What of the filter's text the server can do, so that scrolling back finds what is rare: `who:`, `what:`, `where:` and
//! `result:`, without `!`, with one value. All words are also tried here, on what the server let through.

use pilothouse_api::audit::AuditFilter;

use crate::typed;

/// The longest text that the server takes.
const LONGEST: usize = 256;
/// What the server calls everything that did not go well.
pub(super) const REFUSED: &str = "refused";

/// Reads what was typed. `refused` and `writes_only` are the switches beside it.
pub(super) fn read(text: &str, refused: bool, writes_only: bool) -> AuditFilter {
    let mut filter = AuditFilter { writes_only, ..AuditFilter::default() };
    for word in typed::words(text) {
        let Some((name, value)) = word.split_once([':', '=']) else { continue };
        if value.is_empty() || value.len() > LONGEST || value.contains(',') {
            continue;
        }
        let part = match name {
            "who" => &mut filter.who,
            "what" => &mut filter.what,
            "where" => &mut filter.r#where,
            "result" => &mut filter.result,
            _ => continue,
        };
        // Of two the second narrows what the first let through, here.
        if part.is_empty() {
            *part = value.to_lowercase();
        }
    }
    if refused && filter.result.is_empty() {
        REFUSED.clone_into(&mut filter.result);
    }
    filter
}

/// The text that reads as this filter.
pub(super) fn text(filter: &AuditFilter) -> String {
    let parts = [
        ("who", &filter.who),
        ("what", &filter.what),
        ("where", &filter.r#where),
        ("result", &filter.result),
    ];
    let words = parts.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
        if value.contains(char::is_whitespace) {
            format!("{name}:\"{value}\"")
        } else {
            format!("{name}:{value}")
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_asked_for_what_it_can_do_and_nothing_else() {
        let filter = read(
            "who:Anna what:send where:\"web 01\" result:refused uptime !who:root from:10.0",
            false,
            true,
        );
        let wanted = AuditFilter {
            who: "anna".into(),
            what: "send".into(),
            r#where: "web 01".into(),
            result: "refused".into(),
            writes_only: true,
        };
        assert_eq!(filter, wanted);
        assert_eq!(read(&text(&filter), false, true), wanted);
        assert_eq!(read("who:anna,ben who: what", false, false), AuditFilter::default());
    }

    #[test]
    fn faults_only_asks_for_what_was_refused_unless_a_result_is_named() {
        assert_eq!(read("", true, false).result, "refused");
        assert_eq!(read("result:Throttling", true, false).result, "throttling");
    }
}
