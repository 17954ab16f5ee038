//! Request targets that hyper would refuse, made readable for it.
//!
//! In: the bytes of a connection as the client sends them. Out: the same requests, except that in
//! their targets bytes which a URI may not hold (`"`, `<`, `>`, controls, broken UTF-8) are
//! percent-encoded, and that a target longer than the service answers comes as one just longer than
//! any other can become, which marks it: what counts is its length as the client sent it.
//! hyper answers such requests itself, with an empty 400 or 414; the original took the former, and
//! the contract wants the latter in the envelope (D7).
//!
//! What stays true: nothing outside a request line is changed. From a request with a body on, the
//! rest of the connection passes as it is, so that no body is ever mistaken for a request.

use memchr::{memchr, memchr3};

use crate::service::{MAX_ENCODED_BYTES, MAX_TARGET_BYTES};

/// Longer incomplete lines are not held back: hyper has a bound of its own on heads.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Follows the requests on one connection.
#[derive(Debug, Default)]
pub(super) struct Targets {
    place: Place,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

/// Where in the conversation the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// In a request line, or in an empty line before one.
    #[default]
    RequestLine,
    /// In a target that is too long: its beginning was passed on, the rest is not.
    LongTarget,
    /// In what follows such a target on its line.
    AfterTarget,
    /// In the headers.
    Headers { have_body: bool },
    /// Where nothing is looked at any more.
    Through,
}

impl Targets {
    /// Takes the next bytes and appends what hyper shall read to `out`, now or when the line that
    /// they begin is complete.
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.place == Place::Through {
                out.extend_from_slice(input);
                return;
            }
            if self.place == Place::LongTarget {
                match input.iter().position(|&byte| matches!(byte, b' ' | b'\n')) {
                    None => return,
                    Some(at) => input = &input[at..],
                }
                self.place = Place::AfterTarget;
            }
            let Some(end) = memchr(b'\n', input) else {
                self.line.extend_from_slice(input);
                self.check_incomplete(out);
                return;
            };
            let (line, rest) = input.split_at(end + 1);
            input = rest;
            if self.line.is_empty() {
                self.complete(line, out);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.complete(&whole, out);
                whole.clear();
                self.line = whole;
            }
        }
    }

    /// A line with its end.
    fn complete(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let have_body = false;
        self.place = match self.place {
            Place::RequestLine if text.is_empty() => Place::RequestLine,
            Place::RequestLine => {
                request_line(line, out);
                self.place = Place::Headers { have_body };
                return;
            }
            Place::LongTarget | Place::AfterTarget => Place::Headers { have_body },
            Place::Headers { have_body: true } if text.is_empty() => Place::Through,
            Place::Headers { .. } if text.is_empty() => Place::RequestLine,
            Place::Headers { have_body } => Place::Headers {
                have_body: have_body || announces_body(text),
            },
            Place::Through => Place::Through,
        };
        out.extend_from_slice(line);
    }

    /// A line that has become too long to be waited for.
    fn check_incomplete(&mut self, out: &mut Vec<u8>) {
        let target = memchr(b' ', &self.line).map(|at| &self.line[at + 1..]);
        let is_long = target.is_some_and(|target| {
            target.len() > MAX_TARGET_BYTES && memchr(b' ', target).is_none()
        });
        if self.place == Place::RequestLine && is_long {
            request_line(&self.line, out);
            self.place = Place::LongTarget;
        } else if self.line.len() > MAX_LINE_BYTES {
            out.extend_from_slice(&self.line);
            self.place = Place::Through;
        } else {
            return;
        }
        self.line = Vec::new();
    }
}

/// Passes a request line on, or its beginning, with its target made readable.
fn request_line(line: &[u8], out: &mut Vec<u8>) {
    let end_of = |text: &[u8]| memchr3(b' ', b'\r', b'\n', text);
    let Some(start) = end_of(line) else {
        out.extend_from_slice(line);
        return;
    };
    let (method, rest) = line.split_at(start + 1);
    let end = end_of(rest).unwrap_or(rest.len());
    let (target, rest) = rest.split_at(end);
    out.extend_from_slice(method);
    let is_long = target.len() > MAX_TARGET_BYTES;
    // Without an early end, so that many bytes are looked at together.
    let is_plain = target.iter().fold(true, |all, &byte| all & is_plain(byte));
    if is_plain && !is_long {
        out.extend_from_slice(target);
    } else {
        let is_utf8 = std::str::from_utf8(target).is_ok();
        // Where it is cut, no character may stand across the cut.
        let is_passed = |byte: u8| !is_refused(byte) && (byte.is_ascii() || is_utf8 && !is_long);
        let start = out.len();
        for &byte in target.iter().take(MAX_TARGET_BYTES + 1) {
            if is_passed(byte) {
                out.push(byte);
            } else {
                let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
                out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
            }
        }
        if is_long {
            out.resize(start + MAX_ENCODED_BYTES + 1, b'x');
        }
    }
    out.extend_from_slice(rest);
}

/// Whether a target may hold this byte, whatever stands beside it.
fn is_plain(byte: u8) -> bool {
    let is_refused_sign =
        (byte == b'"') | (byte == b'<') | (byte == b'>') | (byte == b'`') | (byte == 0x7f);
    (byte >= 0x20) & byte.is_ascii() & !is_refused_sign
}

