//! What the runs showed, as a table: medians, with the least and the most.

use crate::measure::Figures;

/// All runs of one subject.
struct Subject {
    name: &'static str,
    runs: Vec<Figures>,
    /// Rows that each run wrote, where it wrote any.
    rows: Option<u64>,
}

/// What ratios are made of.
#[derive(Clone, Copy)]
pub(crate) struct Costs {
    wall: f64,
    least_wall: f64,
    cpu: Option<f64>,
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

    /// What a subject cost: the medians of wall and CPU seconds, and the least wall seconds.
    pub(crate) fn costs(&self, name: &str) -> Option<Costs> {
        let subject = self.subject(name)?;
        Some(Costs {
            wall: subject.median(|run| Some(run.wall_seconds))?,
            least_wall: *subject.sorted(|run| Some(run.wall_seconds)).first()?,
            cpu: subject.median(|run| run.cpu_seconds),
        })
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

impl Costs {
    /// One after the other.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            least_wall: self.least_wall + other.least_wall,
            cpu: self.cpu.zip(other.cpu).map(|(ours, theirs)| ours + theirs),
        }
    }

    /// Three ratios as cells of a table. Those of the least walls and of CPU time hold still where
    /// other programs take turns with what is measured.
    pub(crate) fn ratios(self, bound: Self) -> String {
        let cpu = self.cpu.zip(bound.cpu).map(|(ours, theirs)| ours / theirs);
        format!(
            "{:.2} | {:.2} | {}",
            self.wall / bound.wall,
            self.least_wall / bound.least_wall,
            shown(cpu, 2)
        )
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
