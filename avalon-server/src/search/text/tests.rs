//! Names and the tokens that they are found by; what holds of any text.

use proptest::prelude::*;

use super::fold::{Form, fold};
use super::*;

/// The tokens of a text: words as they are, others after the sign of their class, with `@` their place and
/// the number of their words. Unspaced words are in angle brackets.
fn shown(text: &str) -> String {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let shown = |token: &Token| {
        let (text, place, span) = (analysis.text(token), token.place, token.span);
        match token.class {
            Class::Word if token.unspaced => format!("<{text}>"),
            Class::Word => text.to_owned(),
            Class::Joined => format!("={text}@{place}+{span}"),
            Class::Stylised => format!("~{text}@{place}+{span}"),
            Class::Roman => format!("^{text}@{place}+{span}"),
            Class::Gram => format!("#{text}@{place}+{span}"),
            Class::Symbol => format!("%{text}@{place}+{span}"),
            Class::And => format!("&{text}@{place}+{span}"),
        }
    };
    analysis
        .tokens
        .iter()
        .map(shown)
        .collect::<Vec<_>>()
        .join(" ")
}

fn check(cases: &[(&str, &str)]) {
    for (name, tokens) in cases {
        assert_eq!(&shown(name), tokens, "{name}");
    }
}

#[test]
fn letters_lose_marks_and_shapes() {
    check(&[
        ("Sigur Rós", "sigur ros"),
        ("Motörhead", "motorhead"),
        ("Moto\u{308}rhead", "motorhead"),
        ("MØ", "mo"),
        ("Dødheimsgard", "dodheimsgard"),
        ("Łona", "lona"),
        ("Æther", "aether"),
        ("Œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("ＡＢＣ", "abc"),
        ("Đorđe", "dorde"),
        ("Þór Ðanski", "thor danski"),
        ("Diyarbakır İstanbul", "diyarbakir istanbul"),
        ("Ħal", "hal"),
        ("ﬁﬂ", "fifl"),
        ("x²", "x2"),
        ("K\u{ad}no\u{200b}w", "know"),
        ("Foo™", "foo %foo™@0+1"),
        ("Ὀδυσσέας", "οδυσσεασ"),
        ("ΟΔΥΣΣΕΑΣ", "οδυσσεασ"),
        ("Йожик Ёлка", "иожик елка"),
        ("Қазақ їжак", "казак іжак"),
        ("أُمّ كُلْثُـوم", "ام كلثوم"),
        ("إلى آخر", "الي اخر"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी गाना", "हिन्दी गाना"),
        ("தமிழ்", "தமிழ்"),
    ]);
}

#[test]
fn names_are_found_joined_and_split() {
    check(&[
        ("AC/DC", "ac dc =acdc@0+2 %ac/dc@0+2"),
        ("Don’t Stop", "don t stop =dont@0+2 %don't@0+2"),
        ("Don´t", "don t =dont@0+2 %don't@0+2"),
        (
            "(What's the Story) Morning Glory?",
            "what s the story morning glory =whats@0+2 %what's@0+2 %glory?@5+1",
        ),
        ("R.E.M.", "r e m =re@0+2 =rem@0+3 =em@1+2 %r.e.m@0+3"),
        ("T.N.T.", "t n t =tn@0+2 =tnt@0+3 =nt@1+2 %t.n.t@0+3"),
        ("Jay-Z", "jay z =jayz@0+2 %jay-z@0+2"),
        ("Green Day – American Idiot", "green day american idiot"),
        ("Tyler, the Creator", "tyler the creator"),
        ("10,000 Maniacs", "10 000 maniacs =10000@0+2 %10,000@0+2"),
        ("blink182", "blink182"),
        ("blink-182", "blink 182 =blink182@0+2 %blink-182@0+2"),
        ("2Pac", "2pac"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        (
            "a.b.c.d.e.f.g.h.i",
            "a b c d e f g h i =ab@0+2 =abcdefgh@0+8 =bc@1+2 =cd@2+2 =de@3+2 =ef@4+2 =fg@5+2 =gh@6+2 \
             =hi@7+2 %a.b.c.d.e.f.g.h.i@0+9",
        ),
    ]);
}

#[test]
fn symbols_are_read_as_the_letters_they_look_like() {
    check(&[
        ("P!nk", "p nk =pnk@0+2 ~pink@0+2 %p!nk@0+2"),
        ("Ke$ha", "ke ha =keha@0+2 ~kesha@0+2 %ke$ha@0+2"),
        ("A$AP", "a ap =aap@0+2 ~asap@0+2 %a$ap@0+2"),
        ("$uicideboy$", "uicideboy ~suicideboys@0+1 %$uicideboy$@0+1"),
        (
            "(Ke$ha's)",
            "ke ha s =keha@0+2 =kehas@0+3 =has@1+2 ~kesha@0+2 %ke$ha's@0+3",
        ),
        ("CRÜ€", "cru ~crue@0+1 %cru€@0+1"),
        ("Help!", "help %help!@0+1"),
        ("Oops!...I", "oops i =oopsi@0+2 %oops!...i@0+2"),
        ("deadmau5", "deadmau5 ~deadmaus@0+1"),
        ("R3HAB", "r3hab ~rehab@0+1"),
        ("U2", "u2"),
        ("Live2014", "live2014"),
        ("3OH!3", "3oh 3 =3oh3@0+2 ~3ohi3@0+2 %3oh!3@0+2"),
        ("$100 and 5€", "100 and 5 %$100@0+1 %5€@2+1"),
        (
            "Pink p.i!nk",
            "pink p i nk =pi@1+2 =pink@1+3 =ink@2+2 ~iink@2+2 %p.i!nk@1+3",
        ),
    ]);
}

#[test]
fn an_ampersand_between_words_of_a_chunk_is_read_out() {
    check(&[
        (
            "R&B",
            "r b =rb@0+2 %r&b@0+2 &randb@0+2 &rnb@0+2 &\u{1}&@1+0",
        ),
        ("A&-B", "a b =ab@0+2 %a&-b@0+2"),
        ("&B", "b %&b@0+1"),
        ("R & B", "r and b"),
    ]);
}

#[test]
fn symbols_stand_for_themselves_where_no_word_is() {
    check(&[
        ("!!!", "!!!"),
        ("+/-", "+/-"),
        ("...", "..."),
        ("- ?", "- ?"),
        ("&", "and"),
        ("C++", "c %c++@0+1"),
        ("(c++)", "c %c++@0+1"),
        ("1+", "1 %1+@0+1"),
        ("I ❤️ +/- You !!!", "i you %❤@1+0 %+/-@1+0 %!!!@2+0"),
        ("a - b / c | d . e : f", "a b c d e f"),
        ("& !!!", "and %!!!@1+0"),
        ("", ""),
        (" \u{200b}\t", ""),
        ("¯\\_(ツ)_/¯", "<つ> ^tsu@0+1 %¯\\_(つ)_/¯@0+1"),
    ]);
}

#[test]
fn letters_of_unspaced_scripts_are_words_and_neighbours_are_grams() {
    check(&[
        (
            "让一切随风",
            "<让> <一> <切> <随> <风> #让一@0+2 #一切@1+2 #切随@2+2 #随风@3+2",
        ),
        (
            "ラーメン",
            "<ら> <ー> <め> <ん> ^ramen@0+4 ^raamen@0+4 #らー@0+2 #ーめ@1+2 #めん@2+2",
        ),
        (
            "ﾗｰﾒﾝ",
            "<ら> <ー> <め> <ん> ^ramen@0+4 ^raamen@0+4 #らー@0+2 #ーめ@1+2 #めん@2+2",
        ),
        ("ｶﾞ", "<が> ^ga@0+1"),
        ("か\u{3099}", "<が> ^ga@0+1"),
        (
            "とうきょう",
            "<と> <う> <き> <ょ> <う> ^toukyou@0+5 ^tokyo@0+5 #とう@0+2 #うき@1+2 #きょ@2+2 #ょう@3+2",
        ),
        (
            "Tシャツ",
            "t <し> <ゃ> <つ> ^shatsu@1+3 #しゃ@1+2 #ゃつ@2+2",
        ),
        ("AKB48の歌", "akb48 <の> <歌> ^no@1+1 #の歌@1+2"),
        ("君・僕", "<君> <僕> #君僕@0+2 %君・僕@0+2"),
        ("「君」", "<君>"),
        ("君 僕", "<君> <僕> #君僕@0+2"),
        ("신라", "<신> <라> ^sinra@0+2 ^silla@0+2 #신라@0+2"),
        ("ᄒ\u{1161}\u{11ab}국", "<한> <국> ^hanguk@0+2 #한국@0+2"),
        ("น้ำ ก็", "<น้> <ำ> <ก็> #น้ำ@0+2 #ำก็@1+2"),
        ("เพลง ๑๒", "<เ> <พ> <ล> <ง> ๑๒ #เพ@0+2 #พล@1+2 #ลง@2+2"),
        ("မြန်", "<မြ> <န်> #မြန်@0+2"),
    ]);
}

#[test]
fn typed_forms_keep_marks_and_punctuation() {
    let cases = [
        ("  Sigur   RÓS ", "sigur rós"),
        ("Mo\u{308}tley", "mötley"),
        ("MØ", "mø"),
        ("Don’t – “Stop”", "don't - \"stop\""),
        ("ＡＢＣ！", "abc!"),
        ("ラーメン", "ラーメン"),
        ("Straße", "straße"),
        ("ΟΔΟΣ", "οδοσ"),
        ("a\u{200b}\u{a0}b\tc", "a b c"),
    ];
    for (text, typed) in cases {
        assert_eq!(typed_form(text), typed, "{text}");
    }
}

#[test]
fn sources_are_the_bytes_that_tokens_are_made_of() {
    let cases = [
        ("Sigur Rós", "ros", "Rós"),
        ("Mo\u{308}rk\u{200b} x", "mork", "Mo\u{308}rk"),
        ("Straße 5", "strasse", "Straße"),
        ("AC/DC rocks", "acdc", "AC/DC"),
        ("(P!nk)", "pink", "P!nk"),
        ("Ｄｏｎ’ｔ", "dont", "Ｄｏｎ’ｔ"),
        ("Simon & Garfunkel", "and", "&"),
        ("Łona & Webber", "webber", "Webber"),
        ("ﾗｰﾒﾝ", "ramen", "ﾗｰﾒﾝ"),
        ("I (❤️), too", "❤", "❤️"),
        ("㍿", "株式", "㍿"),
        ("น\u{e49}\u{e4d}\u{e32}ใจ", "ำ", "\u{e4d}\u{e32}"),
    ];
    for (name, token, source) in cases {
        let mut analysis = Analysis::default();
        analyze(name, &mut analysis);
        let mut tokens = analysis.tokens.iter();
        let found = tokens.find(|found| analysis.text(found) == token).unwrap();
        assert_eq!(&name[found.source.clone()], source, "{name}");
    }
}

#[test]
fn long_texts_and_tokens_are_cut() {
    let mut analysis = Analysis::default();
    analyze(&"ab ".repeat(1000), &mut analysis);
    assert_eq!(analysis.tokens.len(), MAX_WORDS);
    analyze(&format!("a{}", " +".repeat(1000)), &mut analysis);
    assert_eq!(analysis.tokens.len(), 1 + MAX_WORDS);
    analyze(&"ж".repeat(1000), &mut analysis);
    assert_eq!(analysis.text(&analysis.tokens[0]), "ж".repeat(MAX_CHARS));
    assert_eq!(analysis.tokens[0].source, 0..2000);
}

#[test]
fn every_character_folds_to_what_stays() {
    // Beyond are Han letters, of which those with another form are the last, and nothing.
    for c in ('\0'..='\u{1ffff}').chain('\u{2f800}'..='\u{2fa1f}') {
        for form in [Form::Folded, Form::Typed] {
            let once = folded(&c.to_string(), form);
            assert_eq!(folded(&once, form), once, "{form:?} U+{:04X}", u32::from(c));
        }
    }
}

fn folded(text: &str, form: Form) -> String {
    let mut folded = String::new();
    fold(text, form, &mut folded, |_, _| {});
    folded
}

fn words(text: &str) -> Vec<String> {
    let mut analysis = Analysis::default();
    analyze(text, &mut analysis);
    let words = analysis
        .tokens
        .iter()
        .filter(|token| token.class == Class::Word);
    words.map(|token| analysis.text(token).to_owned()).collect()
}

/// Letters, marks and symbols of many scripts, close together.
fn texts() -> impl Strategy<Value = String> {
    let usual = "[a-zA-Z0-9 .,!$&'/+~()-]";
    let letters = "[À-ſΑ-ώА-ѿא-תء-يऀ-ॿก-๛຀-໿က-႟ក-៿ぁ-ヿ一-十가-각ᄀ-ᇿㄱ-ㆎ！-ￜ]";
    let marks = "[\u{300}-\u{36f}\u{591}-\u{5c7}\u{64b}-\u{65f}\u{3099}\u{309a}\u{200b}-\u{200f}\u{ad}\u{fe0f}]";
    let any = ".";
    let part = format!("({usual}|{letters}|{marks}|{any}){{0,24}}");
    proptest::string::string_regex(&part).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn folding_a_folded_text_changes_nothing(text in texts()) {
        for form in [Form::Folded, Form::Typed] {
            let once = folded(&text, form);
            prop_assert_eq!(folded(&once, form), once);
        }
        let typed = typed_form(&text);
        prop_assert_eq!(typed_form(&typed), typed);
    }

    #[test]
    fn tokens_keep_their_bounds(text in texts(), times in 1_usize..60) {
        let text = text.repeat(times);
        let mut analysis = Analysis::default();
        analyze(&text, &mut analysis);
        let words = analysis.tokens.iter().take_while(|token| token.class == Class::Word).count();
        prop_assert!(words <= MAX_WORDS);
        prop_assert_eq!(words == 0, analysis.tokens.is_empty());
        for (number, token) in analysis.tokens.iter().enumerate() {
            let shown = analysis.text(token);
            prop_assert!((1..=MAX_CHARS).contains(&shown.chars().count()));
            prop_assert!(!shown.contains(char::is_whitespace));
            prop_assert!(text.get(token.source.clone()).is_some_and(|source| !source.is_empty()));
            prop_assert!(usize::from(token.place) + usize::from(token.span) <= words);
            prop_assert_eq!(token.class == Class::Word, number < words);
        }
        for (number, token) in analysis.tokens[..words].iter().enumerate() {
            prop_assert_eq!((usize::from(token.place), token.span), (number, 1));
        }
        for pair in analysis.tokens.windows(2) {
            prop_assert!((pair[0].class, pair[0].place) <= (pair[1].class, pair[1].place));
            if pair[1].class == Class::Word {
                prop_assert!(pair[0].source.start <= pair[1].source.start);
                prop_assert!(pair[0].source.end <= pair[1].source.end);
            }
        }
    }

    #[test]
    fn words_stay_words(text in texts()) {
        let once = words(&text);
        prop_assert_eq!(words(&once.join(" ")), once);
    }

    #[test]
    fn a_used_analysis_is_as_good_as_a_new_one(one in texts(), other in texts()) {
        let (mut used, mut new) = (Analysis::default(), Analysis::default());
        analyze(&one, &mut used);
        analyze(&other, &mut used);
        analyze(&other, &mut new);
        prop_assert_eq!(used, new);
    }
}

#[test]
fn articles_stand_by_themselves_or_before_an_apostrophe_and_a_word() {
    for (text, expected) in [
        ("The Beatles", true),
        ("  (The) Beatles", true),
        ("The, Beatles", true),
        ("L’Amour", true),
        ("l'été", true),
        ("The", true),
        ("", true),
        ("I'm", false),
        ("I’ll", false),
        ("A-ha", false),
        ("A/C", false),
        ("L.A.", false),
        ("A&B", false),
    ] {
        assert_eq!(may_lead(text), expected, "{text}");
    }
}

#[test]
fn a_plus_between_words_is_a_word() {
    check(&[
        ("Florence + the Machine", "florence and the machine"),
        ("C + C", "c and c"),
        ("+ Bonus", "bonus %+@0+0"),
        ("Ed Sheeran +", "ed sheeran %+@2+0"),
        ("A + / B", "a b %+@1+0"),
        ("C++ Now", "c now %c++@0+1"),
        ("+", "+"),
    ]);
}

#[test]
fn runs_of_kana_sound_as_a_whole_and_in_each_script() {
    check(&[(
        "のメリー",
        "<の> <め> <り> <ー> ^no@0+1 ^nomeri@0+4 ^nomerii@0+4 ^meri@1+3 ^merii@1+3 #のめ@0+2 #めり@1+2 #りー@2+2",
    )]);
}

#[test]
fn thai_and_lao_am_is_one_letter_in_either_form() {
    for (one, two) in [
        ("กำลังใจ", "กํ\u{e32}ลังใจ"),
        ("น้ำ", "น\u{e49}\u{e4d}\u{e32}"),
        ("คำ\u{e48}", "ค\u{e4d}\u{200b}\u{e32}\u{e48}"),
        ("aำ", "a\u{e4d}\u{e32}"),
        ("ບໍາລຸງ", "ບຳລຸງ"),
        ("ຄຳ", "ຄ\u{ecd}\u{eb2}"),
    ] {
        assert_ne!(one, two);
        assert_eq!(shown(one), shown(two), "{one}");
        assert_eq!(typed_form(one), typed_form(two), "{one}");
    }
    // Of two scripts, or with another letter, it is none.
    check(&[("กํ\u{eb2}", "<กํ> <າ> #กํາ@0+2"), ("กํก", "<กํ> <ก> #กํก@0+2")]);
}
