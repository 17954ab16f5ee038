//! What matches what, by a look at each name of a small library.
//!
//! It shares with the engine what a text is analysed to and how a query is read; nothing of how words are
//! looked up, and no set or order.

use std::collections::BTreeSet;

use crate::search::NameField;
use crate::search::syntax::{Clause, Parsed, What};
use crate::search::text::{AND, Analysis, Class, Token, analyze, may_lead};

/// A name, or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Name {
    words: Vec<String>,
    /// Everything that it is found by, words among it.
    tokens: BTreeSet<String>,
}

/// A word of a query, or a phrase, or a run of a script without spaces.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) word: String,
    pub(super) field: Option<NameField>,
    needed: bool,
    /// What stands for it as a whole.
    forms: BTreeSet<String>,
    /// Words that must follow each other.
    sequence: Vec<String>,
    begins: bool,
    spaced: bool,
    phrase: bool,
}

/// What a query asks of names.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) wanted: Vec<Unit>,
    excluded: Vec<Vec<Unit>>,
}

fn analysed(text: &str) -> Analysis {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    analysis
}

impl Name {
    pub(super) fn of(text: &str) -> Self {
        let analysis = analysed(text);
        let texts = |words: bool| {
            let tokens = analysis.tokens.iter();
            let tokens = tokens.filter(move |token| !words || token.class == Class::Word);
            tokens.map(|token| analysis.text(token).to_owned())
        };
        Self {
            words: texts(true).collect(),
            tokens: texts(false).collect(),
        }
    }

    fn has(&self, sequence: &[String]) -> bool {
        let mut windows = self.words.windows(sequence.len().max(1));
        windows.any(|window| window == sequence)
    }
}

impl Unit {
    /// Whether a name has it; if `forgiving` by another spelling too.
    pub(super) fn is_in(&self, name: &Name, forgiving: bool) -> bool {
        name.tokens.iter().any(|token| {
            self.forms.contains(token)
                || self.begins && token.starts_with(&self.word)
                || forgiving && self.is_nearly(token)
        }) || name.has(&self.sequence)
            || forgiving && self.is_split_in(name)
    }

    fn is_nearly(&self, token: &str) -> bool {
        let letters = self.word.chars().count();
        let edits = edits(&self.word, token);
        self.spaced
            && (letters >= 4 && edits <= 1
                || letters >= 8 && edits <= 2 && self.word.chars().next() == token.chars().next())
    }

    /// Whether neighbouring words of a name make it up: any two, two with an `and` or `n` between them, of
    /// which either does for the other, initials alone or before one word, three words, digits and letters.
    fn is_split_in(&self, name: &Name) -> bool {
        let letters = self.word.chars().count();
        let length = |word: &String| word.chars().count();
        let is_initials = |words: &[String]| {
            let (first, last) = words.split_at(2);
            let all = words.iter().all(|word| length(word) == 1);
            words.concat() == self.word
                && (all && (3..=4).contains(&letters)
                    || letters >= 4
                        && last.len() == 1
                        && first.iter().all(|word| length(word) == 1))
        };
        let is_three = |words: &[String]| {
            let lengths: Vec<usize> = words.iter().map(length).collect();
            let are_long =
                matches!(lengths[..], [one, two, three] if one >= 3 && two >= 2 && three >= 3);
            are_long && letters <= 16 && words.concat() == self.word
        };
        let is_numeric = |word: &String| word.chars().all(char::is_numeric);
        let has_digit = |word: &String| word.contains(char::is_numeric);
        let is_runs = |words: &[String]| {
            words.concat() == self.word
                && words.iter().all(|word| is_numeric(word) == has_digit(word))
                && words
                    .windows(2)
                    .all(|pair| is_numeric(&pair[0]) != is_numeric(&pair[1]))
        };
        let is_it = |words: &[String]| match words {
            words if is_three(words) || is_runs(words) => true,
            [left, right] => letters >= 4 && *self.word == format!("{left}{right}"),
            [left, and, right] if ["and", "n"].contains(&&**and) => {
                length(left) > 1
                    && length(right) > 1
                    && ["and", "n"]
                        .iter()
                        .any(|and| *self.word == format!("{left}{and}{right}"))
                    || is_initials(words)
            }
            words => is_initials(words),
        };
        let mut windows = (2..=name.words.len()).flat_map(|count| name.words.windows(count));
        self.spaced && windows.any(is_it)
    }

    fn is_anywhere(&self, names: &[(NameField, Name)], forgiving: bool) -> bool {
        names.iter().any(|(field, name)| {
            self.field.is_none_or(|only| only == *field) && self.is_in(name, forgiving)
        })
    }
}

