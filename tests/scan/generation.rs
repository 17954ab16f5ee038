//! The generation grows when what is served changed, and else not.

use std::path::Path;
use std::time::SystemTime;

use crate::support::{Collection, Database, on_each_backend, scan, set_mtime};

on_each_backend!(
    the_generation_grows_with_what_is_served,
    a_root_of_another_spelling_is_another_library,
);

type Change = fn(&Collection);

fn the_generation_grows_with_what_is_served(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A"), ("ARTIST", "the band")]);
    collection.add_flac("b.flac", &[("TITLE", "B"), ("ARTIST", "The Band")]);
    collection.age();
    let scanned = || {
        scan(database, collection.root()).run();
        database.last_scan().generation
    };
    let mut generation = scanned();
    assert_eq!(generation, 1);
    let steps: [(&str, bool, Change); 10] = [
        ("nothing", false, |_| {}),
        ("its permissions", false, |c| c.permit("a.flac", 0o600)),
        ("a picture", false, |c| {
            c.write("cover.jpg", b"\xff\xd8\xff\xe0");
        }),
        ("a file that is damaged", false, |c| {
            c.write("bad.mp3", b"");
        }),
        ("its time", true, |c| {
            set_mtime(&c.path("a.flac"), SystemTime::UNIX_EPOCH);
        }),
        ("another title", true, |c| {
            c.add_flac("a.flac", &[("TITLE", "AA"), ("ARTIST", "the band")]);
            c.age();
        }),
        ("who names the artist", true, |c| {
            c.add_flac("b.flac", &[("TITLE", "B"), ("ARTIST", "THE BAND")]);
            c.age();
        }),
        ("its path", true, |c| c.rename("b.flac", "c.flac")),
        ("a track that goes bad", true, |c| {
            c.write("c.flac", b"fLaC");
            c.age();
        }),
        ("nothing again", false, |_| {}),
    ];
    for (changed, grows, change) in steps {
        change(&collection);
        let now = scanned();
        assert_eq!(now, generation + i64::from(grows), "{changed}");
        generation = now;
    }
}

fn a_root_of_another_spelling_is_another_library(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("music/a.flac", &[("TITLE", "A")]);
    collection.age();
    let scanned = |root: &Path| {
        let finished = scan(database, root)
            .current_dir(collection.root())
            .run()
            .expect_code(0);
        (finished.stderr, database.library().tracks[0].id.clone())
    };
    let absolute = collection.path("music");
    let (said, id) = scanned(&absolute);
    assert!(!said.contains("[WARNING]"), "{said}");
    for same in ["music/.", "music//", "./music", "x/../music"] {
        collection.folder("x");
        let (said, same_id) = scanned(&collection.path(same));
        assert!(!said.contains("[WARNING]"), "{same}: {said}");
        assert_eq!(same_id, id, "{same}");
    }
    collection.link("link", "music");
    for other in [collection.path("link").as_path(), Path::new("music")] {
        let (said, other_id) = scanned(other);
        let warned = said.contains("is the same place as") && said.contains("[WARNING]");
        assert!(warned, "{}: {said}", other.display());
        assert_ne!(other_id, id, "{}", other.display());
        let last = database.last_scan();
        assert_eq!((last.changes(), last.tracks), ([0, 0, 1, 0], 1));
    }
}
