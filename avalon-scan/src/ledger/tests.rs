//! What is gone and what only out of sight, without files.

use avalon_core::database::{self, DatabaseUrl, End, FileStat};

use super::*;
use crate::issue::Kind;

/// Of what is out of sight, nothing is known to be gone.
const NOTHING_BEYOND: Beyond<'_> = Beyond {
    is_gone: &|_| false,
    is_meant: false,
};

/// Tracks at `t`, pictures at `o` and bad files at `s`, all of them of other sizes.
fn memory(paths: &[&str]) -> Arc<Memory> {
    let mut memory = Memory::default();
    for (id, path) in (1..).zip(paths) {
        let kind = match path.as_bytes().last() {
            Some(b't') => FileKind::Track,
            Some(b'o') => FileKind::Other,
            _ => FileKind::Skipped,
        };
        memory.add(&FileRow {
            id,
            path: path.as_bytes().to_vec(),
            kind,
            stat: FileStat {
                size: id.unsigned_abs(),
                mtime_ns: 1,
                ctime_ns: 1,
                inode: id.unsigned_abs(),
            },
            mapping: MAPPING,
            read_ns: i64::MAX,
            added_ns: 1,
            fingerprint: None,
            digest: (kind == FileKind::Track).then_some(1),
        });
    }
    Arc::new(memory)
}

/// The balance of a scan that came upon these things.
fn balance(memory: &Arc<Memory>, part: Part, met: Vec<Looked>) -> Balance {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("a.sqlite");
    let url = DatabaseUrl::parse(&format!("sqlite:///{}", url.display())).unwrap();
    let mut connection = database::open_for_scan(&url).unwrap();
    let balance = database::update(&mut connection, |writer| {
        let mut ledger = Ledger::new(Arc::clone(memory), None, 0, part, false);
        for looked in met {
            ledger.enter(looked, writer)?;
        }
        Ok::<_, DatabaseError>(End::RollBack(ledger.balance(&NOTHING_BEYOND)))
    });
    balance.unwrap()
}

fn unlisted(folder: &str) -> Looked {
    let issue = unreadable(folder);
    let key = folder.as_bytes().to_vec();
    Looked::Walk(Found::Unlisted { key, issue })
}

fn unseen(path: &str) -> Looked {
    let issue = unreadable(path);
    let key = path.as_bytes().to_vec();
    Looked::Walk(Found::Unseen { key, issue })
}

fn unreadable(path: &str) -> Issue {
    Issue {
        path: path.into(),
        kind: Kind::Unreadable,
        message: "it cannot be read".to_owned(),
    }
}

#[test]
fn nothing_is_gone_that_may_be_out_of_sight() {
    let memory = memory(&[
        "/m/t", "/m/x/t", "/m/x/o", "/m/x/y/t", "/m/x-/t", "/m/z/t", "/m/z/s", "/n/t",
    ]);
    let place = |path: &str| memory.find(path.as_bytes()).unwrap();
    let seen = |path: &str| Looked::Unchanged(place(path));
    let below =
        |paths: &[&str]| Part::Below(paths.iter().map(|path| path.as_bytes().to_vec()).collect());
    let everything = || {
        memory
            .files()
            .iter()
            .enumerate()
            .map(|(place, _)| Looked::Unchanged(place))
    };
    for (case, part, met, gone) in [
        ("all is there", Part::All, everything().collect(), vec![]),
        (
            "all is gone",
            Part::All,
            vec![],
            vec![
                "/m/t", "/m/x/t", "/m/x/o", "/m/x/y/t", "/m/x-/t", "/m/z/t", "/m/z/s", "/n/t",
            ],
        ),
        (
            "a folder cannot be listed",
            Part::All,
            vec![unlisted("/m/x"), seen("/m/t")],
            vec!["/m/x-/t", "/m/z/t", "/m/z/s", "/n/t"],
        ),
        (
            "a folder was listed in part",
            Part::All,
            vec![seen("/m/x/t"), unlisted("/m/x"), seen("/m/t")],
            vec!["/m/x-/t", "/m/z/t", "/m/z/s", "/n/t"],
        ),
        (
            "a file where a folder is now is gone itself",
            Part::All,
            vec![unlisted("/m/t")],
            vec![
                "/m/t", "/m/x/t", "/m/x/o", "/m/x/y/t", "/m/x-/t", "/m/z/t", "/m/z/s", "/n/t",
            ],
        ),
        (
            "a file cannot be looked at",
            below(&["/m/z"]),
            vec![unseen("/m/z/t")],
            vec!["/m/z/s"],
        ),
        (
            "no sound and bad sound cannot be looked at, and may be folders",
            below(&["/m/x", "/m/z/s"]),
            vec![unseen("/m/x/o"), unseen("/m/x/y"), unseen("/m/z/s")],
            vec!["/m/x/t"],
        ),
        (
            "a root cannot be listed",
            Part::All,
            vec![unlisted("/m"), seen("/n/t")],
            vec![],
        ),
        (
            "a part is empty",
            below(&["/m/x"]),
            vec![],
            vec!["/m/x/t", "/m/x/o", "/m/x/y/t"],
        ),
        (
            "two parts",
            below(&["/m/x/y", "/m/z/s"]),
            vec![],
            vec!["/m/x/y/t", "/m/z/s"],
        ),
        (
            "a folder in a part cannot be listed",
            below(&["/m"]),
            vec![unlisted("/m/x")],
            vec!["/m/t", "/m/x-/t", "/m/z/t", "/m/z/s"],
        ),
        (
            "the folder above a part cannot be listed",
            below(&["/m/x"]),
            vec![unlisted("/m")],
            vec![],
        ),
    ] {
        let balance = balance(&memory, part, met);
        let found: Vec<&str> = balance
            .gone
            .iter()
            .map(|&place| std::str::from_utf8(memory.path(place)).unwrap())
            .collect();
        assert_eq!(found, gone, "{case}");
        let going = gone.iter().filter(|path| path.ends_with('t')).count() as u64;
        assert_eq!(
            (balance.known, balance.going, balance.tracks),
            (6, going, 6 - going),
            "{case}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_looked_at_for_a_while_keeps_when_it_was_first_seen() {
    let memory = memory(&["/m/t", "/m/o"]);
    let not_seen = |place: usize, content| {
        Looked::Read(Box::new(Reading {
            key: memory.path(place).to_vec(),
            known: Some(place),
            stat: None,
            content,
            is_lasting: false,
            issues: Vec::new(),
        }))
    };
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("a.sqlite");
    let url = DatabaseUrl::parse(&format!("sqlite:///{}", url.display())).unwrap();
    let mut connection = database::open_for_scan(&url).unwrap();
    let rows = database::update(&mut connection, |writer| {
        let mut ledger = Ledger::new(Arc::clone(&memory), None, 7, Part::All, false);
        ledger.enter(not_seen(0, Content::Skipped), writer)?;
        ledger.enter(not_seen(1, Content::Other), writer)?;
        let balance = ledger.balance(&NOTHING_BEYOND);
        assert_eq!((balance.going, balance.tracks), (0, 1), "the track stays");
        ledger.close(&balance, &[], writer)?;
        let mut rows = Vec::new();
        writer.files(&mut |row| rows.push(row))?;
        Ok::<_, DatabaseError>(End::RollBack(rows))
    });
    let told: Vec<_> = rows
        .unwrap()
        .into_iter()
        .map(|row| (row.path, row.kind, row.added_ns, row.read_ns))
        .collect();
    let expected = [(b"/m/o".to_vec(), FileKind::Other, 1, 0)];
    assert_eq!(told, expected, "tried again at each scan");
}