impl Asked {
    pub(super) fn of(parsed: &Parsed, articles: &[&str]) -> Self {
        let mut asked = Self::default();
        for clause in &parsed.clauses {
            let units = match &clause.what {
                What::Words(text) => words(text, clause),
                What::Phrase(text) => phrase(text, clause),
                What::Years(_) => continue,
            };
            match clause.excluded {
                true => asked.excluded.push(units),
                false => asked.wanted.extend(units),
            }
        }
        if let [first, _, ..] = &mut asked.wanted[..] {
            let is_article = articles.contains(&first.word.as_str());
            let leads = parsed.clauses.iter().find_map(|clause| match &clause.what {
                What::Words(text) if !clause.excluded => Some(may_lead(text)),
                _ => None,
            });
            let may_be_left_out = is_article && leads == Some(true);
            first.needed = first.phrase || first.field.is_some() || !may_be_left_out;
        }
        asked
    }

    /// Whether the names of an element have what is asked for and nothing that is excluded.
    pub(super) fn finds(&self, names: &[(NameField, Name)], forgiving: bool) -> bool {
        let excludes = |units: &Vec<Unit>| {
            !units.is_empty() && units.iter().all(|unit| unit.is_anywhere(names, false))
        };
        let mut needed = self.wanted.iter().filter(|unit| unit.needed);
        needed.all(|unit| unit.is_anywhere(names, forgiving)) && !self.excluded.iter().any(excludes)
    }
}

fn phrase(text: &str, clause: &Clause) -> Vec<Unit> {
    let sequence = Name::of(text).words;
    if sequence.is_empty() {
        return Vec::new();
    }
    vec![Unit {
        word: sequence.join(" "),
        field: clause.field,
        needed: true,
        forms: BTreeSet::new(),
        sequence,
        begins: false,
        spaced: false,
        phrase: true,
    }]
}

fn words(text: &str, clause: &Clause) -> Vec<Unit> {
    let analysis = analysed(text);
    let is_word = |token: &&Token| token.class == Class::Word;
    let mut runs: Vec<Vec<&Token>> = Vec::new();
    for word in analysis.tokens.iter().filter(is_word) {
        let goes_on = |run: &&mut Vec<&Token>| {
            let last = run[run.len() - 1];
            last.unspaced && word.unspaced && last.source.end == word.source.start
        };
        match runs.last_mut().filter(goes_on) {
            Some(run) => run.push(word),
            None => runs.push(vec![word]),
        }
    }
    let covers = |token: &Token, place: u8| {
        token.place <= place && u16::from(place) < u16::from(token.place) + u16::from(token.span)
    };
    let written =
        |run: &[&Token]| -> String { run.iter().map(|word| analysis.text(word)).collect() };
    let count = runs.len();
    let is_alone = analysis.tokens.iter().filter(is_word).count() == 1;
    let mut units = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let spaced = !run[0].unspaced;
        let word = written(run);
        let symbols = |token: &&Token| token.class == Class::Symbol;
        let others =
            |token: &&Token| !matches!(token.class, Class::Word | Class::Gram | Class::And);
        let about = analysis.tokens.iter().filter(others);
        let about: Vec<&Token> = about
            .filter(|token| match token.class {
                // The sound of a part is not that of the whole.
                Class::Roman => run.iter().all(|word| covers(token, word.place)),
                _ => run.iter().any(|word| covers(token, word.place)),
            })
            .collect();
        let mut forms: BTreeSet<String> = about
            .iter()
            .map(|token| analysis.text(token).to_owned())
            .collect();
        // What ends with a symbol does not go on.
        let last_place = run[run.len() - 1].place;
        let is_closed = about.iter().copied().filter(symbols).any(|token| {
            let end = analysis.text(token).chars().next_back();
            token.place + token.span == last_place + 1
                && end.is_some_and(|end| !end.is_alphanumeric())
        });
        if spaced {
            forms.insert(word.clone());
            // By itself a word is what it is.
            match word.as_str() {
                _ if is_alone => {}
                "and" => forms.extend(["n", AND].map(str::to_owned)),
                "n" => forms.extend(["and", AND].map(str::to_owned)),
                _ => {}
            }
            for first in at.saturating_sub(4)..=at {
                for end in at.max(first + 1)..count.min(first + 5) {
                    let of = &runs[first..=end];
                    if of.iter().all(|run| !run[0].unspaced) {
                        forms.insert(of.iter().map(|run| written(run)).collect());
                    }
                }
            }
        }
        let is_last = clause.last && at + 1 == count;
        units.push(Unit {
            field: clause.field,
            needed: true,
            begins: spaced
                && !clause.excluded
                && !is_closed
                && (is_last || word.chars().count() >= 2),
            sequence: match spaced {
                true => vec![word.clone()],
                false => run
                    .iter()
                    .map(|word| analysis.text(word).to_owned())
                    .collect(),
            },
            word,
            forms,
            spaced,
            phrase: false,
        });
    }
    units
}

/// Insertions, deletions, substitutions and transpositions of neighbours, none of which touches what
/// another has changed.
pub(super) fn edits(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = match (i, j) {
                (0, edits) | (edits, 0) => edits,
                _ => {
                    let same = usize::from(one[i - 1] != other[j - 1]);
                    let mut least = (table[i - 1][j - 1] + same)
                        .min(table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1);
                    if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                }
            };
        }
    }
    table[one.len()][other.len()]
}
