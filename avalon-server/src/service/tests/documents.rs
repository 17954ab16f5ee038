//! The documents about the API say what the service does.

use std::collections::BTreeSet;

use super::schema::{faults, resolved};
use super::*;

/// The id of the song of [`described`].
const ID: Uuid = Uuid::from_u128(0x0102);

/// A service that answers searches too.
pub(super) fn searching(request_path: &str) -> Service {
    let service = loading(request_path);
    let app = library();
    app.build_search(&[]).unwrap();
    service.publish(app);
    service
}

/// What a path needs to be said to be answered.
fn needed(path: &str) -> &'static str {
    match path {
        "/search" | "/suggest" => "q=live&",
        _ => "",
    }
}

pub(super) fn described(service: &Service) -> Value {
    let answer = ask(service, "GET", "/avalon/openapi.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
    answer.json()
}

/// The operations of the description, by their paths.
pub(super) fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, item)| (path.as_str(), &item["get"]))
        .collect()
}

/// The parameters that can be sent in a query string: names with what they must match.
pub(super) fn parameters(operation: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    for parameter in operation["parameters"].as_array().unwrap() {
        let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
        match (parameter["in"].as_str(), schema["properties"].as_object()) {
            (Some("query"), None) => found.push((name, schema)),
            (Some("query"), Some(members)) => {
                let rules = schema["allOf"].as_array().unwrap();
                for (name, loose) in members {
                    let mut told = rules.iter().map(|rule| &rule["then"]["properties"][name]);
                    let told = told.find(|told| told.is_object());
                    found.push((name, told.unwrap_or(loose)));
                }
            }
            _ => assert_eq!(parameter["in"], "path"),
        }
    }
    found
}

#[test]
fn every_route_is_described_and_every_description_is_of_a_route() {
    let service = searching("/avalon");
    let document = described(&service);
    let told: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(path, _)| path.to_owned())
        .collect();
    let routes = Endpoint::ALL.map(|endpoint| format!("/{}", endpoint.path()));
    assert_eq!(
        told,
        BTreeSet::from(routes),
        "left: openapi.json, right: the router"
    );
    for (path, operation) in operations(&document) {
        let path = path.replace("{id}", &ID.to_string());
        let target = format!("/avalon{path}?{}", needed(&path));
        let answer = ask(&service, "GET", &target);
        let as_told = &operation["responses"][answer.status.to_string()];
        assert!(as_told.is_object(), "{target} is {}", answer.status);
        assert_eq!(
            answer.status,
            if path.contains(&ID.to_string()) {
                404
            } else {
                200
            },
            "{target}"
        );
    }
    let page = ask(&service, "GET", "/avalon/docs").body;
    for endpoint in Endpoint::ALL {
        let heading = format!("<p><code>GET /avalon/{}</code></p>", endpoint.path());
        assert!(page.contains(&heading), "{heading}");
    }
}

#[test]
fn names_are_unique_and_references_lead_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref"));
                members
                    .values()
                    .for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = described(&searching("/avalon"));
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{found:?}");
    for reference in found {
        resolved(reference, &document);
    }
    let mut ids = BTreeSet::new();
    let tags: Vec<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    for (path, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].to_string()), "{path}");
        assert!(tags.contains(&&operation["tags"][0]), "{path}");
        let names: Vec<&str> = parameters(operation)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{path}: {names:?}");
    }
}

