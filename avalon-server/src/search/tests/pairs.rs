//! Names, and searches that must find them first.

use super::{Library, own, request};
use crate::catalog::Collection;
use crate::catalog::samples::{Sample, track};
use crate::search::{Hit, Request, Tier};

/// A name, and what people type for it.
const PAIRS: [(&str, &[&str]); 118] = [
    (
        "Sigur Rós",
        &["sigur ros", "sigur rós", "SIGUR ROS", "ros sigur"],
    ),
    ("Motörhead", &["motorhead", "motörhead", "motorhed"]),
    ("MØ", &["mo", "mø"]),
    ("Dødheimsgard", &["dodheimsgard", "dødheimsgard"]),
    ("Łona", &["lona", "łona"]),
    ("AC/DC", &["acdc", "ac dc", "ac/dc", "dc", "AC-DC"]),
    ("P!nk", &["pink", "p!nk"]),
    ("Ke$ha", &["kesha", "ke$ha"]),
    ("A$AP Rocky", &["asap rocky", "a$ap rocky", "asap"]),
    (
        "(What's the Story) Morning Glory?",
        &[
            "what's the story",
            "whats the story",
            "what’s the story",
            "morning glory",
        ],
    ),
    ("Don’t Stop", &["don't stop", "dont stop", "don’t stop"]),
    ("R.E.M.", &["rem", "r.e.m.", "r e m", "r.e.m"]),
    ("让一切随风", &["风", "随风", "让一切", "让一切随风"]),
    (
        "Green Day – American Idiot",
        &[
            "idiot green",
            "american idiot green day",
            "green day - american idiot",
        ],
    ),
    (
        "The Beatles",
        &["beatels", "beatles", "the beatles", "the beatels"],
    ),
    ("Æther", &["aether", "æther"]),
    ("Straße", &["strasse", "straße", "STRASSE"]),
    ("ＡＢＣ", &["abc", "ａｂｃ"]),
    ("Jay-Z", &["jay z", "jayz", "jay-z"]),
    ("Hip Hop Police", &["hip police", "police hip"]),
    ("T.N.T.", &["tnt", "t.n.t."]),
    ("Sugarcane", &["sugar cane", "sugarcane"]),
    ("Blue Bird", &["bluebird", "blue bird"]),
    (
        "Tyler, the Creator",
        &["tyler the creator", "tyler creator"],
    ),
    (
        "R&B",
        &["r&b", "r and b", "r n b", "rnb", "r & b", "rb", "r b"],
    ),
    (
        "Mike&The Mechanics",
        &["mike and the mechanics", "mike & the mechanics"],
    ),
    ("!!!", &["!!!"]),
    ("+/-", &["+/-"]),
    ("C++", &["c++"]),
    ("1+", &["1+"]),
    (
        "Simon & Garfunkel",
        &[
            "simon and garfunkel",
            "simon garfunkel",
            "simon & garfunkel",
        ],
    ),
    ("Metallica", &["metalica", "mettalica", "metallica"]),
    ("Hayloft", &["hayloft"]),
    ("Björk", &["bjork", "björk"]),
    ("Beyoncé", &["beyonce"]),
    ("Blue Öyster Cult", &["blue oyster cult"]),
    (
        "Guns N' Roses",
        &["guns n roses", "guns n' roses", "guns and roses"],
    ),
    ("Señor Coconut", &["senor coconut"]),
    ("Ænima", &["aenima"]),
    ("Œuvre Noire", &["oeuvre noire"]),
    ("Þursaflokkurinn", &["thursaflokkurinn"]),
    ("Ħal Qormi", &["hal qormi"]),
    ("Đorđe Balašević", &["dorde balasevic"]),
    ("Işık Doğudan", &["isik dogudan"]),
    // Greek.
    (
        "Ελευθερία Αρβανιτάκη",
        &["ελευθερια αρβανιτακη", "ΑΡΒΑΝΙΤΑΚΗ"],
    ),
    ("Μίκης Θεοδωράκης", &["μικης", "θεοδωρακησ"]),
    ("Λόγος", &["λογοσ", "λόγος"]),
    // Cyrillic.
    ("Кино", &["кино", "КИНО"]),
    ("Алиса", &["алиса"]),
    ("Ёлка", &["елка", "ёлка"]),
    ("Звери", &["звер"]),
    ("Земфира", &["зефира"]),
    ("Сплин — Выхода нет", &["выхода нет сплин"]),
    // Arabic and Hebrew.
    ("شِيل البيض", &["شيل البيض", "البيض"]),
    ("أم كلثوم", &["ام كلثوم", "كلثوم"]),
    ("فيروز", &["فيروز"]),
    ("שָׁלוֹם חנוך", &["שלום חנוך"]),
    ("עידן רייכל", &["רייכל"]),
    // Han, kana, Hangul, Thai, Khmer, Burmese, Lao.
    ("周杰倫", &["杰倫", "周杰倫"]),
    ("五月天", &["五月", "月天"]),
    ("東京事変", &["東京", "事変"]),
    ("さくら", &["さくら", "sakura", "くら", "サクラ"]),
    ("きゃりーぱみゅぱみゅ", &["ぱみゅ", "kyari"]),
    ("ラーメン", &["らーめん", "ﾗｰﾒﾝ"]),
    ("がらがら", &["がら"]),
    ("사랑", &["사랑", "sarang"]),
    ("방탄소년단", &["소년단", "방탄", "bangtan"]),
    ("소녀시대", &["시대"]),
    ("คาราบาว", &["คาราบาว", "บาว"]),
    ("ບົວຈັນ", &["ບົວ"]),
    ("ស៊ិន ស៊ីសាមុត", &["ស៊ីសាមុត"]),
    ("မြန်မာ", &["မြန်"]),
    // Other scripts.
    ("लता मंगेशकर", &["लता", "मंगेशकर"]),
    ("আইয়ুব বাচ্চু", &["বাচ্চু"]),
    ("இளையராஜா", &["இளையராஜா"]),
    ("Արամ Խաչատրյան", &["արամ", "խաչատրյան"]),
    ("ნანი ბრეგვაძე", &["ნანი"]),
    ("አስቴር አወቀ", &["አስቴር"]),
    // Digits, symbols, spellings.
    ("blink-182", &["blink 182", "blink182", "blink-182"]),
    ("2Pac", &["2pac"]),
    ("50 Cent", &["50 cent"]),
    ("deadmau5", &["deadmaus", "deadmau5"]),
    (
        "Florence + the Machine",
        &[
            "florence the machine",
            "florence + the machine",
            "florence and the machine",
            "florence & the machine",
        ],
    ),
    (
        "Rock 'n' Roll",
        &["rocknroll", "rock n roll", "rockandroll"],
    ),
    ("k.d. lang", &["kdlang", "kd lang", "k d lang"]),
    ("J.J. Cale", &["jjcale", "jj cale", "cale"]),
    ("m b v", &["mbv", "m b v"]),
    ("H2O", &["h 2 o", "h2o", "h2 o"]),
    ("+44", &["+44", "44"]),
    ("C + C Music Factory", &["c and c music factory"]),
    ("愛の歌", &["愛の歌", "の歌", "愛"]),
    ("君の名は", &["君の名は", "名は"]),
    (
        "戦場のメリークリスマス",
        &["merikurisumasu", "メリークリスマス", "戦場"],
    ),
    ("ゲスの極み乙女。", &["極み", "ゲスの極み乙女", "gesu"]),
    ("I’m", &["i'm", "im"]),
    ("L.A.B.", &["lab", "l.a.b."]),
    (
        "L’Impératrice",
        &["imperatrice", "l'imperatrice", "limperatrice"],
    ),
    ("M.I.A.", &["mia", "m.i.a."]),
    ("will.i.am", &["william", "will i am", "will.i.am"]),
    ("N.W.A", &["nwa"]),
    ("St. Vincent", &["st vincent", "vincent st"]),
    ("Ｆｕｌｌ　Ｗｉｄｔｈ", &["full width"]),
    ("“Heroes”", &["heroes", "\"heroes\""]),
    (
        "Rock ’n’ Roll Star",
        &["rock n roll star", "rock 'n' roll star"],
    ),
    ("Les Misérables", &["miserables", "les miserables"]),
    // Am, as one letter and as two.
    (
        "กำลังใจ",
        &["กำลังใจ", "ก\u{e4d}\u{e32}ลังใจ", "ก\u{e4d}\u{e32}"],
    ),
    ("น\u{e49}\u{e4d}\u{e32}แข็ง", &["น้ำแข็ง", "น้ำ"]),
    ("ຄຳມ່ວນ", &["ຄຳມ່ວນ", "ຄ\u{ecd}\u{eb2}ມ່ວນ"]),
    // Marks of length, written out or not.
    ("コーヒー", &["koohii", "kohi", "koo"]),
    ("パーティー", &["paatii", "pati"]),
    ("スーパーカー", &["suupaakaa", "supaka"]),
    ("セーラームーン", &["seeraamuun", "seramun"]),
    // Several words without spaces.
    ("9 to 5", &["9 to 5", "9to5"]),
    ("Op. 9", &["op 9", "op9"]),
    ("Mambo No. 5", &["mambo no 5", "mambo no5"]),
    ("New York City", &["new york city", "newyorkcity"]),
    ("Kings of Leon", &["kingsofleon"]),
    ("Yeah Yeah Yeahs", &["yeahyeahyeahs"]),
];

