//! UUIDs as the API takes them (CONTRACT, D4).
//!
//! In: the value of `album_id` and its kin. Out: the UUID, or nothing. Python's removals come first
//! (`urn:`, `uuid:`, outer braces, hyphens wherever they stand); what remains must be 32 hexadecimal
//! digits of ASCII.

use uuid::Uuid;

/// Reads a text.
pub(crate) fn parse(text: &str) -> Option<Uuid> {
    let bare = text.replace("urn:", "").replace("uuid:", "");
    let digits = bare.trim_matches(['{', '}']).replace('-', "");
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return None;
    }
    let value = u128::from_str_radix(&digits, 16).ok()?;
    Some(Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "35b4bf81-e10c-5aa9-bdf4-2a91cef78688";
    const BARE: &str = "35b4bf81e10c5aa9bdf42a91cef78688";

    #[test]
    fn pythons_spellings_are_read() {
        for text in [
            ID,
            BARE,
            "35B4BF81-E10C-5AA9-BDF4-2A91CEF78688",
            "{35b4bf81-e10c-5aa9-bdf4-2a91cef78688",
            "35b4bf81-e10c-5aa9-bdf4-2a91cef78688}",
            "}{{35b4bf81e10c5aa9bdf42a91cef78688{}",
            "urn:uuid:35b4bf81-e10c-5aa9-bdf4-2a91cef78688",
            "uuid:{35b4bf81-e10c-5aa9-bdf4-2a91cef78688}",
            "urn:35b4bf81-e10c-5aa9-bdf4-2a91cef78688",
            "35b4urn:bf81e10c5aa9bdf42a91cef78688uuid:",
            "35b4bf81--e10c---5aa9-bdf4-2a91cef78688-",
            "-3-5b4bf81e10c5aa9bdf42a91cef78688",
            "uurn:uid:35b4bf81e10c5aa9bdf42a91cef78688",
        ] {
            let expected = Uuid::parse_str(ID).unwrap();
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "bad",
            "{}",
            "{0}",
            "URN:UUID:35b4bf81-e10c-5aa9-bdf4-2a91cef78688",
            " 35b4bf81-e10c-5aa9-bdf4-2a91cef78688",
            "35b4bf81e10c5aa9bdf42a91cef7868",
            "35b4bf81e10c5aa9bdf42a91cef786888",
            "+5b4bf81e10c5aa9bdf42a91cef78688",
            " 5b4bf81e10c5aa9bdf42a91cef78688",
            "35b4bf81e10c5aa9bdf42a91cef7868 ",
            "35b_bf81e10c5aa9bdf42a91cef78688",
            "0x000000000000000000000000000000",
            "\u{663}5b4bf81e10c5aa9bdf42a91cef78688",
            "\u{ff13}5b4bf81e10c5aa9bdf42a91cef78688",
            "g5b4bf81e10c5aa9bdf42a91cef78688",
            "-{35b4bf81e10c5aa9bdf42a91cef78688",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
