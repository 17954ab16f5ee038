//! A naive model of the whole engine, and a property test that holds the engine against it.
//!
//! The model filters, sorts and slices plain vectors with the contract's rules written as the
//! contract words them: tokens are listed one by one, order is by comparing names. It shares
//! nothing with the engine but the text forms of avalon-core.

use avalon_core::database::{Rows, TrackRow};
use avalon_core::text::{lower, search_form, words};
use proptest::prelude::*;
use uuid::Uuid;

use super::select::{Selected, select};
use super::set::Set;
use super::*;
use crate::catalog::samples::{Sample, catalog, track};
use crate::catalog::{Catalog, Collection, Field};
use crate::index::Sizes;

/// Libraries in a usual run; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 150;

/// Requests to each library.
const REQUESTS: usize = 10;

/// What the API shows of an element; of an album, artist or genre only id and name.
#[derive(Clone, Debug)]
struct Shown {
    id: Uuid,
    name: String,
    owners: [(Uuid, String); 3],
    numbers: [Option<i64>; 3],
    disc: i64,
}

fn tokens(name: &str) -> Vec<String> {
    let term = search_form(name);
    let parts: Vec<&str> = words(&term).collect();
    let trailing = (1..parts.len().saturating_sub(1)).map(|from| parts[from..].join(" "));
    let single = parts.iter().map(|&part| part.to_owned());
    trailing.chain(single).chain([term.clone()]).collect()
}

fn matches(name: &str, text: &str) -> bool {
    let needle = search_form(text);
    !needle.is_empty() && tokens(name).iter().any(|token| token.starts_with(&needle))
}

fn named<Id: Into<Uuid> + Copy>(all: impl Iterator<Item = (Id, Option<String>)>) -> Vec<Shown> {
    let mut shown: Vec<Shown> = all
        .map(|(id, name)| Shown {
            id: id.into(),
            name: name.unwrap_or_default(),
            owners: Default::default(),
            numbers: [None; 3],
            disc: 0,
        })
        .collect();
    shown.sort_by_key(|one| (search_form(&one.name), one.id));
    shown
}

fn in_default_order(rows: &Rows, collection: Collection) -> Vec<Shown> {
    let albums = named(rows.albums.iter().map(|row| (row.id, row.name.clone())));
    let artists = named(rows.artists.iter().map(|row| (row.id, row.name.clone())));
    let genres = named(rows.genres.iter().map(|row| (row.id, row.name.clone())));
    let owner = |all: &[Shown], id: Option<Uuid>| {
        let found = all.iter().find(|one| Some(one.id) == id)?;
        Some((found.id, found.name.clone()))
    };
    let visible = |row: &TrackRow| {
        Some(Shown {
            id: row.id.0,
            name: row.name.clone().unwrap_or_default(),
            owners: [
                owner(&albums, row.album_id.map(|id| id.0))?,
                owner(&artists, row.artist_id.map(|id| id.0))?,
                owner(&genres, row.genre_id.map(|id| id.0))?,
            ],
            numbers: [row.length, row.track, row.year],
            disc: row.disc.unwrap_or(0),
        })
    };
    match collection {
        Collection::Albums => albums,
        Collection::Artists => artists,
        Collection::Genres => genres,
        Collection::Songs => {
            let mut songs: Vec<Shown> = rows.tracks.iter().filter_map(visible).collect();
            songs.sort_by_key(|song| {
                let [(album_id, album), (artist_id, artist), _] = &song.owners;
                let (album, artist) = (search_form(album), search_form(artist));
                let of_album = (artist, *artist_id, album, *album_id);
                (
                    of_album,
                    song.disc,
                    song.numbers[1],
                    search_form(&song.name),
                    song.id,
                )
            });
            songs
        }
    }
}

