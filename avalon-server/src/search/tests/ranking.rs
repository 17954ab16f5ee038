//! What comes before what.

use super::{Library, request};
use crate::catalog::Collection;
use crate::catalog::samples::{Sample, track};
use crate::search::{NameField, Request, Tier};

fn artists(names: &[&str]) -> Library {
    let mut sample = Sample::default();
    for name in names {
        sample.add(track("x").by(name).on(name));
    }
    Library::of(&sample)
}

#[test]
fn tiers_come_in_order() {
    for (q, names) in [
        // Exact name, exact words, prefix, typo.
        (
            "hello",
            &["Hello", "Hello Kitty", "Hellogoodbye", "Hallo"][..],
        ),
        ("mo", &["Mo", "MØ", "Mo Money", "Mob"]),
        ("mø", &["MØ", "Mo", "Mo Money", "Mob"]),
        ("hayloft", &["Hayloft", "Hayloft II"]),
        ("pink", &["Pink", "P!nk", "Pink Floyd", "Pinkerton"]),
        ("風", &["風", "風の詩", "東風"]),
        ("dont", &["Dont", "Don't", "Dont Panic", "Don't Go"]),
    ] {
        let library = artists(names);
        assert_eq!(library.names(Collection::Artists, q), names, "{q}");
    }
}

#[test]
fn names_with_the_article_that_was_typed_come_before_names_without() {
    for (q, names) in [
        ("the bea", &["The Beatles", "Bea Miller"][..]),
        ("the bea", &["The Bea Band", "The Beatles", "Bea Miller"]),
        ("the shi", &["The Shins", "Tei Shi"]),
        ("le yo", &["Le Youth", "Yo-Sea"]),
        ("i cant stop", &["I Can't Stop", "Can't Stop"]),
        ("the worlds end", &["The World's End", "World's End"]),
        ("the las", &["The La's", "La's"]),
        ("i robot", &["I, Robot", "Robot"]),
        ("o death", &["O’Death", "Death"]),
        ("a ha", &["a-ha", "Ha"]),
        ("los angeles", &["Los-Angeles", "Angeles"]),
        ("les artistes", &["L.E.S. Artistes", "Artistes"]),
        ("the dream", &["The-Dream", "Dream"]),
        ("el perdon", &["El Perdón", "Perdón"]),
        // What was typed but for the article is still the whole name.
        ("the smiths", &["Smiths", "The Smiths Tribute"]),
        (
            "the smiths",
            &["The Smiths", "Smiths", "The Smiths Tribute"],
        ),
    ] {
        let library = artists(names);
        let (_, suggested) = library.suggest(q, Collection::Artists);
        assert_eq!(suggested, names[..suggested.len()], "{q}");
        assert!(!suggested.is_empty(), "{q}");
        assert_eq!(library.names(Collection::Artists, q), names, "{q}");
    }
}

