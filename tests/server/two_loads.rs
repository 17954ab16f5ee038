//! Lists and details that are loaded one after the other: of one state of the database, or not taken.
//!
//! In the process of the test, since nobody can commit between the two loads of a program on purpose.

use avalon_core::database::{DatabaseUrl, open_again_for_server, open_for_server};
use avalon_server::app::App;

use super::databases::library;
use crate::support::{Database, create_tables, data, insert_library, scan};

/// Whether details were taken, with `between` done between the loads.
fn is_taken(url: &str, between: impl FnOnce()) -> bool {
    let url = DatabaseUrl::parse(url).unwrap();
    let app = App::load(&mut open_for_server(&url).unwrap()).unwrap();
    between();
    let mut connection = open_again_for_server(&url).unwrap();
    app.load_details(&mut connection, false).unwrap()
}

/// Whether details are taken where nobody commits; a server that tidies up by itself counts as somebody.
fn is_taken_in_peace(url: &str) -> bool {
    (0..20).any(|_| is_taken(url, || ()))
}

#[test]
fn on_postgres_a_commit_between_is_seen_where_no_generation_can_be_read() {
    // Of its own: what others commit on a server is seen too.
    let Some(database) = Database::postgres_alone() else {
        return;
    };
    let Database::Postgres(server) = &database else {
        unreachable!("it was made on a server")
    };
    let edit = || database.execute("UPDATE tracks SET name = name || '!'");
    create_tables(&database);
    insert_library(&database, &library());
    assert!(is_taken_in_peace(&database.url()));
    assert!(!is_taken(&database.url(), edit), "the original's");

    scan(&database, &data("library")).run().expect_code(0);
    let reader = server.reader_url();
    let elsewhere = || database.execute("CREATE TABLE others (id int)");
    assert!(is_taken(&reader, elsewhere), "the generation tells");
    let role = reader.split([':', '/']).nth(3).unwrap();
    database.execute(&format!("REVOKE SELECT ON scans FROM {role}"));
    assert!(is_taken_in_peace(&reader));
    assert!(!is_taken(&reader, edit), "without scans");
}