/// The ids of the answer, and how many there would be without limit and offset.
fn model(rows: &Rows, query: &Query) -> (Vec<Uuid>, usize) {
    let mut shown = in_default_order(rows, query.collection);
    if let Some(text) = &query.text {
        let of_owner = |one: &Shown| one.owners.iter().any(|(_, name)| matches(name, text));
        shown.retain(|one| matches(&one.name, text) || of_owner(one));
    }
    for (at, name) in [&query.album, &query.artist, &query.genre]
        .into_iter()
        .enumerate()
    {
        if let Some(name) = name {
            shown.retain(|one| lower(&one.owners[at].1) == lower(name));
        }
    }
    for (at, id) in [query.album_id, query.artist_id, query.genre_id]
        .into_iter()
        .enumerate()
    {
        if let Some(id) = id {
            shown.retain(|one| one.owners[at].0 == id);
        }
    }
    if let Some(Order { field, descending }) = query.order {
        let compare = |a: &Shown, b: &Shown| {
            let name = |at: usize| a.owners[at].1.chars().cmp(b.owners[at].1.chars());
            let id = |at: usize| a.owners[at].0.as_u128().cmp(&b.owners[at].0.as_u128());
            let number = |at: usize| a.numbers[at].cmp(&b.numbers[at]);
            match field {
                Field::Album => name(0),
                Field::AlbumId => id(0),
                Field::Artist => name(1),
                Field::ArtistId => id(1),
                Field::Genre => name(2),
                Field::GenreId => id(2),
                Field::Id => a.id.as_u128().cmp(&b.id.as_u128()),
                Field::Length => number(0),
                Field::Name => a.name.chars().cmp(b.name.chars()),
                Field::Track => number(1),
                Field::Year => number(2),
            }
        };
        shown.sort_by(|a, b| {
            if descending {
                compare(b, a)
            } else {
                compare(a, b)
            }
        });
    }
    let total = shown.len();
    let ids = shown.into_iter().map(|one| one.id);
    let ids = match query.page {
        None => ids.collect(),
        Some(Page { offset, limit }) => ids.skip(offset).take(limit).collect(),
    };
    (ids, total)
}

/// Bounds so low that even small libraries go through every form of set.
fn low(_: usize) -> Sizes {
    Sizes {
        prepared: 2,
        prepared_first: 4,
        gathered: 3,
        dense: 4,
        counted: 5,
        many: 8,
        headed: 3,
        head: 2,
        short_head: 1,
        looks: 3,
        listed: 3,
        at_once: 5,
        page_at_once: 12,
    }
}

/// Bounds with which even small libraries have no bitmaps, and all orders of their sets go by blocks.
fn by_blocks(_: usize) -> Sizes {
    Sizes {
        dense: 1000,
        many: 2,
        listed: 1000,
        ..low(0)
    }
}

/// The engine over a library.
struct Engine {
    catalog: Catalog,
    index: Index,
}

impl Engine {
    fn new(rows: &Rows, sizes: fn(usize) -> Sizes) -> Self {
        let catalog = catalog(rows);
        let index = Index::build_with(&catalog, sizes).unwrap();
        Self { catalog, index }
    }

    fn prepared(self) -> Self {
        self.index.prepare();
        self
    }

    fn answer(&self, query: &Query) -> (Vec<Uuid>, usize) {
        self.answer_within(query, Effort::Any).unwrap()
    }

    fn answer_within(&self, query: &Query, effort: Effort) -> Option<(Vec<Uuid>, usize)> {
        let ids = match query.collection {
            Collection::Albums => &self.catalog.albums.ids,
            Collection::Artists => &self.catalog.artists.ids,
            Collection::Genres => &self.catalog.genres.ids,
            Collection::Songs => &self.catalog.tracks.ids,
        };
        let Selection { total, numbers } = run(query, &self.index, effort)?;
        let numbers = numbers.list().into_iter();
        Some((numbers.map(|number| ids[number as usize]).collect(), total))
    }
}

/// Short names of few letters, so that prefixes, ties and equal names are frequent: letters with
/// and without marks, capitals, spaces of several kinds.
fn name() -> impl Strategy<Value = String> {
    "[aAäbBé\u{301}ßΣςσ \u{a0}\t\u{1c}]{0,7}"
}

fn number() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![Just(None), (-1_i64..4).prop_map(Some), Just(Some(1 << 40))]
}

fn library() -> impl Strategy<Value = Rows> {
    // Few names for many tracks, so that every part of the default order decides somewhere.
    let names = proptest::collection::vec(name(), 1..6);
    let one = || {
        let owners = any::<[prop::sample::Index; 3]>();
        let numbers = (number(), number(), number(), number());
        (name(), owners, numbers, 0_u8..20)
    };
    let few = proptest::collection::vec(one(), 0..25);
    let many = proptest::collection::vec(one(), 300..600);
    let tracks = prop_oneof![9 => few, 1 => many];
    (names, tracks).prop_map(|(names, tracks)| {
        let mut sample = Sample::default();
        for (title, owners, (length, number, year, disc), fate) in tracks {
            let [album, artist, genre] = owners.map(|owner| owner.get(&names));
            let new = track(&title).on(album).by(artist).genre(genre);
            sample.add(new.length(length).number(number).year(year).disc(disc));
            let Some(row) = sample.rows.tracks.last_mut() else {
                continue;
            };
            match fate {
                0 => row.album_id = None,
                1 => row.genre_id = Some(Uuid::nil().into()),
                2 => row.name = None,
                3 => sample.rows.albums[0].name = None,
                _ => {}
            }
        }
        sample.rows
    })
}

