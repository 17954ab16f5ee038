//! What the runs showed, as a table: medians, with the least and the most.

use crate::measure::Figures;

/// All runs of one subject.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    runs: Vec<Figures>,
    /// Rows that each run wrote, where it wrote any.
    rows: Option<u64>,
}

/// The subjects in the order in which they were first run.
#[derive(Default)]
pub(crate) struct Table {
    subjects: Vec<Subject>,
}

impl Table {
    pub(crate) fn add(&mut self, name: &'static str, figures: Figures, rows: Option<u64>) {
        match self
            .subjects
            .iter_mut()
            .find(|subject| subject.name == name)
        {
            Some(subject) => subject.runs.push(figures),
            None => self.subjects.push(Subject {
                name,
                runs: vec![figures],
                rows,
            }),
        }
    }

    /// The median of the wall seconds of a subject.
    pub(crate) fn wall(&self, name: &str) -> Option<f64> {
        self.subject(name)?.median(|run| Some(run.wall_seconds))
    }

    /// The median of the peak memory of a subject, in bytes.
    pub(crate) fn peak(&self, name: &str) -> Option<f64> {
        self.subject(name)?
            .median(|run| run.peak_bytes.map(|bytes| bytes as f64))
    }

    fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }

    /// A table in Markdown, over a collection of `files` files.
    pub(crate) fn render(&self, files: usize) -> String {
        let mut text = "| what | wall s [min-max] | CPU s | peak MB | files/s | rows/s |\n\
                        |---|---|---|---|---|---|\n"
            .to_owned();
        for subject in &self.subjects {
            let walls = subject.sorted(|run| Some(run.wall_seconds));
            let (Some(least), Some(most)) = (walls.first(), walls.last()) else {
                continue;
            };
            let wall = walls[walls.len() / 2];
            let cpu = subject.median(|run| run.cpu_seconds);
            let peak = subject.median(|run| run.peak_bytes.map(|bytes| bytes as f64 / 1e6));
            let rows = subject.rows.map(|rows| rows as f64 / wall);
            text += &format!(
                "| {} | {wall:.3} [{least:.3}-{most:.3}] | {} | {} | {:.0} | {} |\n",
                subject.name,
                shown(cpu, 2),
                shown(peak, 1),
                files as f64 / wall,
                shown(rows, 0),
            );
        }
        text
    }
}

impl Subject {
    fn sorted(&self, figure: impl Fn(&Figures) -> Option<f64>) -> Vec<f64> {
        let mut sorted: Vec<f64> = self.runs.iter().filter_map(figure).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn median(&self, figure: impl Fn(&Figures) -> Option<f64>) -> Option<f64> {
        let sorted = self.sorted(figure);
        sorted.get(sorted.len() / 2).copied()
    }
}

fn shown(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}
