//! Endpoints and their paths: the one list of what there is.
//!
//! In: a path below REQUEST_PATH. Out: the [`Endpoint`] there, and the id that the path holds.

use uuid::Uuid;

use crate::catalog::Collection;
use crate::query::parse_uuid;

/// What stands in a path for an id.
const ID: &str = "{id}";

/// Something that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// One of the four lists.
    List(Collection),
    /// All that is known of one song.
    Song,
    /// What people mean, the best first.
    Search,
    /// Names that what is being typed may become.
    Suggest,
    /// Whether the server is ready.
    Heartbeat,
    /// Its version.
    Version,
    /// The description of the API for programs.
    OpenApi,
    /// The description of the API for people.
    Docs,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What is there.
    pub endpoint: Endpoint,
    /// The id in the path; nil where paths of the endpoint hold none.
    pub id: Uuid,
}

impl Endpoint {
    /// All of them. What is not in here cannot be reached; what is asked for most often comes first.
    pub const ALL: [Self; 11] = [
        Self::List(Collection::Songs),
        Self::List(Collection::Albums),
        Self::List(Collection::Artists),
        Self::List(Collection::Genres),
        Self::Song,
        Self::Search,
        Self::Suggest,
        Self::Heartbeat,
        Self::Version,
        Self::OpenApi,
        Self::Docs,
    ];

    /// Its path below REQUEST_PATH, without a slash before it; an id is `{id}`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::List(Collection::Songs) => "songs",
            Self::List(Collection::Albums) => "albums",
            Self::List(Collection::Artists) => "artists",
            Self::List(Collection::Genres) => "genres",
            Self::Song => "songs/{id}",
            Self::Search => "search",
            Self::Suggest => "suggest",
            Self::Heartbeat => "heartbeat",
            Self::Version => "version",
            Self::OpenApi => "openapi.json",
            Self::Docs => "docs",
        }
    }

    /// What is at a path like that of [`Endpoint::path`], percent-decoded. An id may be written in any
    /// of the ways of parameters; where it is none, nothing is there.
    pub fn at(path: &str) -> Option<Place> {
        Self::ALL.into_iter().find_map(|endpoint| {
            let id = match endpoint.path().strip_suffix(ID) {
                None => (path == endpoint.path()).then(Uuid::nil),
                Some(before) => path.strip_prefix(before).and_then(parse_uuid),
            }?;
            Some(Place { endpoint, id })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_at_its_path() {
        let id = Uuid::from_u128(7);
        for endpoint in Endpoint::ALL {
            let has_id = endpoint.path().contains(ID);
            let path = endpoint.path().replace(ID, &id.to_string());
            let id = if has_id { id } else { Uuid::nil() };
            assert_eq!(Endpoint::at(&path), Some(Place { endpoint, id }), "{path}");
            assert_eq!(Endpoint::at(&format!("{path}/")), None, "{path}");
            assert_eq!(Endpoint::at(&path.to_uppercase()), None, "{path}");
        }
        for path in [
            "",
            "/",
            "songs/{id}",
            "songs/x",
            "albums/00000000000000000000000000000007",
        ] {
            assert_eq!(Endpoint::at(path), None, "{path}");
        }
    }
}
