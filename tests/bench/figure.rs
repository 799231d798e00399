//! Figures as they are printed: one JSON line each.

use std::time::Duration;

use serde_json::{Value, json};

/// Prints one figure.
#[expect(clippy::print_stdout, reason = "figures are what the bench is for")]
pub fn print(bench: &str, nodes: usize, name: &str, unit: &str, value: f64) {
    let value = (value * 1000.0).round() / 1000.0;
    println!("{}", json!({ "bench": bench, "nodes": nodes, "figure": name, "value": value, "unit": unit }));
}

/// Prints a figure that was measured several times.
#[expect(clippy::print_stdout, reason = "figures are what the bench is for")]
pub fn spread(bench: &str, nodes: usize, name: &str, unit: &str, values: &[f64]) {
    let round = |value: f64| Value::from((value * 1000.0).round() / 1000.0);
    let at = |share| round(percentile(values, share));
    println!(
        "{}",
        json!({ "bench": bench, "nodes": nodes, "figure": name, "unit": unit, "n": values.len(),
                "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0) })
    );
}

/// The value below which this share of the values lies; 0 for none.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = (last as f64 * share).ceil() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

/// Milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Says what goes on.
#[expect(clippy::print_stderr, reason = "the story beside the figures")]
pub fn tell(text: &str) {
    eprintln!("bench: {text}");
}
