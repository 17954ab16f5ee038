//! What of a collection belongs to the library: links, ignore files, what is no file, and folders that
//! cannot be listed.

use std::fs;

use crate::support::{Collection, Database, Program, is_root, on_each_backend, scan};

on_each_backend!(
    a_folder_that_cannot_be_listed_is_no_loss,
    a_file_that_cannot_be_looked_at_is_no_loss,
    a_link_to_what_cannot_be_reached_is_no_loss,
    ignore_files_leave_out_what_they_name,
    links_to_folders_are_followed_where_that_is_asked_for,
);

fn a_folder_that_cannot_be_listed_is_no_loss(database: &Database) {
    let collection = Collection::new();
    for number in 0..30 {
        let title = format!("Song {number}");
        collection.add_flac(&format!("locked/deep/{number}.flac"), &[("TITLE", &title)]);
    }
    collection.add_flac("open.flac", &[("TITLE", "Open")]);
    collection.add_flac("locker.flac", &[("TITLE", "Locker")]);
    collection.age();
    open_to_all(database);
    let scanned = || scan(database, collection.root()).unprivileged().run();
    scanned().expect_code(0);
    let before = database.library();
    for locked in ["locked", "locked/deep"] {
        collection.permit(locked, 0o000);
        let finished = scanned();
        collection.permit(locked, 0o755);
        let path = collection.path(locked);
        finished
            .expect_code(3)
            .expect_stderr(&[path.to_str().unwrap(), "1 skipped (1 unreadable)"]);
        assert_eq!(database.library(), before, "{locked}");
        let last = database.last_scan();
        assert_eq!((last.tracks, last.seen), (32, 2), "{locked}");
        assert_eq!((last.changes(), last.generation), ([0; 4], 1), "{locked}");
        let issues = database.issues();
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].path, path.to_str().unwrap());
    }
    // What is gone beside it is gone; and below, once it is seen.
    collection.remove("locker.flac");
    collection.remove("locked/deep/7.flac");
    collection.permit("locked", 0o000);
    let finished = scanned();
    collection.permit("locked", 0o755);
    finished.expect_code(3);
    assert_eq!(database.last_scan().changes(), [0, 0, 0, 1]);
    assert_eq!(database.library().tracks.len(), 31);
    scanned().expect_code(0);
    assert_eq!(database.library().tracks.len(), 30);
    assert_eq!(database.issues(), []);
}

fn a_file_that_cannot_be_looked_at_is_no_loss(database: &Database) {
    let collection = Collection::new();
    collection.add_flac("b/t.flac", &[("TITLE", "T"), ("TRACKNUMBER", "A1")]);
    collection.add_flac("open.flac", &[("TITLE", "Open")]);
    collection.age();
    open_to_all(database);
    scan(database, collection.root())
        .unprivileged()
        .run()
        .expect_code(0);
    let before = database.library();
    let warned = database.issues();
    assert_eq!(warned.len(), 1, "{warned:?}");
    let file = collection.path("b/t.flac");
    let only = || {
        Program::new("avalon-scan")
            .arg("--database")
            .arg(database.url())
            .arg("--only")
            .arg(&file)
            .unprivileged()
            .run()
    };
    collection.permit("b", 0o000);
    let finished = only();
    collection.permit("b", 0o755);
    let told = [file.to_str().unwrap(), "it cannot be looked at", "keeps"];
    finished.expect_code(3).expect_stderr(&told);
    assert_eq!(database.library(), before);
    assert_eq!(database.last_scan().changes(), [0; 4]);
    // Seen again, it has the warning that it had, and nothing else.
    assert_eq!(database.issues().len(), 2);
    only().expect_code(0);
    assert_eq!(database.issues(), warned);
    fs::remove_file(&file).unwrap();
    only().expect_code(0);
    assert_eq!(database.library().titles(), ["Open"]);
}

fn a_link_to_what_cannot_be_reached_is_no_loss(database: &Database) {
    let outside = Collection::new();
    outside.add_flac("o/t.flac", &[("TITLE", "T")]);
    outside.age();
    let collection = Collection::new();
    collection.add_flac("open.flac", &[("TITLE", "Open")]);
    collection.age();
    collection.link("link.flac", outside.path("o/t.flac"));
    open_to_all(database);
    for follow in [false, true] {
        let scanned = || {
            let scan = scan(database, collection.root()).unprivileged();
            match follow {
                true => scan.arg("--follow-links").run(),
                false => scan.run(),
            }
        };
        scanned().expect_code(0);
        let before = database.library();
        assert_eq!(before.titles(), ["Open", "T"]);
        outside.permit("o", 0o000);
        let finished = scanned();
        outside.permit("o", 0o755);
        finished
            .expect_code(3)
            .expect_stderr(&["link.flac", "1 skipped (1 unreadable)", "keeps"]);
        assert_eq!(database.library(), before, "{follow}");
        assert_eq!(database.last_scan().changes(), [0; 4], "{follow}");
        scanned().expect_code(0);
    }
}

