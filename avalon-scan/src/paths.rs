//! The path that a track's id is made of.
//!
//! In: the root of the collection as it was typed, joined with the way to a file. Out: the same path
//! without detours, as Python's `posixpath.normpath` writes it.
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
}
