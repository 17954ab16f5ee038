//! The files of which the original made its recorded database, scanned by us.
//!
//! In: `library/` and `library.sqlite` of GOLDEN_DIR. Out: a table of all differences, each with
//! its rule of the contract. Track ids are left out: they come from the paths at which the files
//! lay when the original read them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::golden_folder;
use super::support::{Database, Entity, Library, Track, scan, tell};

/// Files in the folder.
const FILES: usize = 101;

#[test]
fn the_originals_collection_makes_the_same_rows_and_no_file_is_lost() {
    let Some(folder) = golden_folder() else {
        return;
    };
    let root = folder.join("library");
    if !root.is_dir() {
        return tell(&format!(
            "SKIPPED golden: there is no folder {}",
            root.display()
        ));
    }
    let database = Database::sqlite();
    scan(&database, &root).run().expect_code(0);
    let ours = database.library();
    let original = Database::sqlite_copy_of(&folder.join("library.sqlite")).library();

    let mut table = format!(
        "scan of the golden library: {} tracks, of which the original kept {}",
        ours.tracks.len(),
        original.tracks.len()
    );
    let (kept, more) = match_tracks(&original, &ours);
    for track in &more {
        let (name, number, year) = (track.name.as_deref(), track.track, track.year);
        write!(
            table,
            "\n    {} {name:?}: track {number:?}, year {year:?}",
            rule(track)
        )
        .unwrap();
    }
    for (kind, theirs, ours) in [
        ("album", &original.albums, &ours.albums),
        ("artist", &original.artists, &ours.artists),
        ("genre", &original.genres, &ours.genres),
    ] {
        spellings(&mut table, kind, theirs, ours);
    }
    tell(&table);
    assert_eq!(ours.tracks.len(), FILES);
    assert_eq!(
        kept,
        original.tracks.len(),
        "tracks with the same values, ids of entities included"
    );
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    more.iter()
        .for_each(|track| *rules.entry(rule(track)).or_default() += 1);
    assert_eq!(rules, BTreeMap::from([("S1", 11), ("S2", 10), ("S6", 1)]));
}

/// How many tracks of the original have an equal among ours, and those of ours that are left.
fn match_tracks(original: &Library, ours: &Library) -> (usize, Vec<Track>) {
    let without_id = |track: &Track| Track {
        id: String::new(),
        ..track.clone()
    };
    let mut left: Vec<Track> = ours.tracks.iter().map(without_id).collect();
    let kept = original.tracks.iter().map(without_id).filter(|track| {
        let found = left.iter().position(|candidate| candidate == track);
        found.map(|index| left.swap_remove(index)).is_some()
    });
    let kept = kept.count();
    left.sort();
    (kept, left)
}

/// The rule by which we keep a track that the original dropped, by what the files are named for.
fn rule(track: &Track) -> &'static str {
    match track.name.as_deref().unwrap_or_default() {
        name if name.contains("Date") => "S1",
        name if name.contains("rack form") => "S2",
        "APE Title" => "S6",
        _ => "no rule",
    }
}

/// Adds what is named otherwise (S8) or is new (S6); every id of the original's must be there.
fn spellings(table: &mut String, kind: &str, theirs: &[Entity], ours: &[Entity]) {
    let by_id: BTreeMap<&str, &Entity> = theirs.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut found = 0;
    for row in ours {
        match by_id.get(row.id.as_str()) {
            Some(their) => {
                found += 1;
                if their.name != row.name {
                    write!(table, "\n    S8 {kind} {:?} is {:?}", their.name, row.name).unwrap();
                }
            }
            None => write!(table, "\n    S6 {kind} {:?} is new", row.name).unwrap(),
        }
    }
    assert_eq!(found, theirs.len(), "ids of {kind}s: {table}");
}
