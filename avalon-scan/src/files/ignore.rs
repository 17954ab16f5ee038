//! What the owner of a collection does not want in the library.
//!
//! In: the ignore files of a folder. Out: [`Rules`], which say of each path below it whether it is
//! passed by. `.avalonignore` and Navidrome's `.ndignore` hold the rules of gitignore(5), relative to
//! their folder; those of deeper folders override, and of one folder's those of `.avalonignore`.
//! `.nomedia` (Android), and an `.ndignore` without a rule (Navidrome), hide all of their folder.
//!
//! What stays true: what cannot be read or understood of an ignore file hides nothing, the rest of it
//! counts, and no ignore file takes more than [`SIZE_LIMIT`], [`RULE_LIMIT`] and [`WILDCARD_LIMIT`].

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::OFlags;

/// Bytes of an ignore file that count.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Rules of an ignore file that count.
const RULE_LIMIT: usize = 10_000;

/// Bytes of rules with wildcards that count. They are compiled, which takes up to half a kilobyte of
/// memory and some microseconds for each byte: half a gigabyte and seconds, if a whole file of the
/// largest size were made of them.
const WILDCARD_LIMIT: usize = 64 * 1024;

/// Characters of what is told of the first problem of a file.
const MESSAGE_LIMIT: usize = 250;

/// The kinds of ignore files, in the order in which a folder's are read: what comes later overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum IgnoreFile {
    NoMedia,
    NdIgnore,
    AvalonIgnore,
}

impl IgnoreFile {
    /// By the last part of a path.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let path = path.as_os_str().as_bytes();
        let is = |name: &[u8]| {
            path.strip_suffix(name)
                .is_some_and(|folder| folder.is_empty() || folder.ends_with(b"/"))
        };
        // This is asked about each file: most are decided by their last byte.
        match path.last()? {
            b'a' if is(b".nomedia") => Some(Self::NoMedia),
            b'e' if is(b".ndignore") => Some(Self::NdIgnore),
            b'e' if is(b".avalonignore") => Some(Self::AvalonIgnore),
            _ => None,
        }
    }

    pub(super) const NAMES: [&str; 3] = [".nomedia", ".ndignore", ".avalonignore"];
}

/// Whether a path is named like an ignore file, so that a change of it concerns its whole folder.
pub fn is_ignore_file(path: &Path) -> bool {
    IgnoreFile::of(path).is_some()
}

/// What an ignore file does.
#[derive(Debug)]
pub(super) enum Effect {
    Nothing,
    /// To all of its folder.
    Everything,
    Rules(Gitignore),
}

/// Reads an ignore file. The text says what of it is not heeded, and why.
pub(super) fn read(file: IgnoreFile, path: &Path) -> (Effect, Option<String>) {
    if file == IgnoreFile::NoMedia {
        return (Effect::Everything, None);
    }
    match content(path) {
        Ok(text) => parse(file, &text),
        Err(error) => {
            let problem = format!("it cannot be read, so it hides nothing: {error}");
            (Effect::Nothing, Some(problem))
        }
    }
}

