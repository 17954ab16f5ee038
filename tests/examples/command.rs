use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Where the page says that the server listens.
const SERVER: &str = "http://localhost:8000";

/// What a command of the page does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The request target.
    pub(crate) target: String,
    /// What jq makes of the body.
    pub(crate) filter: Option<String>,
}

impl Command {
    /// Reads `curl [-i] [-G] URL [-d DATA] [--data-urlencode NAME=TEXT] [| jq [-c] FILTER]`; what else there
    /// is fails the test.
    pub(crate) fn of(command: &str) -> Self {
        let words = words(command);
        let mut pipeline = words.split(|word| word == "|");
        let curl = pipeline.next().expect("split yields at least one");
        let filter = match pipeline.next() {
            None => None,
            Some(jq) => {
                let (filter, options) = jq[1..].split_last().expect("jq has a filter");
                assert!(jq[0] == "jq" && pipeline.next().is_none(), "{command}");
                assert!(options.iter().all(|option| option == "-c"), "{command}");
                Some(filter.clone())
            }
        };
        Self {
            target: target(curl),
            filter,
        }
    }
}

/// The target that curl asks for.
fn target(curl: &[String]) -> String {
    let mut words = curl.iter().map(String::as_str);
    assert_eq!(words.next(), Some("curl"), "{curl:?}");
    let mut data = Vec::new();
    let mut urls = Vec::new();
    let mut get = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("the option has a value");
        match word {
            "-G" => get = true,
            "-i" => {}
            "-d" => data.push(value().to_owned()),
            "--data-urlencode" => {
                let (name, text) = value().split_once('=').expect("a name and a text");
                let text = utf8_percent_encode(text, NON_ALPHANUMERIC);
                data.push(format!("{name}={text}"));
            }
            url => urls.push(url.strip_prefix(SERVER).expect("a URL of the server")),
        }
    }
    let [url] = urls[..] else {
        panic!("{curl:?} has {} URLs", urls.len());
    };
    assert_eq!(get, !data.is_empty(), "{curl:?}: data of a GET has -G");
    assert!(
        url.is_ascii() && !url.contains(' '),
        "{url} is no URL for curl"
    );
    match get {
        true => format!("{url}?{}", data.join("&")),
        false => url.to_owned(),
    }
}

/// The words of a shell's line: parted by spaces; `'...'` and what is behind a backslash as it is.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            '\\' if !is_quoted => word.get_or_insert_default().extend(characters.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!is_quoted, "{line}: a quote is not closed");
    words.extend(word);
    words
}

#[test]
fn commands_are_read_as_a_shell_and_curl_do() {
    let command = Command::of(
        "curl -G 'http://localhost:8000/avalon/search' --data-urlencode 'q=a b|c'\\'' d' -d types=songs | jq -c '.a | .b, \"|\"'",
    );
    assert_eq!(
        command,
        Command {
            target: "/avalon/search?q=a%20b%7Cc%27%20d&types=songs".to_owned(),
            filter: Some(".a | .b, \"|\"".to_owned()),
        }
    );
    let command = Command::of("curl -i 'http://localhost:8000/avalon/search?q=a'");
    assert_eq!(command.target, "/avalon/search?q=a");
    assert_eq!(command.filter, None);
}
