//! PostgreSQL over TLS, as the feature `postgres-tls` builds it in.
//!
//! `cargo test -p avalon-scan --features postgres-tls --test tls`, with the `openssl` program for a
//! certificate of the moment.

#![expect(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Database, PATIENCE, Program, data, until};
use tempfile::TempDir;

/// A key and a certificate of its own for 127.0.0.1.
struct Certificate {
    folder: TempDir,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("avalon-tls-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let made = Command::new("openssl")
            .current_dir(folder.path())
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-keyout",
                "key.pem",
                "-out",
                "certificate.pem",
                "-subj",
                "/CN=test",
            ])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .output()
            .expect("the program openssl (Debian: apt-get install openssl)");
        assert!(made.status.success(), "{made:?}");
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets only the owner of `folder` read the key, as PostgreSQL wants it.
    fn give_key_to_owner_of(&self, folder: &Path) {
        let owner = fs::metadata(folder).unwrap();
        let key = self.file("key.pem");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        if fs::metadata(&key).unwrap().uid() != owner.uid() {
            chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }
}

/// Turns TLS on in the server of `database` and waits until it is.
fn turn_on(database: &Database, certificate: &Certificate) {
    let text = |sql: &str| database.texts(sql).concat();
    let folder = text("SELECT setting AS text FROM pg_settings WHERE name = 'data_directory'");
    // The data folder's own parent is closed to us where the server runs as another user.
    certificate.give_key_to_owner_of(Path::new(&folder).parent().unwrap());
    for (name, value) in [
        (
            "ssl_key_file",
            certificate.file("key.pem").display().to_string(),
        ),
        (
            "ssl_cert_file",
            certificate.file("certificate.pem").display().to_string(),
        ),
        ("ssl", "on".to_owned()),
    ] {
        database.execute(&format!("ALTER SYSTEM SET {name} = '{value}'"));
    }
    database.execute("SELECT pg_reload_conf()");
    let setting = "SELECT setting AS text FROM pg_settings WHERE name = 'ssl'";
    until(PATIENCE, || (text(setting) == "on").then_some(())).expect("the server turns TLS on");
}

fn scan(database: &Database, parameters: &str) -> Program {
    Program::new("avalon-scan")
        .arg("--database")
        .arg(format!("{}?{parameters}", database.url()))
        .arg(data("library"))
}

#[test]
fn a_scan_speaks_tls_and_checks_whom_it_speaks_to() {
    let Some(database) = Database::postgres() else {
        return;
    };
    scan(&database, "sslmode=require")
        .run()
        .expect_code(1)
        .expect_stderr(&["server does not support SSL"]);

    let certificate = Certificate::new();
    turn_on(&database, &certificate);
    let trusted = |certificate: &Certificate| {
        let file = certificate.file("certificate.pem");
        format!("sslmode=verify-full&sslrootcert={}", file.display())
    };
    scan(&database, &trusted(&certificate)).run().expect_code(0);
    assert!(!database.library().tracks.is_empty());

    scan(&database, &trusted(&Certificate::new()))
        .run()
        .expect_code(1)
        .expect_stderr(&["certificate verify failed"]);
}
