//! Logging, metrics and reports in a process of their own, since a process has one log, one panic
//! hook and one environment. Each test runs this very program again as a child with settings in its
//! variables, and listens at the other end.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use avalon_core::settings::{self, Overrides};
use avalon_core::telemetry::metrics::{Metric, Metrics};
use avalon_core::telemetry::{logging, reporting};

/// Longer than anything here takes, so that a test that fails also ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the child does: a program of ours in small, with a thread that panics and an error that is
/// handled.
#[test]
#[ignore = "the other tests run it as a child"]
fn child() {
    let settings = settings::load(&Overrides::default()).unwrap().settings;
    logging::start(&settings).unwrap();
    let reporting = reporting::start(&settings, reporting::RELEASE);
    let metrics = Metrics::start(&settings);
    // As one of ours: this program's own name is not that of a crate of ours.
    log::info!(target: "avalon_core", "the child runs");
    let worker = thread::Builder::new().name("worker".to_owned());
    let worker = worker.spawn(|| panic!("no such luck")).unwrap();
    assert!(worker.join().is_err());
    let error = std::io::Error::other("the disk is gone");
    reporting::report(&error);
    metrics.time(Metric::Songs, Duration::from_micros(1500));
    // In a debug build the names of a stack take longer than the end of a program waits, so whoever
    // wants to see the report of the panic closes our input only when it has come.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(metrics);
    drop(reporting);
}

/// Starts the child with no other settings than these.
fn start_child(variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    command
        .env_clear()
        .env("AVALON_DATABASE_URL", "sqlite:///none");
    command.envs(variables.iter().copied());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs the child to its end.
fn run_child(variables: &[(&str, &str)]) -> Output {
    // This closes its input.
    start_child(variables).wait_with_output().unwrap()
}

/// A Sentry that takes everything: the bodies of its requests.
fn fake_sentry() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://key@{}/1", listener.local_addr().unwrap());
    let (sender, bodies) = channel();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || answer(&connection, &sender));
        }
    });
    (dsn, bodies)
}

/// Answers every request of a connection.
fn answer(connection: &TcpStream, bodies: &Sender<String>) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).ok()? > 0 && line.trim() != "" {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        bodies
            .send(String::from_utf8_lossy(&body).into_owned())
            .ok()?;
        (&*connection)
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            .ok()?;
    }
}

#[test]
fn a_panic_and_an_error_arrive_at_sentry_and_the_panic_in_the_log() {
    let (dsn, bodies) = fake_sentry();
    let child = start_child(&[
        ("AVALON_SENTRY_DSN", &dsn),
        ("AVALON_DATABASE_URL", "postgresql://u:secret@h/db"),
        (
            "AVALON_LOG_FORMAT",
            "%(levelname)s %(name)s %(threadName)s %(message)s",
        ),
        ("AVALON_STATSD_HOST", ""),
    ]);
    let sent = [(), ()].map(|()| bodies.recv_timeout(PATIENCE).unwrap());
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let event = |text: &str| sent.iter().find(|event| event.contains(text)).unwrap();
    let panic = event("no such luck");
    assert!(panic.contains("\"level\":\"fatal\""), "{panic}");
    // The stack has names.
    assert!(panic.contains("telemetry::child"), "{panic}");
    let release = format!("\"release\":\"{}\"", reporting::RELEASE);
    assert!(panic.contains(&release), "{panic}");
    assert!(event("the disk is gone").contains(&release));
    assert!(!sent.concat().contains("secret"), "{sent:?}");
    let told: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("no such luck"))
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(
        told[0].starts_with("CRITICAL avalon worker thread 'worker' panicked at "),
        "{log}"
    );
}

#[test]
fn a_sentry_that_hangs_keeps_no_program_from_ending() {
    // Connections wait in its backlog, and nobody ever takes one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://key@{}/1", listener.local_addr().unwrap());
    let output = run_child(&[("AVALON_SENTRY_DSN", &dsn), ("AVALON_STATSD_HOST", "")]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_time_of_a_request_arrives_at_statsd() {
    let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = run_child(&[("AVALON_STATSD_PORT", &port)]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut packet = [0; 2048];
    let length = listener.recv(&mut packet).unwrap();
    assert_eq!(&packet[..length], b"avalon.request.songs:1.5|ms\n");
}

#[test]
fn the_log_goes_to_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("avalon.log");
    let output = run_child(&[
        ("AVALON_LOG_PATH", path.to_str().unwrap()),
        ("AVALON_LOG_FORMAT", "%(levelname)s %(message)s"),
        ("AVALON_STATSD_HOST", ""),
    ]);
    assert!(output.status.success());
    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "INFO the child runs");
    assert!(
        lines[1].starts_with("CRITICAL thread 'worker' panicked at "),
        "{log}"
    );
    assert!(lines[1].ends_with(": no such luck"), "{log}");
    assert_eq!(lines.len(), 2, "{log}");
}
