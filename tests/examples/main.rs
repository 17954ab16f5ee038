//! The worked examples of docs/api/search.md, asked of a real server.
//!
//! In: the page itself. Its last section is a table of songs, which are made, scanned and served; its
//! `console` blocks are the questions. Out: every answer that is shown is the real one, compared as JSON
//! values, and every row of the table of names holds. What differs is told with the line of the page and
//! the answer that belongs there.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

/// The examples and tables in the text of a page.
mod page;

/// `curl ... | jq ...` as a request and a filter.
mod command;

/// jq's filters over answers.
mod filter;

/// The table of songs, as files with tags.
mod library;

use std::fmt::Write as _;
use std::fs;

use command::Command;
use page::{Answer, Example, Page};
use support::{Connection, Database, Response, Server, data, serve, tell};

/// The page, from the root of the repository.
const PAGE: &str = "docs/api/search.md";

/// Where the table of songs is.
const LIBRARY: &str = "The library of the examples";

#[test]
fn every_example_of_the_page_of_searches_is_answered_as_it_shows() {
    let text = text();
    let page = Page::of(&text);
    let database = Database::sqlite();
    let songs = library::songs(&page.table_below(LIBRARY));
    library::scan(&songs, &database);
    let server = Server::run(serve(&database.url())).ready("/avalon/heartbeat?of=search");
    let mut connection = server.connect();
    let mut differences = String::new();
    let mut questions = 0;
    for example in page.examples() {
        questions += check(&example, &mut connection, &mut differences);
    }
    tell(&format!(
        "{PAGE}: {questions} questions about {} songs",
        songs.len()
    ));
    assert!(differences.is_empty(), "{differences}");
    assert!(
        questions > 100,
        "{questions} questions: does this test still read them?"
    );
}

#[test]
fn the_page_says_how_many_songs_its_table_has() {
    let text = text();
    let songs = library::songs(&Page::of(&text).table_below(LIBRARY));
    let claim = format!("The answers are of the {} songs", songs.len());
    assert!(text.contains(&claim), "{claim}");
}

fn text() -> String {
    fs::read_to_string(data("../..").join(PAGE)).unwrap()
}

/// Asks what an example asks and notes what differs; how many questions that were.
fn check(example: &Example, connection: &mut Connection, differences: &mut String) -> usize {
    let line = example.line;
    match &example.answer {
        Answer::Json(shown) => {
            let mut answered = Vec::new();
            for command in &example.commands {
                let command = Command::of(command);
                let response = ask(&command, connection);
                answered.extend(printed(&command, &response));
            }
            let answered = answered.join("\n");
            if page::stream(shown, line) != page::stream(&answered, line) {
                let commands = example.commands.join("\n");
                writeln!(differences, "{PAGE} line {line}: {commands}\n{answered}").unwrap();
            }
            example.commands.len()
        }
        Answer::Http(shown) => {
            let [command] = &example.commands[..] else {
                panic!("{PAGE} line {line}: one command has one status");
            };
            let response = ask(&Command::of(command), connection);
            if let Some(fault) = head_fault(shown, &response, line) {
                writeln!(differences, "{PAGE} line {line}: {command}\n{fault}").unwrap();
            }
            1
        }
        Answer::Rows(rows) => {
            let [pattern] = &example.commands[..] else {
                panic!("{PAGE} line {line}: one command is the pattern of the table");
            };
            for row in rows {
                let command = Command::of(&row.question(pattern, &rows[0]));
                let told = row.told(&ask(&command, connection).json());
                if told != row.expected() {
                    let (line, q, shown) = (row.line, &row.q, row.expected());
                    writeln!(
                        differences,
                        "{PAGE} line {line}: {q}\n  shown: {shown}\n  answered: {told}"
                    )
                    .unwrap();
                }
            }
            rows.len()
        }
        Answer::None => panic!("{PAGE} line {line}: no answer follows the question"),
    }
}

fn ask(command: &Command, connection: &mut Connection) -> Response {
    connection
        .request("GET", &command.target)
        .unwrap_or_else(|error| panic!("{}: {error}", command.target))
}

/// What a command prints of an answer, a text for each value.
fn printed(command: &Command, response: &Response) -> Vec<String> {
    match &command.filter {
        None => vec![response.text().to_owned()],
        Some(filter) => filter::run(filter, response.text()),
    }
}

/// What of a status, some headers and a body is not what the server answered.
fn head_fault(shown: &str, response: &Response, line: usize) -> Option<String> {
    let (head, body) = shown.split_once("\n\n").unwrap_or((shown, ""));
    let mut lines = head.lines();
    let status = hyper::StatusCode::from_u16(response.status).unwrap();
    let status = format!("HTTP/1.1 {status}");
    let mut faults = Vec::new();
    if lines.next() != Some(&status) {
        faults.push(status);
    }
    for header in lines {
        let (name, value) = header.split_once(": ").unwrap_or((header, ""));
        let answered = response.header(&name.to_ascii_lowercase());
        if answered != Some(value) {
            faults.push(format!("{name}: {answered:?}"));
        }
    }
    let answered = response.text();
    if !body.trim().is_empty() && page::stream(body, line) != page::stream(answered, line) {
        faults.push(answered.to_owned());
    }
    (!faults.is_empty()).then(|| faults.join("\n"))
}
