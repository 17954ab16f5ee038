//! A wrong setting keeps the server from starting: exit code 2, and one line that says where.

use crate::support::{Collection, Database, Program, Server, data, scan, serve, tell};

#[test]
fn each_mistake_is_one_clear_error_and_2() {
    let folder = Collection::new();
    let mut transcript = String::from("settings that are refused:");
    for (case, file, said) in [
        (
            "unknown key",
            "STATSD_PROT = 8125\n",
            &["STATSD_PROT", "STATSD_PORT"][..],
        ),
        (
            "wrong type",
            "STATSD_PORT = \"many\"\n",
            &["STATSD_PORT", "many"],
        ),
        (
            "bad DSN",
            "SENTRY_DSN = \"https://s3cret.example\"\n",
            &["SENTRY_DSN"],
        ),
        (
            "bad REQUEST_PATH",
            "REQUEST_PATH = \"avalon/\"\n",
            &["REQUEST_PATH", "/"],
        ),
        (
            "bad LOG_FORMAT",
            "LOG_FORMAT = \"%(nonsense)s\"\n",
            &["LOG_FORMAT", "nonsense"],
        ),
        ("bad BIND", "BIND = \"here\"\n", &["BIND", "here"]),
        (
            "bad DATABASE_URL",
            "DATABASE_URL = \"mysql://u:s3cret@host/db\"\n",
            &["DATABASE_URL", "mysql"],
        ),
        (
            "the same key twice",
            "LOG_LEVEL = \"INFO\"\nlog_level = \"DEBUG\"\n",
            &["LOG_LEVEL"],
        ),
    ] {
        let name = format!("{}.toml", case.replace(' ', "-"));
        let path = folder.write(&name, file.as_bytes());
        let finished = Program::new("avalon-server")
            .env("AVALON_CONFIG", &path)
            .run()
            .expect_code(2)
            .expect_stderr(&[path.to_str().unwrap()])
            .expect_stderr(said);
        assert_eq!(
            finished.stderr.lines().count(),
            1,
            "{case}: {}",
            finished.stderr
        );
        assert_eq!(finished.stdout, "", "{case}");
        assert!(
            !finished.stderr.contains("s3cret"),
            "{case}: {}",
            finished.stderr
        );
        transcript += &format!("\n  {case}: {}", finished.stderr.trim_end());
    }
    let missing = folder.path("missing.toml");
    let program = Program::new("avalon-server").env("AVALON_CONFIG", &missing);
    let finished = program
        .run()
        .expect_code(2)
        .expect_stderr(&[missing.to_str().unwrap()]);
    transcript += &format!("\n  missing file: {}", finished.stderr.trim_end());
    tell(&transcript);
}

#[test]
fn mistakes_of_all_places_are_told_together() {
    let folder = Collection::new();
    let path = folder.write("avalon.toml", b"LOG_LEVEL = 'LOUD'\n");
    Program::new("avalon-server")
        .env("AVALON_CONFIG", &path)
        .env("AVALON_STATSD_PORT", "many")
        .args(["--bind", "here"])
        .run()
        .expect_code(2)
        .expect_stderr(&["LOG_LEVEL", "LOUD", "AVALON_STATSD_PORT", "many", "here"]);
}

#[test]
fn an_unknown_variable_is_a_warning_with_the_nearest_key() {
    let database = Database::sqlite();
    let server = serve(&database.url())
        .env("AVALON_STATSD_PROT", "1")
        .env("AVALON_PORT", "80");
    let server = Server::run(server);
    let finished = server.ready("/avalon/heartbeat").stop().expect_code(0);
    finished.expect_stderr(&[
        "[WARNING]",
        "AVALON_STATSD_PROT",
        "STATSD_PORT",
        "AVALON_PORT",
    ]);
}

#[test]
fn a_settings_file_of_the_original_is_served_by() {
    let database = Database::sqlite();
    scan(&database, &data("library")).run().expect_code(0);
    let folder = Collection::new();
    let python = format!(
        "# -*- coding: utf-8 -*-\n\nimport logging\n\nDATABASE_URL = '{}'\nLOG_LEVEL = logging.DEBUG\n\
         REQUEST_PATH = '/music'\nSENTRY_DSN = None\nLOGGER_NAME = 'avalon'\n",
        database.url()
    );
    let path = folder.write("settings.py", python.as_bytes());
    let program = Program::new("avalon-server")
        .env("AVALON_CONFIG", &path)
        .env("AVALON_BIND", "127.0.0.1:0");
    let server = Server::run(program).ready("/music/heartbeat");
    assert_eq!(server.get("/music/songs").names().len(), 22);
    assert_eq!(server.get("/avalon/songs").status, 404);
}

#[test]
fn the_request_path_may_be_the_root() {
    let database = Database::sqlite();
    let server = serve(&database.url()).env("AVALON_REQUEST_PATH", "/");
    let server = Server::run(server).ready("/heartbeat");
    assert_eq!(server.get("/songs").names(), Vec::<String>::new());
    assert_eq!(server.get("/avalon/songs").status, 404);
}
