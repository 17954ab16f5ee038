//! All names of a library, by word: tantivy's index, read out into flat arrays.
//!
//! In: the names of tracks, albums, album artists, artists and genres. Each is a document of one index in
//! memory, by number: titles first, then the others. Out: the words of all names, the names of each word,
//! the words of each name. The postings of neighbouring words are neighbours, so the names of a prefix are
//! one slice; tantivy's own, met one by one, cost 20 times as much where a prefix has thousands of words.

use std::ops::Range;

use prefetch_index::prefetch_index;
use rustc_hash::FxHashSet;
use tantivy::directory::RamDirectory;
use tantivy::postings::Postings;
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::termdict::TermDictionary;
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{DocSet, Index, IndexSettings, TERMINATED, TantivyDocument};
use thiserror::Error;
use twox_hash::XxHash3_64;

use super::bits::Bits;
use super::dictionary::Dictionary;
use super::request::NameField;
use super::text::{may_lead, typed_form};
use super::tokenizer::{NameTokenizer, Position};
use crate::catalog::{Texts, TooLarge, number};

/// Bytes that tantivy sizes its first hash table by.
const WRITER_MEMORY: usize = 64 * 1024 * 1024;

/// The name that our tokens have in tantivy.
const TOKENIZER: &str = "names";

/// Why names cannot be indexed.
#[derive(Debug, Error)]
pub enum NamesError {
    /// tantivy failed.
    #[error("cannot index the names of the library for search")]
    Index(#[from] tantivy::TantivyError),
    /// A dictionary that was just made cannot be read.
    #[error("cannot read the search index back")]
    Read(#[from] std::io::Error),
    /// There is more than can be numbered.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// The names and their words.
#[derive(Debug)]
pub(super) struct Names {
    /// The number of the first document of each field, and of the end.
    bases: [u32; FIELDS + 1],
    pub(super) dictionary: Dictionary,
    /// Where the names of each word begin, and the end.
    starts: Vec<u32>,
    /// The names of each word, ascending.
    names: Vec<u32>,
    /// Letters of each word, at most 255.
    letters: Vec<u8>,
    /// Where the words of each name begin, and the end.
    word_starts: Vec<u32>,
    /// The words of each name in its order; then, two numbers each, other forms of its words.
    words: Vec<u32>,
    /// How many words each name has.
    counts: Vec<u8>,
    /// Of each name as it is typed, a hash.
    typed: Vec<u32>,
    /// The names whose first word stands as an article does.
    leading: Bits,
}

/// How many kinds of names there are.
const FIELDS: usize = 5;

/// The kinds of names in the order of their documents.
pub(super) const NAME_FIELDS: [NameField; FIELDS] = [
    NameField::Title,
    NameField::Artist,
    NameField::Album,
    NameField::AlbumArtist,
    NameField::Genre,
];

/// Another form of words of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The word that it is.
    pub(super) term: u32,
    /// Of what.
    pub(super) position: Position,
}

/// The words of one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// By place.
    pub(super) words: &'a [u32],
    forms: &'a [u32],
}

impl<'a> Words<'a> {
    /// Its other forms.
    pub(super) fn forms(self) -> impl Iterator<Item = Form> + 'a {
        self.forms.chunks_exact(2).map(|form| Form {
            term: form[0],
            position: Position::unpack(form[1]),
        })
    }
}