fn collection() -> impl Strategy<Value = Collection> {
    prop_oneof![
        1 => Just(Collection::Albums),
        1 => Just(Collection::Artists),
        1 => Just(Collection::Genres),
        5 => Just(Collection::Songs),
    ]
}

/// A query string over names of the same kind, and ids that are in the library or not.
fn query_string() -> impl Strategy<Value = String> {
    let fields = "album|album_id|artist|artist_id|genre|genre_id|id|length|name|track|year";
    let text = |parameter: &'static str| {
        name().prop_map(move |name| {
            let value: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            format!("{parameter}={value}")
        })
    };
    let filter = prop_oneof![4 => text("query"), 1 => text("album"), 1 => text("artist"), 1 => text("genre")];
    let order = prop_oneof![
        Just(String::new()),
        fields.prop_map(|field| format!("order={field}")),
        fields.prop_map(|field| format!("order={field}&direction=desc")),
    ];
    let page = prop_oneof![
        Just(String::new()),
        (0..20).prop_map(|limit| format!("limit={limit}")),
        (0..400, 0..400).prop_map(|(limit, offset)| format!("limit={limit}&offset={offset}")),
        (0..20, 0..20).prop_map(|(limit, offset)| format!("limit={limit}&offset={offset}")),
    ];
    let filters = proptest::collection::vec(filter, 0..3);
    (filters, order, page).prop_map(|(mut parameters, order, page)| {
        parameters.extend([order, page]);
        parameters.join("&")
    })
}

/// A request, with filters by ids of tracks that are in the library.
fn request() -> impl Strategy<Value = (Collection, String, Vec<(usize, prop::sample::Index)>)> {
    let ids = proptest::collection::vec((0_usize..3, any::<prop::sample::Index>()), 0..3);
    (collection(), query_string(), ids)
}