#[test]
fn no_track_behind_a_link_goes_without_a_word() {
    let (collection, outside) = (Collection::new(), Collection::new());
    outside.add_flac("o/t.flac", &[("TITLE", "T")]);
    collection.add_flac("open.flac", &[("TITLE", "Open")]);
    collection.age();
    outside.age();
    collection.link("noext", outside.path("o/t.flac"));
    collection.link("picture", outside.path("o/never"));
    let database = Database::sqlite();
    scan(&database, collection.root()).run().expect_code(0);
    outside.rename("o/t.flac", "p/t.flac");
    for _ in 0..2 {
        scan(&database, collection.root())
            .run()
            .expect_code(3)
            .expect_stderr(&["noext: the link leads nowhere", "1 skipped (1 broken link)"]);
        assert_eq!(database.library().titles(), ["Open"]);
    }
    outside.rename("p/t.flac", "o/t.flac");
    scan(&database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().titles(), ["Open", "T"]);
}

/// Lets the unprivileged user write a database.
fn open_to_all(database: &Database) {
    use std::os::unix::fs::PermissionsExt;
    if let Database::Sqlite(folder) = database
        && is_root()
    {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    }
}

fn ignore_files_leave_out_what_they_name(database: &Database) {
    let collection = Collection::new();
    for name in [
        "a.flac",
        "draft.flac",
        "keep/draft.flac",
        "unsorted/b.flac",
        "nd/c.flac",
        "nd/d.flac",
        "ndall/e.flac",
        "phone/deep/f.flac",
    ] {
        collection.add_flac(name, &[("TITLE", name)]);
    }
    collection.age();
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 8);
    collection.write(
        ".avalonignore",
        b"# what is not done\ndraft.*\n/unsorted/\n",
    );
    collection.write("keep/.avalonignore", b"!draft.flac\n");
    collection.write("nd/.ndignore", b"/c.*\n");
    collection.write("ndall/.ndignore", b"");
    collection.write("phone/.nomedia", b"");
    scan(database, collection.root()).run().expect_code(0);
    let left = ["a.flac", "keep/draft.flac", "nd/d.flac"];
    assert_eq!(database.library().titles(), left);
    assert_eq!(database.last_scan().changes(), [0, 0, 0, 5]);
    // Ignore files are not counted, nor is what they hide.
    assert_eq!(database.last_scan().seen, 3);
    for name in [
        ".avalonignore",
        "keep/.avalonignore",
        "nd/.ndignore",
        "ndall/.ndignore",
        "phone/.nomedia",
    ] {
        collection.remove(name);
    }
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().tracks.len(), 8);
}

fn links_to_folders_are_followed_where_that_is_asked_for(database: &Database) {
    let collection = Collection::new();
    let elsewhere = Collection::new();
    collection.add_flac("a/1.flac", &[("TITLE", "One")]);
    elsewhere.add_flac("2.flac", &[("TITLE", "Two")]);
    let link = collection.link("link", elsewhere.root());
    let circle = collection.link("a/circle", collection.root());
    collection.age();
    elsewhere.age();
    scan(database, collection.root())
        .run()
        .expect_code(0)
        .expect_stderr(&[link.to_str().unwrap(), "Not followed"]);
    assert_eq!(database.library().titles(), ["One"]);
    let follow = || {
        scan(database, collection.root())
            .arg("--follow-links")
            .run()
    };
    let finished = follow();
    let named = finished
        .stderr
        .lines()
        .filter(|line| line.contains("[WARNING]") && line.contains(circle.to_str().unwrap()));
    assert_eq!(named.count(), 1, "{}", finished.stderr);
    assert_eq!(database.library().titles(), ["One", "Two"]);
    let first = database.last_scan();
    assert_eq!(follow().code(), finished.code());
    let second = database.last_scan();
    assert_eq!((second.read, second.generation), (0, first.generation));
    // Without, what lies behind the link goes again.
    scan(database, collection.root()).run().expect_code(0);
    assert_eq!(database.library().titles(), ["One"]);
}

#[test]
fn what_is_no_file_stops_no_scan_whatever_it_is_called() {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    collection.add_flac("folder/b.flac", &[("TITLE", "B")]);
    for name in [
        ".avalonignore",
        ".ndignore",
        "b.mp3",
        "cover.jpg",
        "folder/.nomedia",
    ] {
        // Who opened one of them would wait for ever.
        collection.fifo(name);
    }
    let database = Database::sqlite();
    scan(&database, collection.root())
        .run()
        .expect_code(3)
        .expect_stderr(&["b.mp3: it is a FIFO", ".avalonignore", ".ndignore"]);
    // It is there, and that is all that counts of a .nomedia.
    assert_eq!(database.library().titles(), ["A"]);
}

#[test]
fn a_collection_that_hides_itself_does_not_empty_the_library() {
    let collection = Collection::new();
    collection.add_flac("a.flac", &[("TITLE", "A")]);
    let database = Database::sqlite();
    scan(&database, collection.root()).run().expect_code(0);
    collection.write(".nomedia", b"");
    scan(&database, collection.root())
        .run()
        .expect_code(2)
        .expect_stderr(&[".nomedia", "hides the whole collection", "would be emptied"]);
    assert_eq!(database.library().titles(), ["A"]);
}
