//! Clients that ask one request after the other and check every answer by its content.
//!
//! In: the addresses of the servers. Out: for every answer when it came and how long it took, and what was
//! wrong: requests that failed, answers that mix generations, answers whose header names another
//! generation than their content, and connections that were told an older generation after a newer one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail, ensure};
use avalon_core::ids::ArtistId;
use serde_json::Value;

use crate::marker::{ARTIST, TRACKS, WORD, generation_in};
use crate::support::client::{Answer, Client};
use crate::support::samples::encoded;

/// Wrong answers that are told in full.
const TOLD: usize = 10;

/// A kind of request, and how many results its answer has.
struct Kind {
    target: String,
    /// `None` where the content says nothing of the generation.
    results: Option<usize>,
}

/// What one answer showed.
pub(crate) struct Seen {
    /// Seconds since the start.
    pub(crate) at: f64,
    pub(crate) seconds: f64,
}

/// Counts of what must not be.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    pub(crate) failed: AtomicI64,
    pub(crate) mixed: AtomicI64,
    pub(crate) misnamed: AtomicI64,
    pub(crate) backwards: AtomicI64,
    told: Mutex<Vec<String>>,
}

/// What clients of all servers share.
pub(crate) struct Shared {
    pub(crate) started: Instant,
    /// The same, seconds since 1970.
    pub(crate) started_at: f64,
    /// How long a client rests after an answer.
    pause: Duration,
    pub(crate) stop: AtomicBool,
    pub(crate) wrong: Wrong,
    /// Answers without `Avalon-Generation`.
    pub(crate) unnamed: AtomicI64,
}

/// The newest generation that a server has answered with.
pub(crate) type Newest = AtomicI64;

/// Why an answer is no good.
enum Fault {
    Failed(anyhow::Error),
    Mixed(String),
    Misnamed(String),
}

/// How many kinds there are.
pub(crate) const KINDS: usize = 6;

fn kind(number: usize) -> Kind {
    let artist_id = ArtistId::of(ARTIST).0;
    let (target, results) = match number % KINDS {
        0 => (
            format!("songs?artist_id={artist_id}"),
            Some(TRACKS as usize),
        ),
        1 => (format!("songs?query={WORD}&order=name&limit=20"), Some(20)),
        2 => (format!("albums?query={WORD}"), Some(1)),
        3 => (
            format!(
                "songs?query={WORD}&artist={}&order=length&direction=desc&limit=100",
                encoded(ARTIST)
            ),
            Some(TRACKS as usize),
        ),
        4 => ("songs?query=a&limit=20".to_owned(), None),
        _ => ("heartbeat".to_owned(), None),
    };
    Kind {
        target: format!("/avalon/{target}"),
        results,
    }
}

impl Shared {
    pub(crate) fn new(pause: Duration) -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            started: Instant::now(),
            started_at: since_1970.unwrap_or_default().as_secs_f64(),
            pause,
            stop: AtomicBool::new(false),
            wrong: Wrong::default(),
            unnamed: AtomicI64::new(0),
        }
    }

    fn note(&self, count: &AtomicI64, what: String) {
        count.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut told) = self.wrong.told.lock()
            && told.len() < TOLD
        {
            told.push(what);
        }
    }

    /// Whether no answer was wrong.
    pub(crate) fn is_clean(&self) -> bool {
        let Wrong {
            failed,
            mixed,
            misnamed,
            backwards,
            told: _,
        } = &self.wrong;
        let counts = [failed, mixed, misnamed, backwards];
        counts
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// The first wrong answers.
    pub(crate) fn told(&self) -> Vec<String> {
        self.wrong
            .told
            .lock()
            .map(|told| told.clone())
            .unwrap_or_default()
    }
}

/// Asks for one kind until it shall stop.
pub(crate) fn ask(address: &str, number: usize, shared: &Shared, newest: &Newest) -> Vec<Seen> {
    let kind = kind(number);
    let mut seen = Vec::new();
    let mut client = None;
    let mut last = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        let sent = Instant::now();
        match answer(&mut client, address, &kind) {
            Ok((generation, is_named)) => {
                seen.push(Seen {
                    at: (sent - shared.started).as_secs_f64(),
                    seconds: sent.elapsed().as_secs_f64(),
                });
                if !is_named {
                    shared.unnamed.fetch_add(1, Ordering::Relaxed);
                }
                if let Some(generation) = generation {
                    newest.fetch_max(generation, Ordering::Relaxed);
                    if generation < last {
                        let what = format!("{}: {generation} after {last}", kind.target);
                        shared.note(&shared.wrong.backwards, what);
                    }
                    last = generation;
                }
            }
            Err(Fault::Failed(error)) => {
                // The next one begins anew.
                client = None;
                shared.note(&shared.wrong.failed, format!("{}: {error:#}", kind.target));
            }
            Err(Fault::Mixed(what)) => shared.note(&shared.wrong.mixed, what),
            Err(Fault::Misnamed(what)) => shared.note(&shared.wrong.misnamed, what),
        }
        if !shared.pause.is_zero() {
            thread::sleep(shared.pause);
        }
    }
    seen
}

/// The generation of an answer, where it tells, and whether its header says so.
fn answer(
    client: &mut Option<Client>,
    address: &str,
    kind: &Kind,
) -> Result<(Option<i64>, bool), Fault> {
    let (answer, named) = get(client, address, &kind.target).map_err(Fault::Failed)?;
    let Some(wanted) = kind.results else {
        return Ok((named, named.is_some()));
    };
    let generations = generations(&answer.body).map_err(Fault::Failed)?;
    let shown = || format!("{}: {}", kind.target, String::from_utf8_lossy(&answer.body));
    let of_content = match generations.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
        _ => return Err(Fault::Mixed(shown())),
    };
    let results = results(&answer.body).map_err(Fault::Failed)?;
    if results != wanted {
        return Err(Fault::Mixed(format!("{results} results: {}", shown())));
    }
    match named {
        Some(named) if named != of_content => Err(Fault::Misnamed(format!(
            "Avalon-Generation {named} with {of_content}: {}",
            kind.target
        ))),
        _ => Ok((Some(of_content), named.is_some())),
    }
}

fn get(client: &mut Option<Client>, address: &str, target: &str) -> Result<(Answer, Option<i64>)> {
    let connected = match client.take() {
        Some(connected) => client.insert(connected),
        None => client.insert(Client::connect(address)?),
    };
    let answer = connected.get(target)?;
    ensure!(answer.status == 200, "status {}", answer.status);
    if target.ends_with("heartbeat") {
        ensure!(
            answer.body == b"OKOKOK",
            "the heartbeat is {:?}",
            answer.body
        );
    }
    let named = answer.header("avalon-generation");
    let named = named.map(str::parse).transpose()?;
    Ok((answer, named))
}

fn success(body: &[u8]) -> Result<Vec<Value>> {
    let mut json: Value = serde_json::from_slice(body)?;
    match json["success"].take() {
        Value::Array(results) => Ok(results),
        other => bail!("success is {other}"),
    }
}

fn results(body: &[u8]) -> Result<usize> {
    Ok(success(body)?.len())
}

/// The numbers in all names and names of albums.
fn generations(body: &[u8]) -> Result<Vec<i64>> {
    let mut all = Vec::new();
    for result in success(body)? {
        for field in ["name", "album"] {
            if let Some(name) = result[field].as_str() {
                all.extend(generation_in(name));
            }
        }
    }
    Ok(all)
}
