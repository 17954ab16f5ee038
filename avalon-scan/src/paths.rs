//! The path that a track's id is made of.
//!
//! In: the root of the collection as it was typed, joined with the way to a file. Out: the same path
//! without detours, as Python's `posixpath.normpath` writes it: the *key* of the file. And the other
//! way round: which keys lie below which.
//!
//! What stays true: it is text alone. A relative root stays relative, links are not followed, and
//! bytes that are not UTF-8 stay as they are (rule S5), or ids that clients have stored would change.

/// The path without `.`, empty parts and `x/..`; `.` for nothing.
///
/// Two slashes at the start stay two (POSIX lets them mean something), more become one.
pub fn normalise(path: &[u8]) -> Vec<u8> {
    let root: &[u8] = match path {
        [b'/', b'/', b'/', ..] => b"/",
        [b'/', b'/', ..] => b"//",
        [b'/', ..] => b"/",
        _ => b"",
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                None if !root.is_empty() => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    match [root, &parts.join(&b'/')].concat() {
        path if path.is_empty() => b".".to_vec(),
        path => path,
    }
}

/// What every normalised path below a normalised folder begins with: `music/` for `music`, `/` for
/// `/`, nothing for `.`.
///
/// The reverse does not hold (`../x` and `/x` begin with nothing, and are not below `.`): see
/// [`relative`].
pub fn prefix(folder: &[u8]) -> Vec<u8> {
    match folder {
        b"." => Vec::new(),
        folder if folder.ends_with(b"/") => folder.to_vec(),
        folder => [folder, b"/"].concat(),
    }
}

/// The way from a normalised folder to a normalised path that is or lies below it: empty for the
/// folder itself, `None` for what lies elsewhere, or where text alone cannot tell (`x` and `..`).
pub fn relative<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    if path == folder {
        return Some(b"");
    }
    let way = match folder {
        b"." => path,
        folder if folder.ends_with(b"/") => path.strip_prefix(folder)?,
        folder => path.strip_prefix(folder)?.strip_prefix(b"/")?,
    };
    // What is left of a path that merely begins like the folder: `../../x` and `..`, `//x` and `/`.
    let elsewhere = way == b".." || way.starts_with(b"../") || way.starts_with(b"/");
    (!elsewhere && way != b".").then_some(way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_posixpath() {
        for (path, expected) in [
            (&b"/x/a.mp3"[..], &b"/x/a.mp3"[..]),
            (b"/x//a.mp3", b"/x/a.mp3"),
            (b"/x/./a.mp3", b"/x/a.mp3"),
            (b"/y/../x/a.mp3", b"/x/a.mp3"),
            (b"/../x", b"/x"),
            (b"//x/a", b"//x/a"),
            (b"///x/a", b"/x/a"),
            (b"x/a", b"x/a"),
            (b"./x/a", b"x/a"),
            (b"../x/a", b"../x/a"),
            (b"../../x", b"../../x"),
            (b"x/../../y", b"../y"),
            (b"x/..", b"."),
            (b"", b"."),
            (b".", b"."),
            (b"/", b"/"),
            (b"//", b"//"),
            (b"/caf\xe9/a", b"/caf\xe9/a"),
            (b"x/", b"x"),
            (b"x/...", b"x/..."),
        ] {
            let shown = path.escape_ascii();
            assert_eq!(normalise(path), expected, "{shown}");
        }
    }

    #[test]
    fn a_path_is_below_a_folder_or_it_is_not() {
        for (path, folder, expected) in [
            (&b"music/a/1"[..], &b"music"[..], Some(&b"a/1"[..])),
            (b"music", b"music", Some(b"")),
            (b"music2/a", b"music", None),
            (b"music.mp3", b"music", None),
            (b"mus", b"music", None),
            (b"/music/a", b"music", None),
            (b"a", b".", Some(b"a")),
            (b".", b".", Some(b"")),
            (b".hidden", b".", Some(b".hidden")),
            (b"...", b".", Some(b"...")),
            (b"..", b".", None),
            (b"../a", b".", None),
            (b"/a", b".", None),
            (b"..", b"..", Some(b"")),
            (b"../a", b"..", Some(b"a")),
            (b"../..", b"..", None),
            (b"../../a", b"..", None),
            (b"../..a", b"..", Some(b"..a")),
            (b"a", b"..", None),
            (b".", b"..", None),
            (b"/a", b"/", Some(b"a")),
            (b"//a", b"/", None),
            (b"//a", b"//", Some(b"a")),
            (b"/a", b"//", None),
            (b"a", b"/", None),
            (b"caf\xe9/a", b"caf\xe9", Some(b"a")),
        ] {
            let case = format!("{} in {}", path.escape_ascii(), folder.escape_ascii());
            assert_eq!(relative(path, folder), expected, "{case}");
            if let Some(way) = expected.filter(|way| !way.is_empty()) {
                assert_eq!([&prefix(folder), way].concat(), path, "{case}");
            }
        }
    }
}