impl Names {
    /// Indexes names: `texts` in the order of [`NAME_FIELDS`].
    pub(super) fn build(texts: [&Texts; FIELDS]) -> Result<Self, NamesError> {
        let mut bases = [0; FIELDS + 1];
        let mut total = 0;
        for (at, texts) in texts.iter().enumerate() {
            total += texts.len();
            bases[at + 1] = number(total, "names")?;
        }
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let field = schema.add_text_field(
            "name",
            TextOptions::default().set_indexing_options(indexing),
        );
        let schema = schema.build();
        let settings = IndexSettings {
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let tokenizers = tantivy::tokenizer::TokenizerManager::new();
        tokenizers.register(TOKENIZER, TextAnalyzer::from(NameTokenizer::default()));
        let mut writer = Index::builder()
            .schema(schema)
            .settings(settings)
            .tokenizers(tokenizers)
            .single_segment_index_writer::<TantivyDocument>(
                RamDirectory::create(),
                WRITER_MEMORY,
            )?;
        let mut typed = Vec::with_capacity(total);
        let mut leading = Bits::new(total);
        for texts in texts {
            for name in texts.iter() {
                let mut document = TantivyDocument::new();
                document.add_text(field, name);
                writer.add_document(document)?;
                if may_lead(name) {
                    // All are numbered by 32 bits, see above.
                    leading.insert(typed.len() as u32);
                }
                typed.push(typed_hash(name));
            }
        }
        let index = writer.finalize()?;
        let searcher = index.reader()?.searcher();
        let mut names = Self {
            bases,
            dictionary: Dictionary::new(Texts::default()),
            starts: vec![0],
            names: Vec::new(),
            letters: Vec::new(),
            word_starts: vec![0; total + 1],
            words: Vec::new(),
            counts: vec![0; total],
            typed,
            leading,
        };
        let Some(segment) = searcher.segment_readers().first() else {
            return Ok(names);
        };
        let inverted = segment.inverted_index(field)?;
        names.dictionary = Dictionary::new(words(inverted.terms())?);
        names.read_out(&inverted)?;
        Ok(names)
    }

    /// Reads postings and positions twice: how much there is of each name, and then what.
    fn read_out(&mut self, index: &tantivy::InvertedIndexReader) -> Result<(), NamesError> {
        let mut sizes = vec![0_u32; self.counts.len() + 1];
        let mut positions = Vec::new();
        let mut terms = index.terms().stream()?;
        while terms.advance() {
            let letters = std::str::from_utf8(terms.key()).map_or(0, |term| term.chars().count());
            self.letters.push(letters.min(255) as u8);
            let mut postings = index.read_postings_from_terminfo(
                terms.value(),
                IndexRecordOption::WithFreqsAndPositions,
            )?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                self.names.push(doc);
                postings.positions(&mut positions);
                for &position in &positions {
                    let position = Position::unpack(position);
                    if position.class == 0 {
                        let count = &mut self.counts[doc as usize];
                        *count = (*count).max(position.place.saturating_add(1));
                    } else if position.class != GRAM {
                        sizes[doc as usize] += 2;
                    }
                }
                doc = postings.advance();
            }
            self.starts
                .push(number(self.names.len(), "words of names")?);
        }
        let mut end = 0_usize;
        for (at, &count) in self.counts.iter().enumerate() {
            self.word_starts[at] = number(end, "words of names")?;
            end += usize::from(count) + sizes[at] as usize;
            // From now on: how much of the other forms is there.
            sizes[at] = 0;
        }
        self.word_starts[self.counts.len()] = number(end, "words of names")?;
        self.words = vec![0; end];
        let mut terms = index.terms().stream()?;
        let mut term = 0;
        while terms.advance() {
            let mut postings = index.read_postings_from_terminfo(
                terms.value(),
                IndexRecordOption::WithFreqsAndPositions,
            )?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                let at = doc as usize;
                let start = self.word_starts[at] as usize;
                postings.positions(&mut positions);
                for &packed in &positions {
                    let position = Position::unpack(packed);
                    if position.class == 0 {
                        self.words[start + usize::from(position.place)] = term;
                    } else if position.class != GRAM {
                        let form = start + usize::from(self.counts[at]) + sizes[at] as usize;
                        self.words[form] = term;
                        self.words[form + 1] = packed;
                        sizes[at] += 2;
                    }
                }
                doc = postings.advance();
            }
            term += 1;
        }
        Ok(())
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let numbers = [
            &self.starts,
            &self.names,
            &self.word_starts,
            &self.words,
            &self.typed,
        ];
        let numbers: usize = numbers
            .map(|numbers| size_of_val(&numbers[..]))
            .iter()
            .sum();
        let bytes = self.letters.len() + self.counts.len() + self.leading.memory();
        numbers + bytes + self.dictionary.memory()
    }

    /// The documents of a field.
    pub(super) fn of_field(&self, field: NameField) -> Range<u32> {
        let at = field as usize;
        self.bases[at]..self.bases[at + 1]
    }

    /// The document of a name.
    pub(super) fn document(&self, field: NameField, number: u32) -> u32 {
        self.bases[field as usize] + number
    }

    /// How many names there are.
    pub(super) fn count(&self) -> usize {
        self.counts.len()
    }

    /// The names that have one of these words, of one word ascending.
    pub(super) fn with(&self, terms: Range<u32>) -> &[u32] {
        if terms.is_empty() {
            return &[];
        }
        let from = self.starts[terms.start as usize] as usize;
        &self.names[from..self.starts[terms.end as usize] as usize]
    }

    /// Letters of a word, at most 255.
    pub(super) fn letters(&self, term: u32) -> u32 {
        self.letters[term as usize].into()
    }

    /// The words of a name.
    pub(super) fn words(&self, document: u32) -> Words<'_> {
        let at = document as usize;
        let all = &self.words[self.word_starts[at] as usize..self.word_starts[at + 1] as usize];
        let (words, forms) = all.split_at(self.counts[at].into());
        Words { words, forms }
    }

    /// Begins to load the words of a name, which are about to be asked for.
    pub(super) fn prefetch(&self, document: u32) {
        prefetch_index(&self.words, self.word_starts[document as usize] as usize);
    }

    /// How many words a name has, at most 255.
    pub(super) fn word_count(&self, document: u32) -> u8 {
        self.counts[document as usize]
    }

    /// Whether the first word of a name stands as an article does.
    pub(super) fn may_lead(&self, document: u32) -> bool {
        self.leading.contains(document)
    }

    /// The numbers of the names of a field that none before them is typed as.
    pub(super) fn first_of_each(&self, field: NameField) -> Bits {
        let documents = self.of_field(field);
        let mut known: FxHashSet<(u32, bool, &[u32])> = FxHashSet::default();
        let mut first = Bits::new(documents.len());
        for document in documents.clone() {
            // Names of other words or forms may have the same hash, and are found by other words.
            let at = document as usize;
            let starts = [at, at + 1].map(|at| self.word_starts[at] as usize);
            let words = &self.words[starts[0]..starts[1]];
            if known.insert((self.typed(document), self.may_lead(document), words)) {
                first.insert(document - documents.start);
            }
        }
        first
    }

    /// A hash of a name as it is typed.
    pub(super) fn typed(&self, document: u32) -> u32 {
        self.typed[document as usize]
    }
}

/// The words of a dictionary, in order.
fn words(terms: &TermDictionary) -> Result<Texts, NamesError> {
    let mut words = Texts::default();
    let mut stream = terms.stream()?;
    while stream.advance() {
        words.push(&String::from_utf8_lossy(stream.key()))?;
    }
    Ok(words)
}

/// The class of two neighbouring letters; they serve to find, not to rank.
const GRAM: u8 = super::text::Class::Gram as u8;

/// A hash of a name as it is typed.
pub(super) fn typed_hash(name: &str) -> u32 {
    XxHash3_64::oneshot(typed_form(name).as_bytes()) as u32
}
