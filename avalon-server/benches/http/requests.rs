//! The requests that are measured, made of samples of the library.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::support::client::{Answer, Client};
use crate::support::process::Process;
use crate::support::samples::{Samples, encoded};
use crate::support::vocabulary::Random;

/// How many prefixes are asked for by turns.
const PREFIXES: usize = 10_000;

/// Candidates for a rare word.
const CANDIDATES: usize = 500;

/// For wrk: asks for each line of a file in turn.
const SCRIPT: &str = r#"
local requests, at = {}, 0
function init(arguments)
    for target in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("GET", target)
    end
end
function request()
    at = at % #requests + 1
    return requests[at]
end
"#;

/// A request by a name for the table.
pub(crate) struct Request {
    pub(crate) name: &'static str,
    pub(crate) target: String,
}

/// Requests of which each is another.
pub(crate) struct Listed {
    pub(crate) script: PathBuf,
    pub(crate) list: PathBuf,
    /// Mean of all answers, bytes.
    pub(crate) size: usize,
    /// One of the answers.
    pub(crate) example: Answer,
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

/// The beginnings of words, 1 to 6 letters, the first 20 by name.
pub(crate) fn prefixes(samples: &Samples, folder: &Path, client: &mut Client) -> Result<Listed> {
    let mut random = Random::new(7);
    let targets: Vec<String> = (0..PREFIXES)
        .map(|_| {
            let prefix = encoded(samples.prefix(&mut random, 1, 6));
            format!("/avalon/songs?query={prefix}&order=name&limit=20")
        })
        .collect();
    let (script, list) = (folder.join("listed.lua"), folder.join("prefixes"));
    fs::write(&script, SCRIPT)?;
    fs::write(&list, targets.join("\n") + "\n")?;
    let mut size = 0;
    for target in &targets {
        size += client.length(target)?;
    }
    let first = targets.first().context("a prefix")?;
    Ok(Listed {
        script,
        list,
        size: size / targets.len(),
        example: success(client, first)?,
    })
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
