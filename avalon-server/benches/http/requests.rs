//! The requests that are asked again and again, made of samples of the library.

use anyhow::{Result, ensure};

use crate::support::client::{Answer, Client};
use crate::support::process::Process;
use crate::support::samples::{Samples, encoded};

/// Candidates for a rare word.
const CANDIDATES: usize = 500;

/// A request by a name for the table.
pub(crate) struct Request {
    pub(crate) name: &'static str,
    pub(crate) target: String,
}

/// The requests that are each asked again and again.
pub(crate) fn repeated(
    samples: &Samples,
    tracks: usize,
    client: &mut Client,
) -> Result<Vec<Request>> {
    let forty = samples.track_of_artist_with_about(40);
    let word = forty.title.split(|c: char| !c.is_alphanumeric());
    let word = word.max_by_key(|word| word.len()).unwrap_or_default();
    let rare = rare_word(samples, client)?;
    let offset = (tracks / 2).min(500_000);
    let songs = |name, query: String| Request {
        name,
        target: format!("/avalon/songs?{query}"),
    };
    Ok(vec![
        Request {
            name: "heartbeat",
            target: "/avalon/heartbeat".to_owned(),
        },
        songs(
            "songs?artist_id=... (about 40 tracks)",
            format!("artist_id={}", forty.artist_id()),
        ),
        songs(
            "songs?query=<rare>&limit=20",
            format!("query={rare}&limit=20"),
        ),
        songs("songs?query=a&limit=20", "query=a&limit=20".to_owned()),
        songs(
            "songs?query=a&order=year&direction=desc&limit=20",
            "query=a&order=year&direction=desc&limit=20".to_owned(),
        ),
        songs(
            "songs?limit=50&order=name",
            "limit=50&order=name".to_owned(),
        ),
        songs(
            "songs?limit=20&offset=<half, at most 500000>&order=name",
            format!("limit=20&offset={offset}&order=name"),
        ),
        Request {
            name: "albums?query=a&limit=20",
            target: "/avalon/albums?query=a&limit=20".to_owned(),
        },
        songs(
            "songs?query=...&artist=...",
            format!("query={}&artist={}", encoded(word), encoded(&forty.artist)),
        ),
    ])
}

/// A word that one song has, by the server's own word.
fn rare_word(samples: &Samples, client: &mut Client) -> Result<String> {
    for word in samples.rare_words().take(CANDIDATES) {
        let answer = client.get(&format!("/avalon/songs?query={word}"))?;
        let json: serde_json::Value = serde_json::from_slice(&answer.body)?;
        if json["success"]
            .as_array()
            .is_some_and(|songs| songs.len() == 1)
        {
            return Ok(word.to_owned());
        }
    }
    anyhow::bail!("no word that stands in one title alone")
}

/// The answer to a request, which must be a success.
pub(crate) fn success(client: &mut Client, target: &str) -> Result<Answer> {
    let answer = client.get(target)?;
    ensure!(answer.status == 200, "{target} answers {}", answer.status);
    Ok(answer)
}

/// A server's own client.
pub(crate) fn client(process: &Process) -> Result<Client> {
    Client::connect(&process.address)
}
