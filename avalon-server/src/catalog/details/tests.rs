//! Details as they were pushed, and as they come back.

use proptest::option;
use proptest::prelude::*;

use super::*;

fn file_row() -> impl Strategy<Value = FileDetailRow> {
    let path = option::of(prop::collection::vec(any::<u8>(), 0..20));
    (any::<i64>(), any::<i64>(), 0..3_i64, path).prop_map(|(size, mtime_ns, added_ns, path)| {
        FileDetailRow {
            size,
            mtime_ns,
            added_ns,
            path,
        }
    })
}

/// Any row: texts of a few letters, so that some are the same, and now and then a long one.
fn row() -> impl Strategy<Value = DetailRow> {
    let text = prop_oneof![9 => "[a-c]{0,2}", 1 => "\\PC{0,40}", 1 => Just("é".repeat(300))];
    let texts = prop::collection::vec(option::of(text), 14);
    let number = prop_oneof![2 => 0..5000_i64, 1 => any::<i64>()];
    let numbers = prop::collection::vec(option::of(number), 7);
    let bpm = option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
    (texts, numbers, bpm, any::<Option<bool>>()).prop_map(|(texts, numbers, bpm, compilation)| {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().unwrap();
        let mut numbers = numbers.into_iter();
        let mut number = || numbers.next().unwrap();
        DetailRow {
            disc: number(),
            artists: text(),
            album_artists: text(),
            genres: text(),
            composers: text(),
            track_total: number(),
            disc_total: number(),
            date: text(),
            original_date: text(),
            musicbrainz: text(),
            gains: text(),
            bpm,
            isrcs: text(),
            labels: text(),
            compilation,
            sort_names: text(),
            comment: text(),
            format: text(),
            codec: text(),
            bitrate: number(),
            sample_rate: number(),
            channels: number(),
            length_ms: number(),
        }
    })
}

type Pushed = (DetailRow, Option<FileDetailRow>);

fn built<'a>(
    tracks: impl Iterator<Item = (u32, &'a Pushed)> + Clone,
    count: usize,
    with_paths: bool,
) -> Details {
    let mut builder = DetailsBuilder::new(count, with_paths);
    for (number, (_, file)) in tracks.clone() {
        if let Some(file) = file {
            builder.file(number, file).unwrap();
        }
    }
    for (number, (row, _)) in tracks {
        builder.track(number, row).unwrap();
    }
    builder.finish()
}

proptest! {
    #[test]
    fn what_was_pushed_comes_back(
        tracks in prop::collection::vec((row(), option::of(file_row())), 0..8),
        with_paths: bool,
    ) {
        let count = tracks.len();
        let details = built((0..).zip(&tracks), count, with_paths);
        for (number, (row, file)) in (0..).zip(&tracks) {
            let expected = Detail {
                track: borrowed(row),
                file: file.as_ref().map(|file| FileDetailRow {
                    size: file.size,
                    mtime_ns: file.mtime_ns,
                    added_ns: file.added_ns,
                    path: file.path.as_deref().filter(|_| with_paths),
                }),
                has_paths: with_paths,
            };
            prop_assert_eq!(details.get(number), expected, "{}", number);
        }
        let backwards: Vec<_> = (0..).zip(&tracks).collect();
        let backwards = built(backwards.into_iter().rev(), count, with_paths);
        prop_assert_eq!(details.digest(), backwards.digest());
    }

    #[test]
    fn the_digest_tells_details_apart(one in (row(), option::of(file_row())), other in row()) {
        let digest = |pushed: &Pushed, number, with_paths| {
            built([(number, pushed)].into_iter(), 2, with_paths).digest()
        };
        prop_assume!(one.0 != DetailRow::default() && one.0 != other);
        let other = (other, one.1.clone());
        prop_assert_ne!(digest(&one, 0, true), digest(&other, 0, true));
        prop_assert_ne!(digest(&one, 0, true), digest(&one, 1, true));
        prop_assert_ne!(digest(&one, 0, true), digest(&one, 0, false));
        let elsewhere = one.1.clone().map(|file| FileDetailRow { size: file.size ^ 1, ..file });
        let is_elsewhere = elsewhere.is_some();
        let elsewhere = (one.0.clone(), elsewhere);
        prop_assert_eq!(digest(&one, 0, true) != digest(&elsewhere, 0, true), is_elsewhere);
    }
}

#[test]
fn nothing_is_known_of_a_number_that_there_is_not() {
    let row = DetailRow {
        disc: Some(1),
        ..DetailRow::default()
    };
    let pushed = (row, Some(FileDetailRow::default()));
    let details = built([(7, &pushed), (1, &pushed)].into_iter(), 2, true);
    assert_eq!(details.get(1).track.disc, Some(1));
    for number in [0, 2, 7, u32::MAX] {
        let nothing = Detail {
            has_paths: true,
            ..Detail::default()
        };
        assert_eq!(details.get(number), nothing, "{number}");
    }
    assert_eq!(Details::default().get(0), Detail::default());
}

#[test]
fn common_details_take_few_bytes() {
    let tracks = 10_000;
    let mut builder = DetailsBuilder::new(tracks, false);
    let numbers = 0..u32::try_from(tracks).unwrap();
    let file = |number: u32| FileDetailRow {
        size: 5_000_000 + i64::from(number) * 101,
        mtime_ns: 1_700_000_000_123_456_789 + i64::from(number) * 1_000_003,
        added_ns: 1_700_000_000_987_654_321,
        path: None,
    };
    let text = |text: &str| Some(text.to_owned());
    for number in numbers.clone() {
        builder.file(number, &file(number)).unwrap();
    }
    for number in numbers {
        let (disc, album, artist) = (number % 12, number / 12, number / 120);
        let row = DetailRow {
            disc: Some(1),
            track_total: Some(12),
            artists: Some(format!("[\"The Artist Number {artist}\"]")),
            genres: Some(format!("[\"Genre {}\"]", artist % 50)),
            date: Some(format!("{}", 1950 + album % 70)),
            format: text("mp3"),
            codec: text("mp3"),
            bitrate: Some(i64::from(192 + disc)),
            sample_rate: Some(44_100),
            channels: Some(2),
            length_ms: Some(180_000 + i64::from(number)),
            ..DetailRow::default()
        };
        builder.track(number, &row).unwrap();
    }
    let details = builder.finish();
    let a_track = details.memory() / tracks;
    assert!(a_track <= 40, "{a_track} bytes a track");
}