/// Whether hyper refuses a target with this byte of ASCII.
fn is_refused(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'<' | b'>' | b'`' | 0x7f)
}

/// Whether a header says that a body follows the head. In doubt, it does.
fn announces_body(header: &[u8]) -> bool {
    let begins_with = |name: &[u8]| {
        header
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let is_of_body = begins_with(b"content-length") || begins_with(b"transfer-encoding");
    is_of_body && !header.eq_ignore_ascii_case(b"content-length: 0")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed(input: &[u8], step: usize) -> String {
        let (mut targets, mut out) = (Targets::default(), Vec::new());
        for chunk in input.chunks(step) {
            targets.push(chunk, &mut out);
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn only_targets_are_changed() {
        let long = "é".repeat(MAX_TARGET_BYTES);
        let cut = &"%C3%A9".repeat(MAX_TARGET_BYTES)[..MAX_ENCODED_BYTES];
        let at_most = "\"".repeat(MAX_TARGET_BYTES - 1);
        let encoded = "%22".repeat(MAX_TARGET_BYTES - 1);
        let one_more = "a".repeat(MAX_TARGET_BYTES);
        let padding = "x".repeat(MAX_ENCODED_BYTES - MAX_TARGET_BYTES);
        for (input, expected) in [
            (
                "GET /a?b HTTP/1.1\r\nA: <\r\n\r\n",
                "GET /a?b HTTP/1.1\r\nA: <\r\n\r\n",
            ),
            ("GET /é HTTP/1.1\r\n\r\n", "GET /é HTTP/1.1\r\n\r\n"),
            (
                "GET /<\">`\x01\x7f HTTP/1.1\r\n",
                "GET /%3C%22%3E%60%01%7F HTTP/1.1\r\n",
            ),
            ("\r\n\nGET /< HTTP/1.1\n\n", "\r\n\nGET /%3C HTTP/1.1\n\n"),
            ("GET /< HTTP/1.1 <\r\n", "GET /%3C HTTP/1.1 <\r\n"),
            ("GET /<\r\n\r\nGET /<\n", "GET /%3C\r\n\r\nGET /%3C\n"),
            ("<\r\n\r\n", "<\r\n\r\n"),
            (
                "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /< HTTP/1.1\r\n",
                "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /%3C HTTP/1.1\r\n",
            ),
            (
                "GET /< HTTP/1.1\r\nCONTENT-length:3\r\n\r\nGET /< HTTP/1.1\r\n\r\nGET /<",
                "GET /%3C HTTP/1.1\r\nCONTENT-length:3\r\n\r\nGET /< HTTP/1.1\r\n\r\nGET /<",
            ),
            (
                "GET /< HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nGET /< HTTP/1.1\r\n",
                "GET /%3C HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nGET /< HTTP/1.1\r\n",
            ),
            (
                &format!("GET /{long} HTTP/1.1\r\nA: b\r\n\r\nGET /< HTTP/1.1\r\n"),
                &format!("GET /{cut} HTTP/1.1\r\nA: b\r\n\r\nGET /%3C HTTP/1.1\r\n"),
            ),
            (
                &format!("GET /{at_most} HTTP/1.1\r\n"),
                &format!("GET /{encoded} HTTP/1.1\r\n"),
            ),
            (
                &format!("GET /{one_more} HTTP/1.1\r\n"),
                &format!("GET /{one_more}{padding} HTTP/1.1\r\n"),
            ),
        ] {
            for step in [1, 2, 7, 4096, 1 << 20] {
                let said = passed(input.as_bytes(), step);
                assert_eq!(said, expected, "by {step}: {input:.60}");
            }
        }
    }

    #[test]
    fn broken_utf8_is_encoded() {
        assert_eq!(
            passed(b"GET /\xc3\xa9\xff HTTP/1.1\r\n", 9),
            "GET /%C3%A9%FF HTTP/1.1\r\n"
        );
    }

    #[test]
    fn no_line_is_held_back_for_ever() {
        let header = format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(MAX_LINE_BYTES));
        assert_eq!(passed(header.as_bytes(), 1000), header);
        let method = "G".repeat(MAX_LINE_BYTES + 1);
        assert_eq!(passed(method.as_bytes(), 1000), method);
        let endless = vec![b'a'; 1 << 20];
        let mut targets = Targets::default();
        let mut out = Vec::new();
        targets.push(b"GET /", &mut out);
        endless
            .chunks(4096)
            .for_each(|chunk| targets.push(chunk, &mut out));
        assert!(out.len() < MAX_ENCODED_BYTES + 10 && targets.line.is_empty());
    }

    proptest! {
        #[test]
        fn what_hyper_takes_passes_as_it_is_in_any_pieces(
            heads in proptest::collection::vec("(GET|BREW) /[!#-;=?-_a-~é]{0,40} HTTP/1.1\r?\n([A-Z][a-z]{1,9}: [ -~]{0,20}\r?\n){0,3}\r?\n", 0..5),
            step in 1_usize..50,
        ) {
            let input = heads.concat();
            prop_assert_eq!(passed(input.as_bytes(), step), input);
        }
    }
}
