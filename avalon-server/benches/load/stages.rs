//! Times that the server's log tells.
//!
//! In: its log. Out: each `<words> 0.123 s` (or ms) in it by its words, so that a stage which the
//! server tells is in the table without a word about it here.

use crate::support::table::median;

/// Words before a time, and the time in seconds.
pub(crate) type Stage = (String, f64);

/// Every time in the log, in its order.
pub(crate) fn stages(log: &str) -> Vec<Stage> {
    log.lines().flat_map(|line| times(message(line))).collect()
}

/// The medians of several starts, by the order of the first.
pub(crate) fn medians(starts: &[&[Stage]]) -> Vec<Stage> {
    let first = starts.first().copied().unwrap_or_default();
    first
        .iter()
        .map(|(label, _)| {
            let same = starts.iter().flat_map(|stages| stages.iter());
            let same = same.filter(|(other, _)| other == label);
            (label.clone(), median(same.map(|(_, seconds)| *seconds)))
        })
        .collect()
}

/// The message of a line in the default LOG_FORMAT.
fn message(line: &str) -> &str {
    line.split_once("[INFO] ")
        .map_or("", |(_, message)| message)
}

fn times(message: &str) -> Vec<Stage> {
    let mut stages = Vec::new();
    let mut label: Vec<&str> = Vec::new();
    let mut words = message.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let unit = words
            .peek()
            .map(|next| next.trim_end_matches([',', '.', ';', ')']));
        let scale = match unit {
            Some("s") => 1.0,
            Some("ms") => 1e-3,
            _ => f64::NAN,
        };
        match word.trim_start_matches('(').parse::<f64>() {
            Ok(number) if !scale.is_nan() => {
                words.next();
                stages.push((label.join(" "), number * scale));
                label.clear();
            }
            _ => label.push(word),
        }
    }
    stages
}
