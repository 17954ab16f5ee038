//! What is an operator, and what is text.

use proptest::prelude::*;

use super::*;

/// A query in one line: `-` excluded, `field:`, `"phrase"`, `[first..last]`, `*` what may go on; parted by
/// ` | `.
fn told(parsed: &Parsed) -> String {
    let clauses = parsed.clauses.iter().map(|clause| {
        let excluded = if clause.excluded { "-" } else { "" };
        let field = clause.field.map(|field| format!("{field:?}:"));
        let what = match &clause.what {
            What::Words(text) => text.clone(),
            What::Phrase(text) => format!("\"{text}\""),
            What::Years(years) => format!("[{}..{}]", side(years.first), side(years.last)),
        };
        let last = if clause.last { "*" } else { "" };
        format!("{excluded}{}{what}{last}", field.unwrap_or_default())
    });
    clauses.collect::<Vec<_>>().join(" | ")
}

fn side(year: i64) -> String {
    match year {
        i64::MIN | i64::MAX => String::new(),
        year => year.to_string(),
    }
}

#[test]
fn operators_are_read() {
    for (q, expected) in [
        ("", ""),
        (" \t\u{3000}", ""),
        ("green day", "green day*"),
        (" green  day ", "green  day"),
        ("\"green day\"", "\"green day\""),
        ("“green day”", "\"green day\""),
        ("\" green day \" id", "\"green day\" | id*"),
        ("id \"green day\" live", "id | \"green day\" | live*"),
        ("id \"green day", "id \"green day*"),
        ("\"green\"day", "\"green\" | day*"),
        ("\"green\"-day", "\"green\" | -day*"),
        ("\"green\"\"day\"", "\"green\" | \"day\"*"),
        ("live -remix", "live | -remix"),
        ("live -remix ten", "live | -remix | ten*"),
        ("live -\"radio edit\"", "live | -\"radio edit\""),
        ("-remix live", "-remix | live*"),
        ("live -é -5", "live | -é | -5"),
        ("live -a-b", "live | -a-b"),
        ("live -re:mix", "live | -re:mix"),
        ("artist:bjork", "Artist:bjork*"),
        ("Artist:bjork debut", "Artist:bjork | debut*"),
        ("artist:\"green day\"", "Artist:\"green day\""),
        ("artist:“green day” id", "Artist:\"green day\" | id*"),
        ("title:a album:b", "Title:a | Album:b*"),
        ("album_artist:a", "AlbumArtist:a*"),
        ("ALBUMARTIST:a", "AlbumArtist:a*"),
        ("genre:hip-hop ", "Genre:hip-hop"),
        ("artist:!!!", "Artist:!!!*"),
        ("artist:!!! live", "Artist:!!! | live*"),
        ("artist:a:b", "Artist:a:b*"),
        ("live -artist:queen", "live | -Artist:queen"),
        ("live -genre:\"hip hop\"", "live | -Genre:\"hip hop\""),
        ("year:1990", "[1990..1990]"),
        ("year:1990..1999 x", "[1990..1999] | x*"),
        ("YEAR:1990..", "[1990..]"),
        ("year:..1999", "[..1999]"),
        ("x -year:1990..1999", "x | -[1990..1999]"),
        ("year:2000 -live", "[2000..2000] | -live"),
        ("!!! year:2004", "!!! | [2004..2004]"),
    ] {
        assert_eq!(told(&Parsed::of(q, false).unwrap()), expected, "{q}");
    }
}

#[test]
fn what_is_no_operator_is_text_unless_that_is_refused() {
    for (q, expected, column) in [
        ("\"", "\"*", 1),
        ("12\" mix", "12\" mix*", 3),
        ("\"12\" mix\"", "\"12\" | mix\"*", 9),
        ("\"\"", "\"\"*", 1),
        ("\" \" a", "\" \" a*", 1),
        ("a \"b", "a \"b*", 3),
        ("-", "-*", 1),
        ("a -", "a -*", 3),
        ("\"a b\" - c", "\"a b\" | - c*", 7),
        ("\"a b\" -", "\"a b\"", 7),
        ("a --b", "a --b*", 3),
        ("a -!", "a -!*", 3),
        ("a -\"b c", "a -\"b c*", 4),
        ("-a", "-a*", 1),
        (" -a -artist:b -\"c\"", "-a -artist:b -\"c\"*", 2),
        ("artist:", "artist:*", 1),
        ("title: a", "title: a*", 1),
        ("x -title: a", "x | -title: | a*", 4),
        ("artist:\"", "artist:\"*", 8),
        ("artist:\"green da", "Artist:\"green | da*", 8),
        ("é title:\"\" a", "é title:\"\" a*", 9),
        ("re:stacks", "re:stacks*", 1),
        ("year:", "year:*", 1),
        ("year:abc", "year:abc*", 6),
        ("é year:19905", "é year:19905*", 8),
        ("year:..", "year:..*", 6),
        ("year:1990...1999", "year:1990...1999*", 12),
        ("year:1990..x", "year:1990..x*", 12),
        ("year:1999..1990", "year:1999..1990*", 12),
        ("year:-5", "year:-5*", 6),
        ("x -year:y", "x | -year:y", 9),
        ("title:12\"", "Title:12\"*", 9),
    ] {
        assert_eq!(told(&Parsed::of(q, false).unwrap()), expected, "{q}");
        let refused = Parsed::of(q, true).map(|parsed| told(&parsed));
        assert_eq!(refused.map_err(|error| error.column), Err(column), "{q}");
    }
}

