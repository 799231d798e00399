//! A request as listings tell it: bounded, however large it is, and where something is cut that is said.

use serde_json::{Map, Value};

/// Bytes of all texts and names.
const BRIEF: usize = 8 * 1024;
/// Characters of one text, and elements of one array.
const BRIEF_TEXT: usize = 1024;
const BRIEF_ELEMENTS: usize = 50;

/// The value with its long parts cut.
pub(super) fn brief(value: &Value) -> Value {
    cut(value, &mut BRIEF.clone())
}

/// `left` is how many bytes it may still take.
fn cut(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => cut_text(text, left),
        Value::Array(elements) => cut_array(elements, left),
        Value::Object(members) => cut_object(members, left),
        other => {
            *left = left.saturating_sub(8);
            other.clone()
        }
    }
}

fn cut_text(text: &str, left: &mut usize) -> Value {
    let shown: String = text.chars().take(BRIEF_TEXT.min(*left)).collect();
    *left = left.saturating_sub(shown.len());
    match text.len() - shown.len() {
        0 => Value::from(shown),
        more => Value::from(format!("{shown}… ({more} bytes more)")),
    }
}

fn cut_array(elements: &[Value], left: &mut usize) -> Value {
    let mut shown = Vec::new();
    for element in elements.iter().take(BRIEF_ELEMENTS) {
        if *left == 0 {
            break;
        }
        shown.push(cut(element, left));
    }
    match elements.len() - shown.len() {
        0 => {}
        more => shown.push(Value::from(format!("… {more} more"))),
    }
    Value::Array(shown)
}

fn cut_object(members: &Map<String, Value>, left: &mut usize) -> Value {
    let mut shown = Map::new();
    for (name, member) in members {
        let cost = name.len() + 8;
        if cost > *left {
            shown.insert(String::from("…"), Value::from(format!("{} more", members.len() - shown.len())));
            break;
        }
        *left -= cost;
        shown.insert(name.clone(), cut(member, left));
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_is_told_as_it_is() {
        let request =
            json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["id", "date"]}, "n": 5});
        assert_eq!(brief(&request), request);
    }

    #[test]
    fn long_parts_are_cut_and_it_is_said_where() {
        let long = "ü".repeat(BRIEF_TEXT + 1);
        let many: Vec<_> = (0..BRIEF_ELEMENTS + 7).collect();
        let told = brief(&json!({"text": long, "many": many}));
        assert!(told["text"].as_str().unwrap().ends_with("ü… (2 bytes more)"), "{told}");
        assert_eq!(told["many"][BRIEF_ELEMENTS], "… 7 more");
    }

    #[test]
    fn however_large_a_request_is_it_is_told_in_a_bounded_size() {
        let element = json!({"key": "k".repeat(500), "values": vec!["v".repeat(900); 40]});
        let told = brief(&json!({"a": vec![element; 40], "b": "b".repeat(9_000)}));
        assert!(told.to_string().len() < 2 * BRIEF, "{}", told.to_string().len());
    }
}
