//! tantivy as it comes: text fields of its default tokenizer, its query parser over all of them, the best
//! by score first.
//!
//! In: songs, then searches. One index in memory for each list. What the parser cannot read of a search
//! it leaves out (its lenient mode).

use anyhow::Result;
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{Field, Schema, TEXT};
use tantivy::{Index, IndexReader, TantivyDocument};

use crate::engines::{Engine, Reply};
use crate::judge::LOOKED_AT;
use crate::queries::List;
use crate::songs::{Song, Songs};

/// What one thread may take while an index is made, bytes.
const BUDGET: usize = 200_000_000;

/// The indexes, by list.
pub(crate) struct Plain {
    artists: Names,
    albums: Names,
    songs: Names,
}

struct Names {
    reader: IndexReader,
    parser: QueryParser,
    /// By number of the document.
    names: Vec<String>,
}

impl Plain {
    pub(crate) fn of(songs: &Songs) -> Result<Self> {
        let named = |names: &[String]| {
            let rows = names.iter().map(|name| [name.as_str()]);
            Names::of(["name"], rows)
        };
        let row = |song: &'_ Song| {
            let Song {
                title,
                artist,
                album,
                ..
            } = song;
            [title.clone(), artist.clone(), album.clone()]
        };
        Ok(Self {
            artists: named(&songs.artists)?,
            albums: named(&songs.albums)?,
            songs: Names::of(["title", "artist", "album"], songs.songs.iter().map(row))?,
        })
    }
}

impl Names {
    /// An index of rows of texts, the first of which is the name.
    fn of<const N: usize, T: Into<String>>(
        fields: [&str; N],
        rows: impl Iterator<Item = [T; N]>,
    ) -> Result<Self> {
        let mut schema = Schema::builder();
        let fields: [Field; N] = fields.map(|field| schema.add_text_field(field, TEXT));
        let builder = Index::builder().schema(schema.build());
        // One segment, in which documents have the numbers of their rows.
        let directory = tantivy::directory::RamDirectory::create();
        let mut writer = builder.single_segment_index_writer(directory, BUDGET)?;
        let mut names = Vec::new();
        for row in rows {
            let row = row.map(Into::into);
            let mut document = TantivyDocument::default();
            for (field, text) in fields.iter().zip(&row) {
                document.add_text(*field, text);
            }
            writer.add_document(document)?;
            names.extend(row.into_iter().next());
        }
        let index = writer.finalize()?;
        Ok(Self {
            parser: QueryParser::for_index(&index, fields.to_vec()),
            reader: index.reader()?,
            names,
        })
    }

    fn ask(&self, q: &str) -> Result<Reply> {
        let (query, _) = self.parser.parse_query_lenient(q);
        let best = TopDocs::with_limit(LOOKED_AT).order_by_score();
        let found = self.reader.searcher().search(&query, &best)?;
        let names = found.into_iter().map(|(_, document)| {
            let at = document.doc_id as usize;
            self.names[at].clone()
        });
        Ok(Reply {
            names: names.collect(),
            is_corrected: false,
        })
    }
}

impl Engine for Plain {
    fn name(&self) -> &'static str {
        "tantivy defaults"
    }

    fn ask(&mut self, q: &str, list: List) -> Result<Reply> {
        match list {
            List::Artists => self.artists.ask(q),
            List::Albums => self.albums.ask(q),
            List::Songs => self.songs.ask(q),
        }
    }
}
