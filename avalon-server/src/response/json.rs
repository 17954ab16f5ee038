//! JSON strings, written by hand: a million names are rendered at load, and nothing else is needed.
//!
//! In: a text. Out: the JSON string of RFC 8259 that means it, in UTF-8 (contract, D9): only `"`,
//! `\` and what is below U+0020 is escaped.

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    // Nearly all are as they stand. Without an early end many bytes are looked at together.
    if !text
        .bytes()
        .fold(false, |any, byte| any | needs_escape(byte))
    {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => {
                let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
                out.push_str("\\u00");
                out.push(digit(control >> 4));
                out.push(digit(control & 0xf));
            }
        }
        // What is escaped is ASCII, so a character begins behind it.
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str) -> String {
        let mut out = String::new();
        string(text, &mut out);
        out
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
