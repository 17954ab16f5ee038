//! What the server reports while it serves: times to statsd, panics to Sentry.

use crate::support::{Database, SentryEndpoint, Server, StatsdListener, data, scan, serve};

#[test]
fn each_list_endpoint_sends_its_timer() {
    let database = library();
    let statsd = StatsdListener::start();
    let server = serve(&database.url())
        .env("AVALON_STATSD_HOST", "127.0.0.1")
        .env("AVALON_STATSD_PORT", statsd.port().to_string())
        .env("AVALON_STATSD_PREFIX", "test.avalon");
    let server = Server::run(server).ready("/avalon/heartbeat");
    let endpoints = ["albums", "artists", "genres", "songs"];
    for endpoint in endpoints {
        assert_eq!(
            server.get(&format!("/avalon/{endpoint}?limit=1")).status,
            200
        );
    }
    let name = |metric: &str| metric.split(':').next().unwrap().to_owned();
    let metrics = statsd.receive_until(|metrics| metrics.len() >= endpoints.len());
    let mut names: Vec<String> = metrics.iter().map(|metric| name(metric)).collect();
    names.sort();
    assert_eq!(
        names,
        endpoints.map(|endpoint| format!("test.avalon.request.{endpoint}"))
    );
    for metric in &metrics {
        let value = metric
            .split_once(':')
            .and_then(|(_, value)| value.strip_suffix("|ms"));
        let milliseconds: f64 = value
            .unwrap_or_default()
            .parse()
            .unwrap_or_else(|_| panic!("{metric}"));
        assert!((0.0..60_000.0).contains(&milliseconds), "{metric}");
    }
}

#[test]
fn nobody_listening_for_metrics_disturbs_nothing() {
    let unused = std::net::UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let database = library();
    let server = serve(&database.url()).env("AVALON_STATSD_HOST", "127.0.0.1");
    let server = Server::run(server.env("AVALON_STATSD_PORT", unused.to_string()))
        .ready("/avalon/heartbeat");
    for _ in 0..20 {
        assert_eq!(server.get("/avalon/songs?limit=1").status, 200);
    }
    let finished = server.stop().expect_code(0);
    assert!(
        !finished.stderr.contains("[WARNING]"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_panic_is_a_500_for_the_client_and_an_event_for_sentry() {
    let database = library();
    let sentry = SentryEndpoint::start();
    let server = serve(&database.url())
        .env("AVALON_SENTRY_DSN", sentry.dsn())
        .args(["--panic-on", "/avalon/artists"]);
    let server = Server::run(server).ready("/avalon/heartbeat");
    let mut connection = server.connect();
    let answer = connection.request("GET", "/avalon/artists").unwrap();
    assert_eq!(answer.status, 500);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert!(body["success"].is_null(), "{body}");
    assert_eq!(body["errors"][0]["code"], 1);
    assert_eq!(
        body["errors"][0]["message_key"],
        "avalon.service.error.unknown"
    );
    assert_eq!(body["errors"][0]["payload"], serde_json::json!({}));
    // The connection and the server go on.
    assert_eq!(
        connection
            .request("GET", "/avalon/songs")
            .unwrap()
            .results()
            .len(),
        22
    );

    let event = sentry.event();
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["type"], "panic", "{event}");
    assert!(
        event["release"]
            .as_str()
            .is_some_and(|release| release.contains(env!("CARGO_PKG_VERSION"))),
        "{event}"
    );
    let finished = server.stop().expect_code(0);
    assert!(
        !finished.stderr.contains(&sentry.dsn()),
        "{}",
        finished.stderr
    );
}

#[test]
fn what_keeps_it_from_serving_is_an_event_for_sentry() {
    let sentry = SentryEndpoint::start();
    serve("sqlite:////nowhere/at/all.sqlite")
        .env("AVALON_SENTRY_DSN", sentry.dsn())
        .run()
        .expect_code(1);
    let event = sentry.event().to_string();
    assert!(event.contains("there is no folder /nowhere/at"), "{event}");
}

/// A database with the library of `tests/data`.
fn library() -> Database {
    let database = Database::sqlite();
    scan(&database, &data("library")).run().expect_code(0);
    database
}