fn config() -> ProptestConfig {
    let cases = match std::env::var_os("PROPTEST_CASES") {
        None => CASES,
        Some(_) => ProptestConfig::default().cases,
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn sets_that_are_no_bitmaps_are_counted_where_they_are_large() {
    let mut sample = Sample::default();
    for number in 0..40 {
        let genre = ["Pop", "Rock"][number % 2];
        sample.add(track(&format!("a{number}")).genre(genre));
    }
    let engine = Engine::new(&sample.rows, by_blocks).prepared();
    let counted = |query_string| {
        let query = Query::parse(Collection::Songs, query_string).unwrap();
        let (number, permutation) = engine.index.tracks.orders.by(Field::Year);
        let counted = |set: &Set<'_>| {
            let (members, blocks) = set.counted(number)?;
            assert!(
                members
                    .members(0)
                    .iter(&members)
                    .eq(set.slice(&(0..set.len())))
            );
            let by_hand = permutation.blocks(&members);
            assert!(blocks.counts(true).eq(by_hand.counts(true)));
            Some(members.len())
        };
        match select(&query, &engine.index, Effort::Any).unwrap() {
            Selected::Prepared(set) => counted(&(&set.members).into()),
            Selected::Only(set) => counted(&set),
            Selected::All => None,
        }
    };
    assert_eq!(counted("query=a1"), Some(11));
    assert_eq!(counted("genre=pop"), Some(20));
    assert_eq!(counted("query=a1&genre=pop"), None);
}

#[test]
fn what_takes_too_many_looks_is_not_answered_with_little_effort() {
    let [two, one] = ["m", "f"].map(|letter| letter.repeat(70));
    let mut sample = Sample::default();
    for number in 0..40 {
        let artist = ["x", "y"][number / 20];
        let genre = ["Pop", "Rock"][number % 2];
        let album = match number {
            0 => "single".to_owned(),
            1..13 => "dozen".to_owned(),
            13.. => format!("{two} {}", number % 2),
        };
        sample.add(track("a").by(artist).genre(genre).on(&album));
    }
    (0..20).for_each(|_| sample.add(track("").by("z").genre("Folk").on(&one)));
    let lists = |sizes| Engine::new(&sample.rows, sizes);
    let [unprepared, bitmaps, by_blocks] = [
        lists(by_blocks),
        lists(low).prepared(),
        lists(by_blocks).prepared(),
    ];
    for (engine, query_string, is_answered) in [
        // Two large sets share ten or twenty, which nobody counts beforehand.
        (
            &bitmaps,
            "genre=pop&artist=x&order=id&limit=1&offset=9",
            true,
        ),
        (
            &bitmaps,
            "genre=pop&query=a&order=id&limit=1&offset=9",
            false,
        ),
        (&bitmaps, "genre=pop&query=a&limit=1&offset=9", true),
        (&bitmaps, "genre=pop&order=id&limit=1&offset=9", true),
        // One by one, and whether the other is a list.
        (&by_blocks, "genre=pop&artist=x", false),
        (&by_blocks, "genre=pop&album=single", true),
        (&by_blocks, "artist=x&album=dozen", true),
        // Neighbours are not counted beforehand.
        (&by_blocks, "artist=x&order=id&limit=1&offset=3", false),
        (&by_blocks, "album=dozen&order=id&limit=1&offset=3", true),
        (&by_blocks, "artist=x&order=artist&limit=1&offset=3", true),
        // Lists are, once.
        (&by_blocks, "genre=pop&order=id&limit=1&offset=3", true),
        (&unprepared, "genre=pop&order=id&limit=1&offset=3", false),
        // Among 12 or 15 places.
        (&by_blocks, "genre=pop&order=id&limit=4", true),
        (&by_blocks, "genre=pop&order=id&limit=5", false),
        // The tracks of two albums, or of one.
        (&by_blocks, &*format!("query={two}&limit=1"), false),
        (&by_blocks, &*format!("query={one}&limit=1"), true),
    ] {
        let query = Query::parse(Collection::Songs, query_string).unwrap();
        let answer = engine.answer_within(&query, Effort::Little);
        assert_eq!(answer.is_some(), is_answered, "{query_string}");
        assert_eq!(engine.answer(&query), model(&sample.rows, &query));
    }
}

#[test]
fn answers_are_the_same_while_more_is_prepared() {
    let mut sample = Sample::default();
    for number in 0..3000 {
        let (artist, genre) = (["a", "ab", "b"][number % 3], ["Pop", "Rock"][number % 2]);
        let year = Some(number as i64 % 7);
        let new = track(&format!("a{} b{}", number % 40, number % 11));
        sample.add(new.by(artist).genre(genre).year(year));
    }
    let queries: Vec<Query> = [
        "query=a",
        "query=a1&order=name",
        "query=b&order=year&direction=desc&limit=9&offset=700",
        "genre=pop&order=name&direction=desc&limit=3&offset=1000",
        "query=a2&artist=ab&order=id&offset=5",
    ]
    .map(|query_string| Query::parse(Collection::Songs, query_string).unwrap())
    .into();
    for sizes in [low, by_blocks, Sizes::of] {
        let engine = Engine::new(&sample.rows, sizes);
        let answers = || -> Vec<_> { queries.iter().map(|query| engine.answer(query)).collect() };
        let expected = answers();
        std::thread::scope(|scope| {
            let prepare = scope.spawn(|| engine.index.prepare());
            while !prepare.is_finished() {
                assert_eq!(answers(), expected);
            }
        });
        assert_eq!(answers(), expected);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_engine_answers_as_the_model_does(
        rows in library(),
        requests in proptest::collection::vec(request(), REQUESTS),
    ) {
        let engine = |sizes| Engine::new(&rows, sizes);
        let engines = [
            engine(low).prepared(),
            engine(by_blocks).prepared(),
            // As requests find it until then.
            engine(low),
            engine(by_blocks),
            engine(Sizes::of).prepared(),
        ];
        for (collection, query_string, ids) in requests {
            let Ok(mut query) = Query::parse(collection, &query_string) else {
                continue;
            };
            if collection == Collection::Songs && !rows.tracks.is_empty() {
                for (filter, of) in &ids {
                    let row = of.get(&rows.tracks);
                    match filter {
                        0 => query.album_id = row.album_id.map(|id| id.0),
                        1 => query.artist_id = row.artist_id.map(|id| id.0),
                        _ => query.genre_id = row.genre_id.map(|id| id.0),
                    }
                }
            }
            let expected = model(&rows, &query);
            for engine in &engines {
                prop_assert_eq!(&engine.answer(&query), &expected, "{}", query_string);
                if let Some(at_once) = engine.answer_within(&query, Effort::Little) {
                    prop_assert_eq!(&at_once, &expected, "{}", query_string);
                }
            }
        }
    }
}
