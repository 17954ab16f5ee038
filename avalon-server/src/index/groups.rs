//! Which group each element is of: a track of an album, of a year, of a length.
//!
//! In: the number of its group for each element. Out: the same, in a form that takes little room:
//! as many bytes for each as the largest number needs, or, where neighbours are mostly of one group, as
//! tracks are of one album, a bit for each and the group of each run of neighbours.

/// Runs take several steps to look up, so they are to take less than this part of the plain form.
const WORTH: usize = 4;

/// The group of each element.
#[derive(Debug)]
pub(super) struct Groups {
    form: Form,
}

#[derive(Debug)]
enum Form {
    Bytes(Box<[u8]>),
    Halves(Box<[u16]>),
    Words(Box<[u32]>),
    Runs(Runs),
}

/// Runs of neighbours of one group.
#[derive(Debug)]
struct Runs {
    /// How many elements there are.
    len: u32,
    /// A bit for each element, set where a run begins.
    begins: Box<[u64]>,
    /// How many runs begin before each word of those.
    before: Box<[u32]>,
    /// The group of each run.
    groups: Box<[u32]>,
}

impl Groups {
    /// Of the group of each element.
    pub(super) fn new(groups: &[u32]) -> Self {
        let runs = groups.chunk_by(|a, b| a == b);
        let (mut count, mut largest) = (0, 0);
        for run in runs {
            count += 1;
            largest = largest.max(run[0]);
        }
        let width = match largest {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            _ => 4,
        };
        let plain = groups.len() * width;
        let form = if (count * 4 + groups.len() * 3 / 16) * WORTH < plain {
            Form::Runs(Runs::new(groups, count))
        } else {
            // No number is cut: the largest has the width.
            match width {
                1 => Form::Bytes(groups.iter().map(|&group| group as u8).collect()),
                2 => Form::Halves(groups.iter().map(|&group| group as u16).collect()),
                _ => Form::Words(groups.into()),
            }
        };
        Self { form }
    }

    /// The group of an element.
    pub(super) fn of(&self, element: u32) -> u32 {
        let at = element as usize;
        match &self.form {
            Form::Bytes(groups) => u32::from(groups[at]),
            Form::Halves(groups) => u32::from(groups[at]),
            Form::Words(groups) => groups[at],
            Form::Runs(runs) => runs.of(element),
        }
    }

    /// Gives elements, each with its group; what form there is is looked at once.
    pub(super) fn each(
        &self,
        elements: impl Iterator<Item = u32>,
        mut grouped: impl FnMut(u32, u32),
    ) {
        match &self.form {
            Form::Bytes(groups) => {
                elements.for_each(|element| grouped(element, groups[element as usize].into()));
            }
            Form::Halves(groups) => {
                elements.for_each(|element| grouped(element, groups[element as usize].into()));
            }
            Form::Words(groups) => {
                elements.for_each(|element| grouped(element, groups[element as usize]));
            }
            Form::Runs(runs) => elements.for_each(|element| grouped(element, runs.of(element))),
        }
    }

    /// The group of every element, from the first on.
    pub(super) fn for_all(&self, mut group: impl FnMut(u32)) {
        match &self.form {
            Form::Bytes(groups) => groups.iter().for_each(|&of| group(of.into())),
            Form::Halves(groups) => groups.iter().for_each(|&of| group(of.into())),
            Form::Words(groups) => groups.iter().for_each(|&of| group(of)),
            Form::Runs(runs) => {
                let mut run = 0;
                for element in 0..runs.len {
                    run += runs.begins_at(element) as usize;
                    group(runs.groups[run - 1]);
                }
            }
        }
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        match &self.form {
            Form::Bytes(groups) => size_of_val(&**groups),
            Form::Halves(groups) => size_of_val(&**groups),
            Form::Words(groups) => size_of_val(&**groups),
            Form::Runs(runs) => {
                let bits = size_of_val(&*runs.begins) + size_of_val(&*runs.before);
                bits + size_of_val(&*runs.groups)
            }
        }
    }
}

impl Runs {
    /// So many runs.
    fn new(of_each: &[u32], count: usize) -> Self {
        let mut begins = vec![0_u64; of_each.len().div_ceil(64)];
        let mut groups = Vec::with_capacity(count);
        let mut start = 0;
        for run in of_each.chunk_by(|a, b| a == b) {
            begins[start / 64] |= 1 << (start % 64);
            groups.push(run[0]);
            start += run.len();
        }
        let mut runs = 0;
        let before = begins.iter().map(|word| {
            let before = runs;
            runs += word.count_ones();
            before
        });
        Self {
            // Elements are numbered by 32 bits.
            len: of_each.len() as u32,
            before: before.collect(),
            begins: begins.into(),
            groups: groups.into(),
        }
    }

    fn of(&self, element: u32) -> u32 {
        let word = element as usize / 64;
        // Those that begin up to the element.
        let begun = self.begins[word] & (u64::MAX >> (63 - element % 64));
        self.groups[(self.before[word] + begun.count_ones()) as usize - 1]
    }

    /// 1 where a run begins, else 0.
    fn begins_at(&self, element: u32) -> u64 {
        self.begins[element as usize / 64] >> (element % 64) & 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_the_groups_that_it_was_made_of() {
        let elements = 0..3000_u32;
        for (form, group) in [
            ("bytes", (|at| at % 256) as fn(u32) -> u32),
            ("halves", |at| at * 7919 % 3000),
            ("words", |at| at << 16 | 5),
            ("runs", |at| at / 100 * 77_777),
            ("runs of bytes", |at| at / 700),
        ] {
            let expected: Vec<u32> = elements.clone().map(group).collect();
            let groups = Groups::new(&expected);
            let each: Vec<u32> = elements.clone().map(|at| groups.of(at)).collect();
            assert_eq!(each, expected, "{form}");
            let mut each = Vec::new();
            groups.each(elements.clone().rev().step_by(3), |at, group| {
                each.push((at, group));
            });
            let thirds = elements.clone().rev().step_by(3);
            assert!(
                each.into_iter().eq(thirds.map(|at| (at, group(at)))),
                "{form}"
            );
            let mut all = Vec::new();
            groups.for_all(|group| all.push(group));
            assert_eq!(all, expected, "{form}");
            let is_of_runs = matches!(groups.form, Form::Runs { .. });
            assert_eq!(is_of_runs, form.starts_with("runs"), "{form}");
        }
        let none = Groups::new(&[]);
        none.for_all(|group| panic!("{group}"));
    }
}
