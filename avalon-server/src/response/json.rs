//! JSON strings, written by hand: a million names are rendered at load, and nothing else is needed.
//!
//! In: a text. Out: the JSON string of RFC 8259 that means it, in UTF-8 (contract, D9): only `"`,
//! `\` and what is below U+0020 is escaped.

/// Where rendered bytes go: a buffer, or a counter of how large the buffer must be.
pub(crate) trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Counts bytes instead of keeping them.
#[derive(Debug, Default)]
pub(crate) struct Size(pub(crate) usize);

impl Sink for Size {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// Writes `text` as a JSON string, quotes included.
pub(crate) fn string(text: &str, out: &mut (impl Sink + ?Sized)) {
    out.put(b"\"");
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| needs_escape(byte)) {
        out.put(&rest[..at]);
        match rest[at] {
            b'"' => out.put(b"\\\""),
            b'\\' => out.put(b"\\\\"),
            b'\n' => out.put(b"\\n"),
            b'\r' => out.put(b"\\r"),
            b'\t' => out.put(b"\\t"),
            0x08 => out.put(b"\\b"),
            0x0c => out.put(b"\\f"),
            control => out.put(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                b'0' + (control >> 4),
                b"0123456789abcdef"[usize::from(control & 0xf)],
            ]),
        }
        rest = &rest[at + 1..];
    }
    out.put(rest);
    out.put(b"\"");
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str) -> String {
        let (mut out, mut size) = (Vec::new(), Size::default());
        string(text, &mut out);
        string(text, &mut size);
        assert_eq!(out.len(), size.0, "{text:?}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_ascii_character_means_itself() {
        for byte in 0..=0x7f_u8 {
            let text = char::from(byte).to_string();
            assert_eq!(rendered(&text), serde_json::to_string(&text).unwrap());
        }
        assert_eq!(rendered("</a> & 'é' \u{7f}"), "\"</a> & 'é' \u{7f}\"");
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text in "(?s)[\\x00-\\x30\"\\\\a-zé𝟘\u{2028}]*") {
            prop_assert_eq!(rendered(&text), serde_json::to_string(&text).unwrap());
        }
    }
}
