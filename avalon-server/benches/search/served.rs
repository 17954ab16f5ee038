//! What the server answers: `/avalon/search`, and the `query` of lists.
//!
//! In: the address of a server on the songs, then searches. Out: names, and for whoever tunes the whole
//! results.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::engines::{Engine, Reply};
use crate::judge::LOOKED_AT;
use crate::queries::List;
use crate::support::client::Client;
use crate::support::samples::encoded;

/// How long the server may take until it can search.
const PATIENCE: Duration = Duration::from_secs(600);

/// `/avalon/search`.
pub(crate) struct Ours(Client);

/// `/avalon/<list>?query=`.
pub(crate) struct Lists(Client);

impl Ours {
    /// Waits until the server can search; `None` where it does not know how to.
    pub(crate) fn when_ready(address: &str) -> Result<Option<Self>> {
        let mut client = Client::connect(address)?;
        let started = Instant::now();
        loop {
            match client.get("/avalon/search?q=a")?.status {
                200 => return Ok(Some(Self(client))),
                404 => return Ok(None),
                503 => ensure!(started.elapsed() < PATIENCE, "search does not get ready"),
                status => bail!("/avalon/search?q=a answers {status}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The whole answer, with the reasons for each result if asked for.
    pub(crate) fn answer(&mut self, q: &str, explain: bool) -> Result<Value> {
        let explain = if explain { "&explain=1" } else { "" };
        success(
            &mut self.0,
            &format!(
                "/avalon/search?q={}&types=artists,albums,songs&limit={LOOKED_AT}{explain}",
                encoded(q)
            ),
        )
    }
}

impl Engine for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn ask(&mut self, q: &str, list: List) -> Result<Reply> {
        let answer = self.answer(q, false)?;
        let of_list = &answer[list.name()];
        let corrected = [&answer["corrected"], &of_list["corrected"]];
        Ok(Reply {
            names: names(&of_list["results"]).with_context(|| q.to_owned())?,
            is_corrected: corrected.into_iter().any(Value::is_string),
        })
    }
}

impl Lists {
    pub(crate) fn connect(address: &str) -> Result<Self> {
        Ok(Self(Client::connect(address)?))
    }
}

impl Engine for Lists {
    fn name(&self) -> &'static str {
        "v1 query"
    }

    fn ask(&mut self, q: &str, list: List) -> Result<Reply> {
        let (list, q) = (list.name(), encoded(q));
        let target = format!("/avalon/{list}?query={q}&limit={LOOKED_AT}");
        Ok(Reply {
            names: names(&success(&mut self.0, &target)?).context(target)?,
            is_corrected: false,
        })
    }
}

fn success(client: &mut Client, target: &str) -> Result<Value> {
    let answer = client.get(target)?;
    let body = String::from_utf8_lossy(&answer.body);
    ensure!(
        answer.status == 200,
        "{target} answers {}: {body}",
        answer.status
    );
    let mut envelope: Value = serde_json::from_str(&body)?;
    Ok(envelope["success"].take())
}

fn names(results: &Value) -> Option<Vec<String>> {
    let results = results.as_array()?.iter();
    let name = |result: &Value| result["name"].as_str().map(str::to_owned);
    results.map(name).collect()
}