#[test]
fn parameters_are_taken_and_refused_as_the_description_says() {
    let service = searching("/avalon");
    let document = described(&service);
    let id = ID.to_string();
    let mut tried = 0;
    for (path, operation) in operations(&document) {
        for (name, schema) in parameters(operation) {
            // Those that only count beside another are tried beside it.
            let beside = match name {
                "offset" => "limit=1&",
                "direction" => "order=name&",
                _ => "",
            };
            let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
            let (good, bad): (Vec<String>, &[&str]) = if schema["minimum"].is_number() {
                let good = texts(&["0", "7", "%2B5", "1_0", "+5", "-0", "99999999999999999999"]);
                match schema["maximum"].as_u64() {
                    None => (good, &["-1", "1.5", "x", "", "1__0", "+-+5"]),
                    Some(most) => (
                        texts(&["0", &most.to_string()]),
                        &["-1", "1.5", "x", "", "10001"],
                    ),
                }
            } else if schema["format"] == "uuid" {
                (vec![id.clone()], &["", "x", "0"])
            } else if let Some(values) = schema["enum"].as_array() {
                let values = values
                    .iter()
                    .map(|value| value.as_str().unwrap().to_owned());
                (values.collect(), &["", "x", "ID", "count"])
            } else if schema["pattern"].is_string() {
                tried_for(name)
            } else {
                (texts(&["", "x", "-1"]), &[])
            };
            let status = |value: &str| {
                ask(
                    &service,
                    "GET",
                    &format!("/avalon{path}?{name}={value}&{beside}{}", needed(path)),
                )
                .status
            };
            for value in good {
                assert_eq!(status(&value), 200, "{path} {name}={value}");
                tried += 1;
            }
            for value in bad {
                assert_eq!(status(value), 400, "{path} {name}={value}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
    for endpoint in ["songs", "albums", "artists", "genres"] {
        let target = format!("/avalon/{endpoint}?offset=-1&direction=up&other=1");
        assert_eq!(ask(&service, "GET", &target).status, 200, "{target}");
    }
}

/// What matches the pattern of a parameter of searches, and what does not.
fn tried_for(name: &str) -> (Vec<String>, &'static [&'static str]) {
    let long = "a".repeat(256);
    let many = "a+".repeat(16);
    let (good, bad): (&[&str], &[&str]) = match name {
        "q" => (&["", "a", "-", "%22", &long, &many], &[]),
        "types" => (
            &["songs", "artists,%20albums", "genres,genres"],
            &["", "1", "songs,", "Songs"],
        ),
        "facets" => (&["", "0", "all", "decade,genre"], &["2", "none", "genre,"]),
        "fields" => (&["", "path", "disc,added,name"], &["1", "files", "disc,"]),
        "year" => (
            &["1990", "7", "1990..", "..1999", "1990..1990", "1989..1990"],
            &["", "x", "..", "19900", "1990..1989"],
        ),
        "decade" => (&["1990", "1990s", "0"], &["", "1991", "s", "19900"]),
        other => panic!("what is {other}?"),
    };
    (good.iter().map(|&text| text.to_owned()).collect(), bad)
}

#[test]
fn answers_are_what_the_description_says() {
    let service = searching("/avalon");
    let document = described(&service);
    let song = ask(&service, "GET", "/avalon/songs").json()["success"][0]["id"].clone();
    let song = format!("/avalon/songs/{}", song.as_str().unwrap());
    let mut seen = BTreeSet::new();
    for (method, path, target) in [
        ("GET", "/songs", "/avalon/songs"),
        ("GET", "/songs", "/avalon/songs?query=nothing"),
        ("GET", "/albums", "/avalon/albums"),
        ("GET", "/artists", "/avalon/artists"),
        ("GET", "/genres", "/avalon/genres"),
        ("GET", "/songs/{id}", song.as_str()),
        (
            "GET",
            "/songs/{id}",
            "/avalon/songs/00000000000000000000000000000000",
        ),
        ("GET", "/heartbeat", "/avalon/heartbeat"),
        ("GET", "/version", "/avalon/version"),
        ("GET", "/openapi.json", "/avalon/openapi.json"),
        ("GET", "/docs", "/avalon/docs"),
        ("GET", "/songs", "/avalon/songs?order=bogus"),
        ("GET", "/songs", "/avalon/songs?limit=ten"),
        ("GET", "/songs", "/avalon/songs?album_id=1"),
        ("GET", "/songs", "/avalon/songs?limit=-1"),
        (
            "GET",
            "/songs",
            "/avalon/songs?limit=1&offset=-99999999999999999999",
        ),
        ("GET", "/songs", "/avalon/songs?order=id&direction=up"),
        ("POST", "/songs", "/avalon/songs"),
        ("GET", "/search", "/avalon/search?q=live"),
        (
            "GET",
            "/search",
            "/avalon/search?q=liev&explain=1&highlight=1&facets=all",
        ),
        (
            "GET",
            "/search",
            "/avalon/search?q=live+bjork&explain=1&highlight=1&facets=all&fields=disc,artists,path",
        ),
        ("GET", "/search", "/avalon/search?q=nothing+like+it"),
        ("GET", "/suggest", "/avalon/suggest?q=li"),
        ("GET", "/suggest", "/avalon/suggest?q=liev"),
        ("GET", "/search", "/avalon/search"),
        ("GET", "/search", "/avalon/search?q=a&types=songs,x"),
        ("GET", "/search", "/avalon/search?q=a&year=1990..x"),
        ("GET", "/search", "/avalon/search?q=a&year=1990..1989"),
        ("GET", "/search", "/avalon/search?q=a+%22&strict=1"),
        (
            "GET",
            "/search",
            "/avalon/search?q=a&limit=99999999999999999999",
        ),
        (
            "GET",
            "/songs",
            &format!("/avalon/songs?{}", "a".repeat(60_000)),
        ),
    ] {
        seen.insert(check(
            &document,
            path,
            &ask(&service, method, target),
            target,
        ));
    }
    for (path, target) in [
        ("/songs", "/avalon/songs"),
        ("/search", "/avalon/search?q=a"),
        ("/heartbeat", "/avalon/heartbeat"),
    ] {
        seen.insert(check(
            &document,
            path,
            &ask(&loading("/avalon"), "GET", target),
            target,
        ));
    }
    let panicking = searching("/avalon").panicking_on(Some("/avalon/songs".to_owned()));
    seen.insert(check(
        &document,
        "/songs",
        &ask(&panicking, "GET", "/avalon/songs"),
        "panic",
    ));
    for target in [
        "/avalon/songs",
        "/avalon/search?q=live",
        &song,
        "/avalon/openapi.json",
        "/avalon/docs",
    ] {
        let path = target.strip_prefix("/avalon").unwrap();
        let path = path.split('?').next().unwrap();
        let path = if target == song { "/songs/{id}" } else { path };
        let answer = ask_unless(&service, "GET", target, Some("*"));
        seen.insert(check(&document, path, &answer, target));
    }
    assert!(
        seen.into_iter()
            .eq([200, 304, 400, 404, 405, 414, 500, 503])
    );
}

/// Checks headers and body of an answer by what is told of its status, which is given.
fn check(document: &Value, path: &str, answer: &Answer, target: &str) -> u16 {
    let told = &document["paths"][path]["get"]["responses"][answer.status.to_string()];
    let told = match told.get("$ref") {
        Some(reference) => resolved(reference, document),
        None => told,
    };
    assert!(
        told.is_object(),
        "{target:.80}: {} is not told of",
        answer.status
    );
    for (name, header) in told["headers"].as_object().unwrap() {
        let header = resolved(&header["$ref"], document);
        let value = answer
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("{target:.80}: no {name}"));
        let value = value.to_str().unwrap();
        let value = match header["schema"]["type"].as_str() {
            Some("integer") => value.parse::<u64>().unwrap().into(),
            _ => Value::from(value),
        };
        assert_eq!(
            faults(&value, &header["schema"], document),
            [""; 0],
            "{target:.80} {name}"
        );
    }
    let Some(content) = told["content"].as_object() else {
        assert_eq!(
            (answer.body.as_str(), answer.header(CONTENT_TYPE)),
            ("", None),
            "{target:.80}"
        );
        return answer.status;
    };
    let (media_type, content) = content.iter().next().unwrap();
    let said = answer.header(CONTENT_TYPE).unwrap();
    assert_eq!(
        said.split(';').next(),
        Some(media_type.as_str()),
        "{target:.80}"
    );
    let body = match media_type.as_str() {
        "application/json" => answer.json(),
        _ => Value::from(answer.body.as_str()),
    };
    if path != "/openapi.json" {
        assert_eq!(
            faults(&body, &content["schema"], document),
            [""; 0],
            "{target:.80}"
        );
    }
    answer.status
}

#[test]
fn examples_are_what_their_schemas_say() {
    let document = described(&searching("/avalon"));
    let mut seen = 0;
    for (path, operation) in operations(&document) {
        for (media_type, content) in operation["responses"]["200"]["content"]
            .as_object()
            .unwrap()
        {
            if let Some(example) = content.get("example") {
                assert_eq!(
                    faults(example, &content["schema"], &document),
                    [""; 0],
                    "{path} {media_type}"
                );
                seen += 1;
            }
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        let content = &response["content"]["application/json"];
        for (example, told) in content["examples"].as_object().into_iter().flatten() {
            assert_eq!(
                faults(&told["value"], &content["schema"], &document),
                [""; 0],
                "{name} {example}"
            );
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_description_names_itself_and_where_it_is() {
    for (request_path, target, url) in [
        ("/avalon", "/avalon/openapi.json", "/avalon"),
        ("/", "/openapi.json", "/"),
        (
            "/a/ü x{}",
            "/a/%C3%BC%20x%7B%7D/openapi.json",
            "/a/%C3%BC%20x%7B%7D",
        ),
    ] {
        let document = ask(&serving(request_path), "GET", target).json();
        assert_eq!(document["openapi"], "3.1.1");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(
            document["servers"],
            json!([{ "url": url }]),
            "{request_path}"
        );
    }
}