#[test]
fn names_stay_text_even_where_operators_are_strict() {
    for q in [
        "Re: Stacks",
        "+/-",
        "AC/DC: Live",
        "Jay-Z",
        "C++",
        "!!!",
        "What's the Story",
        "2:30",
        "Don’t",
    ] {
        let expected = Ok(format!("{q}*"));
        for strict in [false, true] {
            let read = Parsed::of(q, strict).map(|parsed| told(&parsed));
            assert_eq!(read, expected, "{q}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_query(
        q in "(?s)([-\"“:. ]|year:|artist:|title:|19|[a-zé!+/]|.){0,24}",
    ) {
        let parsed = Parsed::of(&q, false).unwrap();
        for clause in &parsed.clauses {
            if let What::Words(text) | What::Phrase(text) = &clause.what {
                prop_assert!(!text.trim().is_empty() && q.contains(text.as_str()));
            }
            if let What::Years(years) = &clause.what {
                prop_assert!(years.first <= years.last);
            }
        }
        prop_assert_eq!(parsed.clauses.is_empty(), q.trim().is_empty());
        prop_assert!(parsed.clauses.len() <= q.chars().count());
        let lasts = parsed.clauses.iter().rev().skip(1).filter(|clause| clause.last);
        prop_assert_eq!(lasts.count(), 0);
        let included = parsed.clauses.iter().any(|clause| !clause.excluded);
        prop_assert_eq!(included, !parsed.clauses.is_empty());
        match Parsed::of(&q, true) {
            Ok(strictly) => prop_assert_eq!(strictly, parsed),
            Err(error) => prop_assert!((1..=q.chars().count()).contains(&error.column)),
        }
    }
}

#[test]
fn what_is_behind_the_words_that_are_looked_for_is_cut() {
    let times = |letters: &str, count: usize| vec![letters; count].join("×");
    for (q, expected) in [
        (times("a", 32), format!("{}*", times("a", 32))),
        (times("a", 33), times("a", 32)),
        (
            format!("\"{}\" b -c year:1990", times("a", 33)),
            format!("\"{}\" | [1990..1990]", times("a", 32)),
        ),
        (
            format!("{} \"b c\" d", times("a", 31)),
            format!("{} | \"b\"", times("a", 31)),
        ),
        (
            format!("{} -b c", times("a", 31)),
            format!("{} | -b", times("a", 31)),
        ),
        // Four words each.
        (
            format!("a {}", "ﷺ ".repeat(8)),
            format!("a {}", ["ﷺ"; 7].join(" ")),
        ),
        (format!("{} \"! ! ﷺ\" b", times("a", 30)), times("a", 30)),
        ("風".repeat(256), format!("{}*", "風".repeat(256))),
    ] {
        let parsed = Parsed::of(&q, false).unwrap();
        assert_eq!(told(&parsed.bounded()), expected, "{q}");
    }
}

proptest! {
    #[test]
    fn no_more_words_are_left_than_are_looked_for(q in "([a-c風가'×&ﷺ℻½!. -]|\"|-|title:|year:1990 ){0,256}") {
        let parsed = Parsed::of(&q, false).unwrap();
        let texts = |parsed: &Parsed| -> Vec<String> {
            let texts = parsed.clauses.iter().filter_map(|clause| match &clause.what {
                What::Words(text) | What::Phrase(text) => Some(text.clone()),
                What::Years(_) => None,
            });
            texts.collect()
        };
        let words = |texts: &[String]| -> usize { texts.iter().map(|text| text::words(text)).sum() };
        let (all, kept) = (texts(&parsed), texts(&parsed.clone().bounded()));
        prop_assert!(words(&kept) <= MAX_FOLDED_WORDS, "{kept:?} of {all:?}");
        prop_assert!(all.concat().starts_with(&kept.concat()), "{kept:?} of {all:?}");
        if words(&all) <= MAX_FOLDED_WORDS {
            prop_assert_eq!(parsed.clone().bounded(), parsed);
        }
    }
}