#[test]
fn of_very_many_names_those_with_the_article_that_was_typed_come_first() {
    let mut names: Vec<String> = (0..700).map(|number| format!("Beat {number}")).collect();
    names.extend(["The Beatles".to_owned(), "Of The Beat".to_owned()]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let library = artists(&names);
    for collection in [Collection::Artists, Collection::Albums] {
        let found = library.names(collection, "the bea");
        assert_eq!(found[0], "The Beatles", "{collection:?}");
    }
}

#[test]
fn of_very_many_albums_those_that_go_on_as_it_was_typed_come_first() {
    let mut sample = Sample::default();
    for number in 0..900 {
        let album = format!("{}{number}", (b'a' + (number % 26) as u8) as char);
        let artist = format!("The Stones {}", number / 3);
        sample.add(track("x").by(&artist).on(&album));
    }
    sample.add(track("x").by("Someone").on("The Sea and the Cake"));
    let library = Library::of(&sample);
    for q in ["the s", "the se", "sea and t", "the sea and t"] {
        let found = library.names(Collection::Albums, q);
        assert_eq!(found[0], "The Sea and the Cake", "{q}");
    }
}

#[test]
fn songs_of_an_artist_come_before_those_of_a_genre_however_many() {
    let mut sample = Sample::default();
    for number in 0..900 {
        let title = format!("{}{number}", (b'a' + (number % 26) as u8) as char);
        sample.add(track(&title).by("Someone").on("x").genre("Pop"));
    }
    let long = "Lust for a Life of Very Many Words and More";
    sample.add(track(long).by("Iggy Pop").on("y").genre("Pop"));
    let library = Library::of(&sample);
    for q in ["pop", "pop lust", "iggy pop"] {
        assert_eq!(library.names(Collection::Songs, q)[0], long, "{q}");
    }
    let mut sample = Sample::default();
    for number in 0..1500 {
        let artist = if number < 800 { "Iggy Pop" } else { "Someone" };
        let genre = if number < 800 { "Punk" } else { "Pop" };
        let title = format!("{}{number}", (b'a' + (number % 26) as u8) as char);
        sample.add(track(&title).by(artist).on("x").genre(genre));
    }
    let library = Library::of(&sample);
    let asked = Request {
        limit: 1000,
        ..request("pop", &[Collection::Songs])
    };
    let found = library.run(&asked);
    let by_artist = |artist| library.name(NameField::Artist, artist) == "Iggy Pop";
    let first = found.types[0].hits.iter().take(800);
    let artists = &library.index.tracks;
    assert_eq!(artists.count, 1500);
    assert!(
        first
            .clone()
            .all(|hit| by_artist(library.search.columns.artist(hit.number)))
    );
}

#[test]
fn suggestions_go_on_before_a_last_letter_is_a_word() {
    for (q, names) in [
        ("big s", &["Big Sky", "Crazy - S Big Room Mix"][..]),
        ("don't s", &["Don't Stop", "Don't Tell Me S***"]),
        ("one d", &["One Day", "One Night - D.O.D Remix"]),
    ] {
        let library = artists(names);
        assert_eq!(library.suggest(q, Collection::Artists).1, names, "{q}");
    }
    let library = artists(&["My Greatest Hit", "Greatest Hits"]);
    let (_, suggested) = library.suggest("greatest hit", Collection::Albums);
    assert_eq!(suggested, ["Greatest Hits", "My Greatest Hit"]);
}

#[test]
fn one_title_of_very_many_songs_hides_no_other() {
    let mut sample = Sample::default();
    for number in 0..900 {
        let artist = format!("Artist {number}");
        let title = if number % 2 == 0 { "Intro" } else { "INTRO" };
        sample.add(track(title).by(&artist).on("x"));
    }
    for title in ["Intro Two", "Intro (Live)", "Introduction"] {
        sample.add(track(title).by("Someone").on("x"));
    }
    let library = Library::of(&sample);
    let (_, suggested) = library.suggest("intro", Collection::Songs);
    assert_eq!(suggested.len(), 4, "{suggested:?}");
    assert_eq!(suggested[0], "Intro");
    // Typed alike, and found by other words.
    let mut sample = Sample::default();
    sample.add(track("の㌔").by("a").on("x"));
    sample.add(track("のキロ").by("b").on("x"));
    let (_, suggested) = Library::of(&sample).suggest("kiro", Collection::Songs);
    assert_eq!(suggested, ["のキロ"]);
}

#[test]
fn what_has_the_article_is_compared_with_what_has_not_by_rank() {
    let mut sample = Sample::default();
    for (title, artist) in [
        ("Kill the Bandits", "Someone"),
        ("The Weight", "The Band"),
        ("Band Aid", "Somebody"),
    ] {
        sample.add(track(title).by(artist).on("x"));
    }
    let library = Library::of(&sample);
    assert_eq!(
        library.names(Collection::Songs, "the band"),
        ["The Weight", "Kill the Bandits", "Band Aid"]
    );
    let library = artists(&["Dub Beat", "Beatles Revival"]);
    for names in [
        library.names(Collection::Artists, "the beat"),
        library.suggest("the beat", Collection::Artists).1,
    ] {
        assert_eq!(names, ["Beatles Revival", "Dub Beat"]);
    }
}

#[test]
fn names_are_suggested_once_but_for_those_that_are_spelt_otherwise() {
    let library = artists(&["Mo", "MØ", "Mø!", "Help!", "Help"]);
    let suggest = |q| library.suggest(q, Collection::Artists).1;
    assert_eq!(suggest("mo"), ["Mo", "MØ", "Mø!"]);
    assert_eq!(suggest("hel"), ["Help", "Help!"]);
    let mut sample = Sample::default();
    for (title, artist) in [
        ("Help!", "One"),
        ("Help!", "Two"),
        ("HELP!", "Three"),
        ("Help", "Four"),
    ] {
        sample.add(track(title).by(artist));
    }
    let library = Library::of(&sample);
    let (_, suggested) = library.suggest("hel", Collection::Songs);
    assert_eq!(suggested.len(), 2, "{suggested:?}");
}

#[test]
fn a_word_typed_again_wants_another_one() {
    for (q, names) in [
        ("yeah yeah yeah", &["Yeah Yeah Yeahs", "Yeah"][..]),
        (
            "girls girls girls",
            &["Girls, Girls, Girls (Live)", "Girls"],
        ),
        ("the the", &["The The", "The"]),
        ("song2", &["Song 2", "Song", "Songs"]),
        ("maroon5", &["Maroon 5", "Maroon"]),
    ] {
        let library = artists(names);
        assert_eq!(library.names(Collection::Artists, q), names, "{q}");
    }
}

#[test]
fn songs_come_by_title_then_artist_then_album() {
    let mut sample = Sample::default();
    sample.add(track("Other").by("Someone").on("Metallica"));
    sample.add(track("One").by("Metallica").on("Justice"));
    sample.add(track("Metallica").by("Someone").on("Covers"));
    sample.add(track("Metallica Medley").by("Someone").on("Covers"));
    let library = Library::of(&sample);
    let expected = ["Metallica", "Metallica Medley", "One", "Other"];
    assert_eq!(library.names(Collection::Songs, "metallica"), expected);
    assert_eq!(
        library.names(Collection::Artists, "metallica"),
        ["Metallica"]
    );
}

#[test]
fn words_may_be_in_any_of_the_names_in_any_order() {
    let mut sample = Sample::default();
    sample.add(
        track("American Idiot")
            .by("Green Day")
            .on("American Idiot")
            .genre("Punk"),
    );
    sample.add(
        track("Holiday")
            .by("Green Day")
            .on("American Idiot")
            .genre("Punk"),
    );
    sample.add(track("Idiot").by("Somebody Green").on("Blue").genre("Folk"));
    let library = Library::of(&sample);
    let songs = |q| library.names(Collection::Songs, q);
    assert_eq!(songs("idiot green day"), ["American Idiot", "Holiday"]);
    // Of both the title and the artist have a word; of one it is the whole title.
    assert_eq!(songs("green idiot"), ["Idiot", "American Idiot", "Holiday"]);
    assert_eq!(songs("holiday punk"), ["Holiday"]);
    assert_eq!(
        songs("green day american id"),
        ["American Idiot", "Holiday"]
    );
    assert_eq!(songs("green -day"), ["Idiot"]);
    assert_eq!(
        songs("artist:green album:american"),
        ["American Idiot", "Holiday"]
    );
    assert_eq!(songs("title:holiday green"), ["Holiday"]);
    assert_eq!(songs("\"day green\""), Vec::<String>::new());
    assert_eq!(songs("\"green day\" holiday"), ["Holiday"]);
    assert_eq!(
        library.names(Collection::Albums, "green day american idiot"),
        ["American Idiot"]
    );
}

#[test]
fn an_artists_own_album_comes_before_a_tribute() {
    let mut sample = Sample::default();
    sample.add(track("One").by("Metallica").on("Master of Puppets"));
    sample.add(track("One").by("Various").on("A Metallica Tribute"));
    let library = Library::of(&sample);
    let albums = library.names(Collection::Albums, "metallica");
    assert_eq!(albums, ["Master of Puppets", "A Metallica Tribute"]);
}

#[test]
fn other_spellings_are_marked() {
    let library = artists(&["The Beatles", "Metallica"]);
    let found = library.run(&request("beatels", &[Collection::Artists]));
    assert_eq!(found.corrected.as_deref(), Some("beatles"));
    assert_eq!(found.types[0].corrected.as_deref(), Some("beatles"));
    let found = library.run(&request("beatles", &[Collection::Artists]));
    assert_eq!((found.corrected, &found.types[0].corrected), (None, &None));
    for nothing in ["xvxmt", "qqq", "", "  ", "\""] {
        let found = library.run(&request(nothing, &[Collection::Artists]));
        assert_eq!(
            (found.types[0].total, found.corrected),
            (0, None),
            "{nothing:?}"
        );
    }
}

#[test]
fn hits_are_explained_and_highlighted() {
    let mut sample = Sample::default();
    sample.add(
        track("Für Elise")
            .by("Ludwig van Beethoven")
            .on("Bagatellen"),
    );
    let library = Library::of(&sample);
    let found = library.run(&Request {
        explain: true,
        highlight: true,
        ..request("fur bethoven", &[Collection::Songs])
    });
    let hit = &found.types[0].hits[0];
    let explanation = hit.explanation.as_ref().unwrap();
    assert_eq!(explanation.tier, Tier::Typo);
    let words = explanation.words.iter();
    let words: Vec<(&str, &str, u8)> = words
        .map(|word| (&word.word[..], &word.term[..], word.edits))
        .collect();
    assert_eq!(words, [("fur", "fur", 0), ("bethoven", "beethoven", 1)]);
    let marked = hit.matched.iter().map(|matched| {
        let ranges = matched
            .ranges
            .iter()
            .map(|range| &matched.name[range.clone()]);
        ranges.collect::<Vec<_>>().join("|")
    });
    assert_eq!(marked.collect::<Vec<_>>(), ["Für", "Beethoven"]);
}

#[test]
fn texts_are_completed_while_they_are_typed() {
    let library = artists(&["Radiohead", "Radio Birdman", "Rage", "The Radio Dept."]);
    let suggest = |q| library.suggest(q, Collection::Artists).1;
    assert_eq!(suggest("radioh"), ["Radiohead"]);
    assert_eq!(suggest("radio b"), ["Radio Birdman"]);
    assert_eq!(suggest("ra").len(), 4);
    let (suggested, names) = library.suggest("radiohaed", Collection::Artists);
    assert_eq!(
        (names.len(), suggested.did_you_mean.as_deref()),
        (0, Some("radiohead"))
    );
}
