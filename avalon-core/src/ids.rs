//! Ids: version 5 UUIDs (RFC 9562) that follow from a name or a path alone.
//!
//! In: the name of an album, artist or genre, or the path of a track. Out: its id. The same name
//! gives the same id in every database, on every machine and after every scan, so clients may store
//! ids; the namespaces are those of the original and never change (CONTRACT, IDs).

use uuid::Uuid;

use crate::text;

/// Namespace of album ids.
pub const ALBUMS: Uuid = Uuid::from_u128(0x7655e605_6eaa_40d8_a25f_5c6c92a4d31a);
/// Namespace of artist ids.
pub const ARTISTS: Uuid = Uuid::from_u128(0xfe4df0f6_2c55_4ba6_acf3_134eae3e710e);
/// Namespace of genre ids.
pub const GENRES: Uuid = Uuid::from_u128(0xdd8dbd9c_8ed7_4719_80c5_71d978665dd0);
/// Namespace of track ids.
pub const TRACKS: Uuid = Uuid::from_u128(0x4151ace3_6a98_41cd_a3de_8c242654cb67);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// The id of an album: of its name alone, so that two albums of one name are one.
    AlbumId
);
id!(
    /// The id of an artist.
    ArtistId
);
id!(
    /// The id of a genre.
    GenreId
);
id!(
    /// The id of a track: of the path of its file.
    TrackId
);

impl AlbumId {
    /// The id of the album with this name, in whatever case it is written.
    pub fn of(name: &str) -> Self {
        Self(of_name(&ALBUMS, name))
    }
}

impl ArtistId {
    /// The id of the artist with this name, in whatever case it is written.
    pub fn of(name: &str) -> Self {
        Self(of_name(&ARTISTS, name))
    }
}

impl GenreId {
    /// The id of the genre with this name, in whatever case it is written.
    pub fn of(name: &str) -> Self {
        Self(of_name(&GENRES, name))
    }
}

impl TrackId {
    /// The id of the track in the file at `path`: the root of the collection as it was given,
    /// joined with the way to the file, and normalised as Python's `posixpath.normpath` does.
    ///
    /// The bytes of the path count, so a name that is not UTF-8 has an id too (rule S5).
    pub fn of(path: &[u8]) -> Self {
        Self(Uuid::new_v5(&TRACKS, path))
    }
}

fn of_name(namespace: &Uuid, name: &str) -> Uuid {
    Uuid::new_v5(namespace, text::lower(name).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_the_documented_ids() {
        let table = [
            (
                AlbumId::of("¡Uno!").0,
                "32792eb5-03ff-5837-9869-d77ac9b5c99f",
            ),
            (AlbumId::of("").0, "e9a64209-04cc-5664-b086-5935871d63f6"),
            (
                ArtistId::of("Minor Threat").0,
                "debcc564-211b-559c-b810-e72598bdaf47",
            ),
            (
                ArtistId::of("MINOR threat").0,
                "debcc564-211b-559c-b810-e72598bdaf47",
            ),
            (ArtistId::of("").0, "4ad235a9-c8ff-5212-936e-191046c483a9"),
            (
                GenreId::of("Punk Ska").0,
                "3af7ba62-d87f-5258-af62-d7c5655ec567",
            ),
            (GenreId::of("").0, "7cb15d51-755f-5957-b775-577eac9da1cd"),
        ];
        for (id, expected) in table {
            assert_eq!(id.to_string(), expected);
        }
    }

    #[test]
    fn paths_give_the_documented_ids() {
        let path = "/music/Voodoo_Glow_Skulls/02-adicción,_tradición,_revolución.ogg";
        let table: [(&[u8], &str); 2] = [
            (path.as_bytes(), "56b33b92-d5b6-5971-b166-dc959b442c0c"),
            (b"/music/a.mp3", "86760c4a-a45e-5982-86a5-617df053d554"),
        ];
        for (path, expected) in table {
            assert_eq!(TrackId::of(path).0.to_string(), expected);
        }
        assert_ne!(TrackId::of(b"/music/A.mp3"), TrackId::of(b"/music/a.mp3"));
        assert_ne!(
            TrackId::of(b"/music/caf\xe9.mp3"),
            TrackId::of(b"/music/caf\xea.mp3")
        );
    }
}
