//! Medians, percentiles and tables of Markdown.

/// A table that prints each row as soon as it is there.
pub(crate) struct Table;

impl Table {
    #[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
    pub(crate) fn start(columns: &[&str]) -> Self {
        println!("\n| {} |", columns.join(" | "));
        println!("|{}", "---|".repeat(columns.len()));
        Self
    }

    #[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
    pub(crate) fn row(&self, cells: &[String]) {
        let cells = cells.join(" | ").replace('<', "&lt;").replace('>', "&gt;");
        println!("| {cells} |");
    }
}

/// The one in the middle; of an even number the upper of the two. Not a number where there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(&sorted(values), 0.5)
}

/// Values in order.
pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which this part of the sorted ones lies.
pub(crate) fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(at.min(last)).copied().unwrap_or(f64::NAN)
}

/// Bytes as megabytes of 1,000,000.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
