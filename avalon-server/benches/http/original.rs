//! The same requests as were once measured of the original, and how much faster they are.
//!
//! The original's figures are of avalonms 0.6.0 under gunicorn with three workers, on 100,000 made-up
//! tracks of another generator, by `wrk -t1 -c8`, on two cores of the same kind of machine. Answers of
//! comparable requests are of comparable size; both sizes are told.

use anyhow::{Result, bail};

use crate::requests::{client, success};
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::samples::{Samples, encoded};
use crate::support::table::Table;
use crate::support::vocabulary::Random;
use crate::support::wrk::{Load, Targets};

/// Connections that the original was loaded by.
const CONNECTIONS: usize = 8;

/// Words that are tried, to find one that stands in some names.
const CANDIDATES: usize = 2_000;

/// A request, and the original's bytes and requests per second.
struct Request {
    name: &'static str,
    target: String,
    bytes: usize,
    per_second: f64,
}

/// Prints how many times more requests per second ours answers.
pub(crate) fn bench(
    server: &Server,
    samples: &Samples,
    rounds: usize,
    seconds: usize,
) -> Result<()> {
    let mut client = client(&server.process)?;
    let load = Load {
        seconds,
        connections: CONNECTIONS,
    };
    let columns = [
        "request",
        "bytes",
        "original's bytes",
        "req/s",
        "original's req/s",
        "factor",
    ];
    let table = Table::start(&columns);
    for request in requests(samples, &mut client)? {
        let size = success(&mut client, &request.target)?.body.len();
        let targets = Targets::One(&request.target);
        let ours = load.repeat(rounds, &server.process, &targets)?;
        table.row(&[
            request.name.to_owned(),
            size.to_string(),
            request.bytes.to_string(),
            format!("{:.0}", ours.requests_per_second),
            format!("{:.1}", request.per_second),
            format!("{:.1}", ours.requests_per_second / request.per_second),
        ]);
    }
    Ok(())
}

fn requests(samples: &Samples, client: &mut Client) -> Result<Vec<Request>> {
    let forty = samples.track_of_artist_with_about(40).artist_id();
    let some = word_of_some(samples, client)?;
    let request = |name, target: String, bytes, per_second| Request {
        name,
        target: format!("/avalon/{target}"),
        bytes,
        per_second,
    };
    let same =
        |name: &'static str, bytes, per_second| request(name, name.to_owned(), bytes, per_second);
    Ok(vec![
        same("heartbeat", 6, 10_337.21),
        request(
            "songs?artist_id=... (about 40 tracks)",
            format!("songs?artist_id={forty}"),
            13_601,
            3_292.71,
        ),
        same("songs?query=the", 11_168_428, 4.96),
        request(
            "songs?query=<20 or more>&limit=20",
            format!("songs?query={some}&limit=20"),
            7_019,
            4_005.02,
        ),
        same("songs?limit=50&order=name", 15_965, 33.94),
        same("songs", 33_792_439, 1.00),
        same("albums?query=a", 84_829, 462.26),
        same("artists", 164_005, 318.66),
        same("songs?query=love&order=name&limit=20", 6_430, 275.44),
    ])
}

/// A word that stands in the names of 20 to 200 songs.
fn word_of_some(samples: &Samples, client: &mut Client) -> Result<String> {
    let mut random = Random::new(3);
    for _ in 0..CANDIDATES {
        let word = encoded(samples.word(&mut random));
        let answer = success(client, &format!("/avalon/songs?query={word}&limit=201"))?;
        let json: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let songs = json["success"].as_array().map_or(0, Vec::len);
        if (20..=200).contains(&songs) {
            return Ok(word);
        }
    }
    bail!("no word that stands in some names")
}
