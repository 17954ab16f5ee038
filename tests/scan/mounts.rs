//! A disk that was mounted at the last scan and is not now.

use crate::support::{
    Collection, Database, Finished, Program, binary, on_each_backend, scan, script_that_mounts,
};

on_each_backend!(a_disk_that_is_not_mounted_is_no_collection);

/// Mounts something at `$1`, fills it from `$2`, and scans: `$3 --database $4 ...`.
const MOUNTED: &str = r#"
root=$1 source=$2 scan=$3 url=$4
mount -t tmpfs none "$root"
cp -r "$source"/. "$root"
"$scan" --database "$url" "$root"
"#;

/// And unmounts it: what lies beneath is the folder that the disk is mounted on.
const UNMOUNTED: &str = r#"
umount "$root"
shift 4
exec "$scan" --database "$url" "$@"
"#;

fn a_disk_that_is_not_mounted_is_no_collection(database: &Database) {
    let source = Collection::new();
    source.add_flac("a.flac", &[("TITLE", "A")]);
    source.add_flac("b.flac", &[("TITLE", "B")]);
    let folder = Collection::new();
    let root = folder.folder("disk");
    // What somebody copied there while the disk was missing.
    folder.add_flac("disk/beneath.flac", &[("TITLE", "Beneath")]);
    let run = |arguments: &[&std::ffi::OsStr]| -> Option<Finished> {
        let program = script_that_mounts(&format!("{MOUNTED}{UNMOUNTED}"))?
            .arg(&root)
            .arg(source.root())
            .arg(binary("avalon-scan"))
            .arg(database.url());
        let program = arguments.iter().fold(program, Program::arg);
        Some(program.run())
    };
    let refusal = [
        root.to_str().unwrap(),
        "was a mount point",
        "--allow-shrink",
    ];
    let Some(finished) = run(&[root.as_os_str()]) else {
        return;
    };
    finished.expect_code(2).expect_stderr(&refusal);
    assert_eq!(database.library().titles(), ["A", "B"]);
    // By another way to the same place, for a part of it, and when only looking.
    let link = folder.link("link", "disk");
    let part = root.join("beneath.flac");
    for arguments in [
        &[link.as_os_str()][..],
        &["--only".as_ref(), part.as_os_str()],
        &["--dry-run".as_ref(), root.as_os_str()],
        &["--full".as_ref(), root.as_os_str()],
    ] {
        let finished = run(arguments).expect("it could mount before");
        finished
            .expect_code(2)
            .expect_stderr(&["was a mount point"]);
        assert_eq!(database.library().titles(), ["A", "B"], "{arguments:?}");
    }
    let meant = ["--allow-shrink".as_ref(), root.as_os_str()];
    run(&meant).expect("it could mount before").expect_code(0);
    assert_eq!(database.library().titles(), ["Beneath"]);
    // And from then on it is a folder like any other.
    scan(database, &root).run().expect_code(0);
}

/// Mounts the folder `$1` at `$2` too, and scans: `$3 --database $4 ...`.
const TWICE: &str = r#"
mount --bind "$1" "$2"
shift 2
scan=$1 url=$2
shift 2
exec "$scan" --database "$url" "$@"
"#;

#[test]
fn one_folder_at_two_places_is_refused() {
    let collection = Collection::new();
    collection.add_flac("music/a/1.flac", &[("TITLE", "A")]);
    collection.add_flac("other/2.flac", &[("TITLE", "B")]);
    let again = collection.folder("again");
    let database = Database::sqlite();
    for (one, other, code) in [
        ("music", "again", 2),
        ("again", "music", 2),
        ("music", "again/a", 2),
        ("again/a", "music", 2),
        ("music/a", "again", 2),
        ("other", "again", 0),
    ] {
        let Some(program) = script_that_mounts(TWICE) else {
            return;
        };
        let finished = program
            .arg(collection.path("music"))
            .arg(&again)
            .arg(binary("avalon-scan"))
            .arg(database.url())
            .arg(collection.path(one))
            .arg(collection.path(other))
            .run()
            .expect_code(code);
        if code == 2 {
            finished.expect_stderr(&["overlap"]);
        }
    }
}