/// At most one byte more than the limit. No FIFO is waited for, and no device opened.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let mut text = Vec::new();
    file.take(SIZE_LIMIT as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn parse(file: IgnoreFile, text: &[u8]) -> (Effect, Option<String>) {
    let mut problems = Problems::default();
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut lines = text;
    if text.len() > SIZE_LIMIT {
        problems.add("it is larger than 1 MiB, and what is beyond is not heeded");
        // The last line may be a part of one.
        let end = text[..SIZE_LIMIT].iter().rposition(|&byte| byte == b'\n');
        lines = &text[..end.unwrap_or(0)];
    }
    let mut rules: Vec<(usize, &str)> = Vec::new();
    let mut wildcards = 0;
    for (index, line) in lines.split(|&byte| byte == b'\n').enumerate() {
        let number = index + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() || line.starts_with(b"#") {
            continue;
        }
        if line.iter().any(|byte| b"*?[{".contains(byte)) {
            wildcards += line.len();
        }
        if rules.len() == RULE_LIMIT || wildcards > WILDCARD_LIMIT {
            problems.add(&format!(
                "its rules are too many, and not heeded from line {number} on"
            ));
            break;
        }
        match str::from_utf8(line) {
            // Navidrome takes space away at both ends.
            Ok(line) if file == IgnoreFile::NdIgnore => rules.push((number, line.trim())),
            Ok(line) => rules.push((number, line)),
            Err(_) => problems.add(&format!(
                "line {number} is not UTF-8 (a ? matches any byte): {}",
                line.escape_ascii()
            )),
        }
    }
    // To git a lone ! names nothing, to the matcher everything.
    rules.retain(|(_, rule)| !rule.starts_with('#') && rule.trim_end() != "!");
    let effect = if rules.is_empty() && file == IgnoreFile::NdIgnore && problems.is_empty() {
        Effect::Everything
    } else {
        compile(&rules, &mut problems)
    };
    (effect, problems.into_text())
}

fn compile(rules: &[(usize, &str)], problems: &mut Problems) -> Effect {
    let matcher = matcher(rules.iter().copied(), problems).or_else(|_| {
        // One rule that cannot be compiled spoils all. This is slow, and rare.
        let good: Vec<(usize, &str)> = rules
            .iter()
            .copied()
            .filter(|&(number, rule)| {
                let alone = matcher([(number, rule)], &mut Problems::default());
                alone
                    .inspect_err(|error| problems.add(&in_line(number, error)))
                    .is_ok()
            })
            .collect();
        matcher(good, &mut Problems::default())
    });
    match matcher {
        Ok(matcher) if matcher.is_empty() => Effect::Nothing,
        Ok(matcher) => Effect::Rules(matcher),
        Err(error) => {
            problems.add(&format!("its rules are too many to be heeded: {error}"));
            Effect::Nothing
        }
    }
}

fn matcher<'a>(
    rules: impl IntoIterator<Item = (usize, &'a str)>,
    problems: &mut Problems,
) -> Result<Gitignore, ignore::Error> {
    // Names are given relative to the folder of the file, so there is nothing to take off them.
    let mut builder = GitignoreBuilder::new("");
    for (number, rule) in rules {
        if let Err(error) = builder.add_line(None, rule) {
            problems.add(&in_line(number, &error));
        }
    }
    builder.build()
}

fn in_line(number: usize, error: &ignore::Error) -> String {
    format!("line {number} is not heeded: {error}")
}

/// The first problem of a file in words, the others in number.
#[derive(Default)]
struct Problems {
    first: Option<String>,
    others: usize,
}

impl Problems {
    fn add(&mut self, problem: &str) {
        if self.first.is_some() {
            self.others += 1;
            return;
        }
        // It may repeat a line, and a line may be as long as the file.
        self.first = Some(problem.chars().take(MESSAGE_LIMIT).collect());
    }

    fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn into_text(self) -> Option<String> {
        match self.others {
            0 => self.first,
            others => self
                .first
                .map(|first| format!("{first} (and {others} more)")),
        }
    }
}

/// The rules that hold at one place of a walk: those of the folder and of all above it.
#[derive(Default)]
pub(super) struct Rules {
    levels: Vec<Level>,
}

struct Level {
    /// How deep the folder of the file lies.
    depth: usize,
    /// Where in a path the names begin that the folder knows.
    start: usize,
    matcher: Gitignore,
}

impl Rules {
    /// Takes the rules of a file in, for what is in its folder, which lies so deep.
    pub(super) fn enter(&mut self, depth: usize, file: &Path, matcher: Gitignore) {
        let start = file.as_os_str().len() - file.file_name().map_or(0, OsStr::len);
        self.levels.push(Level {
            depth,
            start,
            matcher,
        });
    }

    /// Forgets the rules of folders that do not hold what lies so deep next.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.levels.last().is_some_and(|level| level.depth >= depth) {
            self.levels.pop();
        }
    }

    /// Whether a path is to be passed by. What is in a folder that is passed by must not be asked
    /// about.
    pub(super) fn ignore(&self, path: &Path, is_folder: bool) -> bool {
        let bytes = path.as_os_str().as_bytes();
        for level in self.levels.iter().rev() {
            let name = Path::new(OsStr::from_bytes(&bytes[level.start..]));
            match level.matcher.matched(name, is_folder) {
                Match::None => {}
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(file: IgnoreFile, text: &[u8]) -> (Rules, Option<String>) {
        let (effect, problem) = parse(file, text);
        let mut rules = Rules::default();
        match effect {
            Effect::Rules(matcher) => rules.enter(0, Path::new("/m/.avalonignore"), matcher),
            Effect::Nothing => {}
            Effect::Everything => panic!("not everything"),
        }
        (rules, problem)
    }

    fn path(name: &[u8]) -> std::path::PathBuf {
        Path::new("/m").join(OsStr::from_bytes(name))
    }

    #[test]
    fn rules_are_those_of_gitignore() {
        for (text, name, is_folder, expected) in [
            (&b"*.flac"[..], &b"a/1.flac"[..], false, true),
            (b"*.flac", b"a/1.FLAC", false, false),
            (b"*.flac", b"a/1.flac.mp3", false, false),
            (b"/a.mp3", b"a.mp3", false, true),
            (b"/a.mp3", b"b/a.mp3", false, false),
            (b"a.mp3", b"b/a.mp3", false, true),
            (b"b/a.mp3", b"x/b/a.mp3", false, false),
            (b"**/b/a.mp3", b"x/b/a.mp3", false, true),
            (b"a/", b"a", true, true),
            (b"a/", b"a", false, false),
            (b"a/**", b"a", true, false),
            (b"a/**", b"a/b/c", false, true),
            (b"*.mp3\n!b.mp3", b"a.mp3", false, true),
            (b"*.mp3\n!b.mp3", b"b.mp3", false, false),
            (b"!b.mp3\n*.mp3", b"b.mp3", false, true),
            (b"\\!b.mp3", b"!b.mp3", false, true),
            (b"#a", b"#a", false, false),
            (b"\\#a", b"#a", false, true),
            (b"a.mp3  \r\n", b"a.mp3", false, true),
            (b"[ab].mp3", b"b.mp3", false, true),
            (b"\xef\xbb\xbfa.mp3", b"a.mp3", false, true),
            (b"/", b"a.mp3", false, false),
            (b"*.mp3\n!", b"a.mp3", false, true),
            (b"a//b", b"a/b", false, false),
            // Names that are no UTF-8: by the rest of them, or with a ? for each byte.
            (b"*.mp3", b"caf\xe9.mp3", false, true),
            (b"caf?.mp3", b"caf\xe9.mp3", false, true),
            (b"caf*", b"caf\xe9", true, true),
            (b"x", b"caf\xe9/x", false, true),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}".as_bytes(), true, true),
        ] {
            let case = format!("{} on {}", text.escape_ascii(), name.escape_ascii());
            let (rules, problem) = rules(IgnoreFile::AvalonIgnore, text);
            assert_eq!(problem, None, "{case}");
            assert_eq!(rules.ignore(&path(name), is_folder), expected, "{case}");
        }
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_counts() {
        for (text, expected) in [
            (&b"[z-a]\n*.mp3"[..], "line 1 is not heeded"),
            (b"*.mp3\n\n{a", "line 3 is not heeded"),
            (
                b"caf\xe9\n*.mp3",
                r"line 1 is not UTF-8 (a ? matches any byte): caf\xe9",
            ),
            (b"[z-a]\n[z-b]\n[z-c]\n*.mp3", "(and 2 more)"),
        ] {
            let case = text.escape_ascii();
            let (rules, problem) = rules(IgnoreFile::AvalonIgnore, text);
            let problem = problem.unwrap();
            assert!(problem.contains(expected), "{case}: {problem}");
            assert!(rules.ignore(&path(b"1.mp3"), false), "{case}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_compiled_spoils_no_other() {
        let text = format!("*.mp3\n{}a{}\n*.ogg", "{".repeat(2000), "}".repeat(2000));
        let (rules, problem) = rules(IgnoreFile::AvalonIgnore, text.as_bytes());
        let problem = problem.unwrap();
        assert!(problem.contains("line 2 is not heeded"), "{problem}");
        for name in [b"1.mp3", b"1.ogg"] {
            assert!(rules.ignore(&path(name), false), "{problem}");
        }
    }

    #[test]
    fn an_ndignore_without_a_rule_hides_everything() {
        for (file, text, expected) in [
            (IgnoreFile::NdIgnore, &b""[..], "Everything"),
            (
                IgnoreFile::NdIgnore,
                b" \r\n\n# why\n  # why\n",
                "Everything",
            ),
            (IgnoreFile::NdIgnore, b"caf\xe9", "Nothing"),
            (IgnoreFile::NdIgnore, b"[z-a]", "Nothing"),
            (IgnoreFile::NdIgnore, b"  *.mp3", "Rules"),
            (IgnoreFile::AvalonIgnore, b"", "Nothing"),
            (IgnoreFile::AvalonIgnore, b"# why", "Nothing"),
        ] {
            let (effect, _) = parse(file, text);
            let case = text.escape_ascii();
            let effect = format!("{effect:?}");
            assert!(effect.starts_with(expected), "{file:?} {case}: {effect}");
        }
        let (rules, _) = rules(IgnoreFile::NdIgnore, b"  *.mp3  ");
        assert!(rules.ignore(&path(b"1.mp3"), false));
    }

    #[test]
    fn an_ignore_file_has_bounds() {
        let mut text = b"*.mp3\n".to_vec();
        text.resize(SIZE_LIMIT - 2, b'#');
        text.extend_from_slice(b"\n*.ogg\n");
        let (limited, problem) = rules(IgnoreFile::AvalonIgnore, &text);
        assert!(problem.unwrap().contains("larger than 1 MiB"));
        assert!(limited.ignore(&path(b"1.mp3"), false));
        assert!(!limited.ignore(&path(b"1.ogg"), false));
        assert!(
            !limited.ignore(&path(b"*"), false),
            "a part of a line is no rule"
        );

        let mut text = "a\n".repeat(RULE_LIMIT);
        text.push_str("*.ogg\n");
        let (limited, problem) = rules(IgnoreFile::AvalonIgnore, text.as_bytes());
        assert!(problem.unwrap().contains("from line 10001 on"));
        assert!(!limited.ignore(&path(b"1.ogg"), false));

        let mut text = "plain name\n".repeat(4000);
        text.push_str(&"*a*bcdefghij\n".repeat(WILDCARD_LIMIT / 12));
        text.push_str("*.ogg\n");
        let (limited, problem) = rules(IgnoreFile::AvalonIgnore, text.as_bytes());
        let line = 4000 + WILDCARD_LIMIT / 12 + 1;
        assert!(problem.unwrap().contains(&format!("from line {line} on")));
        assert!(limited.ignore(&path(b"plain name"), false));
        assert!(!limited.ignore(&path(b"1.ogg"), false));
    }

    #[test]
    fn what_is_told_of_a_bad_line_has_a_bound() {
        for line in ["{\u{e9}".repeat(1000).into_bytes(), b"\xe9".repeat(1000)] {
            let text = [line, b"\n*.mp3".to_vec()].concat();
            let (_, problem) = rules(IgnoreFile::AvalonIgnore, &text);
            let problem = problem.unwrap();
            assert!(problem.starts_with("line 1 is not"), "{problem}");
            assert!(problem.chars().count() <= MESSAGE_LIMIT, "{problem}");
        }
    }

    #[test]
    fn ignore_files_are_known_by_their_names() {
        for (name, expected) in [
            (".nomedia", Some(IgnoreFile::NoMedia)),
            ("a/.ndignore", Some(IgnoreFile::NdIgnore)),
            ("/a/.avalonignore", Some(IgnoreFile::AvalonIgnore)),
            ("a.avalonignore", None),
            (".avalonignore/a", None),
            (".gitignore", None),
            ("nomedia", None),
            ("", None),
        ] {
            assert_eq!(IgnoreFile::of(Path::new(name)), expected, "{name}");
        }
        for name in IgnoreFile::NAMES {
            assert!(is_ignore_file(Path::new(name)), "{name}");
        }
    }
}