/// Names that searches must not be led astray by.
const OTHERS: [&str; 37] = [
    "No",
    "No!",
    "Ha",
    "Mi$$ Dee",
    "M",
    "B",
    "Impératrice Noire",
    "Pink Floyd",
    "Kesha Lee & Band",
    "The Mo Project",
    "Beatles Tribute Band",
    "Hayloft II",
    "Rem Koolhaas Trio",
    "ABC News",
    "Jay and the Americans",
    "Mia Doi Todd",
    "William Basinski",
    "Washington DC",
    "Sugar Cane Fields",
    "Blue Bird Cafe",
    "Lonar",
    "Motor",
    "Motown",
    "American Idiots",
    "Green",
    "Police",
    "Hip",
    "Tyler",
    "Creator",
    "Cents",
    "Kinostart",
    "Stoppage",
    "Don",
    "Story",
    "Glory",
    "Heroes Del Silencio",
    "1",
];

fn library() -> Library {
    let mut sample = Sample::default();
    for name in PAIRS.iter().map(|(name, _)| name).chain(&OTHERS) {
        sample.add(track(name).by(name).on(name));
    }
    Library::of(&sample)
}

#[test]
fn what_people_type_finds_what_they_mean_first() {
    let library = library();
    let mut wrong = Vec::new();
    for (name, searches) in PAIRS {
        for q in searches {
            for collection in [Collection::Artists, Collection::Albums, Collection::Songs] {
                let found = library.names(collection, q);
                if found.first().map(String::as_str) != Some(name) {
                    wrong.push(format!(
                        "{collection:?} {q:?}: wanted {name:?}, found {:?}",
                        &found[..found.len().min(3)]
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn symbols_alone_never_find_everything() {
    let library = library();
    for (q, expected) in [
        ("!!!", vec!["!!!"]),
        ("+/-", vec!["+/-"]),
        ("???", vec![]),
        ("-", vec![]),
        ("*", vec![]),
    ] {
        assert_eq!(library.names(Collection::Artists, q), expected, "{q}");
    }
    assert!(library.names(Collection::Artists, "c++").len() <= 2);
}

#[test]
fn a_part_of_a_run_is_not_the_run_in_latin_letters() {
    let library = library();
    for (q, expected) in [
        ("愛の歌", vec!["愛の歌"]),
        ("君の名は", vec!["君の名は"]),
        // Nothing is called so.
        ("夢を見る", vec![]),
        (
            "no -愛の歌",
            vec!["No", "No!", "君の名は", "戦場のメリークリスマス"],
        ),
    ] {
        let mut found = library.names(Collection::Artists, q);
        let others = ["ゲスの極み乙女。", "Mambo No. 5"];
        found.retain(|name| !others.contains(&&name[..]) && !name.starts_with("Nor"));
        found.truncate(expected.len().max(1));
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{q}");
    }
}

#[test]
fn only_what_stands_as_an_article_may_be_left_out() {
    let library = library();
    let first_tier = |q: &str| {
        let found = library.run(&Request {
            explain: true,
            ..request(q, &[Collection::Artists])
        });
        let exact = |hit: &&Hit| {
            let explanation = hit.explanation.as_ref();
            explanation.is_some_and(|explanation| explanation.tier == Tier::ExactName)
        };
        let hits = found.types[0].hits.iter().filter(exact);
        let names = hits.map(|hit| library.name(own(Collection::Artists), hit.number));
        names.collect::<Vec<_>>()
    };
    assert_eq!(first_tier("the m"), ["M"]);
    assert_eq!(first_tier("i'm"), ["I’m"]);
    assert_eq!(first_tier("a&b"), Vec::<String>::new());
}

#[test]
fn words_of_several_names_find_what_has_them_all() {
    let mut sample = Sample::default();
    for (title, artist, album) in [
        ("Holiday", "Green Day", "American Idiot"),
        ("Holiday", "Madonna", "Madonna"),
        ("American Idiot", "The Tribute Band", "Greatest Hits"),
        ("Idioteque", "Radiohead", "Kid A"),
        ("千本桜", "初音ミク", "Best"),
        ("Halo", "Beyoncé", "I Am… Sasha Fierce"),
        ("Halo", "Machine Head", "Burn My Eyes"),
    ] {
        sample.add(track(title).by(artist).on(album));
    }
    let library = Library::of(&sample);
    for (q, title, artist) in [
        ("holiday green day", "Holiday", "Green Day"),
        ("idiot green holiday", "Holiday", "Green Day"),
        ("madonna holiday", "Holiday", "Madonna"),
        ("radiohed idioteque", "Idioteque", "Radiohead"),
        ("kid a radiohead", "Idioteque", "Radiohead"),
        ("ミク 千本", "千本桜", "初音ミク"),
        ("miku 千本桜", "千本桜", "初音ミク"),
        ("beyonce halo", "Halo", "Beyoncé"),
        ("halo sasha", "Halo", "Beyoncé"),
    ] {
        let found = library.run(&request(q, &[Collection::Songs]));
        let number = found.types[0].hits.first().map(|hit| hit.number);
        let number = number.unwrap_or_else(|| panic!("nothing for {q}"));
        let tracks = &library.catalog.tracks;
        let by = library
            .catalog
            .artists
            .names
            .get(tracks.artists[number as usize]);
        assert_eq!((tracks.titles.get(number), by), (title, artist), "{q}");
    }
}

#[test]
fn an_ampersand_between_letters_is_found_as_a_word_and_by_no_beginning() {
    let mut sample = Sample::default();
    for genre in [
        "R&B",
        "Alternative",
        "Ambient",
        "Drum & Bass",
        "Andalusian",
        "Nu",
    ] {
        sample.add(track(genre).genre(genre));
    }
    let library = Library::of(&sample);
    let found = |q: &str| {
        library.run(&Request {
            explain: true,
            highlight: true,
            ..request(q, &[Collection::Genres])
        })
    };
    for q in ["r and b", "r & b", "r&b", "rnb", "r n b", "randb"] {
        let found = found(q);
        let best = &found.types[0].hits[0];
        assert_eq!(best.matched[0].name, "R&B", "{q}");
        assert!(best.matched[0].ranges.len() == 1 || q == "r&b", "{q}");
        let tier = best.explanation.as_ref().unwrap().tier;
        assert_eq!(tier, Tier::ExactName, "{q}");
    }
    for q in ["a", "an", "and", "n", "&"] {
        let names = library.names(Collection::Genres, q);
        assert!(!names.is_empty(), "{q}");
        assert!(!names.contains(&"R&B".to_owned()), "{q}: {names:?}");
    }
    for (q, marked) in [("and b", 1..3), ("r and", 0..2), ("n b", 1..3)] {
        let found = found(q);
        let of_name = |hit: &&Hit| hit.matched[0].name == "R&B";
        let hit = found.types[0].hits.iter().find(of_name).unwrap();
        assert_eq!(hit.matched[0].ranges, [marked], "{q}");
        let tier = hit.explanation.as_ref().unwrap().tier;
        assert_ne!(tier, Tier::ExactName, "{q}");
    }
}
