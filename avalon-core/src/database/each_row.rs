//! The rows of one query, read by a thread of its own while the caller's takes them.
//!
//! In: a connection and a query. Out: each row, in order, on the caller's thread. What stays true: no more
//! than a few batches of rows are held at a time, however slowly they are taken; and when this returns, the
//! connection is the caller's alone again.

use std::mem;
use std::panic;
use std::sync::mpsc::sync_channel;
use std::thread;

use diesel::prelude::*;
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::QueryResult;

/// Rows that go from thread to thread at once: enough that handing them over costs nothing beside reading
/// them, and few enough that they stay in the cache of a core.
const BATCH: usize = 512;

/// Batches that may wait to be taken.
const QUEUE: usize = 8;

/// Hands every row of the query to `take`. What a row costs its reader and what it costs the caller it
/// costs at the same time, on two cores.
///
/// # Errors
/// Those of the query; some of its rows may have been taken by then.
pub(super) fn each_row<Mode, Row, Query, C>(
    c: &mut C,
    query: Query,
    mut take: impl FnMut(Row),
) -> QueryResult<()>
where
    C: Send,
    Row: Send,
    Query: LoadQuery<'static, C, Row, Mode> + RunQueryDsl<C> + Send,
{
    thread::scope(|scope| {
        let (sender, batches) = sync_channel(QUEUE);
        let reader = scope.spawn(move || -> QueryResult<()> {
            let mut batch = Vec::with_capacity(BATCH);
            for row in query.load_iter::<Row, Mode>(c)? {
                batch.push(row?);
                if batch.len() == BATCH {
                    let full = mem::replace(&mut batch, Vec::with_capacity(BATCH));
                    if sender.send(full).is_err() {
                        // The other thread panicked, which is its caller's to see.
                        return Ok(());
                    }
                }
            }
            // Likewise.
            let _ = sender.send(batch);
            Ok(())
        });
        for batch in batches {
            batch.into_iter().for_each(&mut take);
        }
        reader
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use diesel::connection::{DefaultLoadingMode, SimpleConnection};
    use diesel::sqlite::SqliteConnection;

    use super::super::schema::genres;
    use super::*;

    /// Genres with the names 0, 1, 2 ... in memory.
    fn numbered(count: usize) -> SqliteConnection {
        let mut c = SqliteConnection::establish(":memory:").unwrap();
        c.batch_execute(&format!(
            "CREATE TABLE genres (id TEXT, name TEXT);
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT {count})
             INSERT INTO genres SELECT NULL, i FROM n WHERE {count} > 0"
        ))
        .unwrap();
        c
    }

    fn names(c: &mut SqliteConnection, take: impl FnMut(String)) -> QueryResult<()> {
        let query = genres::table.select(genres::name.assume_not_null());
        each_row::<DefaultLoadingMode, _, _, _>(c, query, take)
    }

    #[test]
    fn every_row_comes_once_and_in_order() {
        for count in [0, 1, BATCH - 1, BATCH, BATCH + 1, 20 * BATCH] {
            let mut c = numbered(count);
            let mut taken = Vec::new();
            names(&mut c, |name| taken.push(name)).unwrap();
            let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            assert_eq!(taken, expected);
        }
    }

    #[test]
    fn the_error_of_a_row_is_that_of_the_query() {
        let mut c = numbered(3 * BATCH);
        c.batch_execute("UPDATE genres SET name = NULL WHERE name = '1000'")
            .unwrap();
        let mut taken = 0;
        names(&mut c, |_| taken += 1).unwrap_err();
        assert!(taken <= 1000);
        // And the connection goes on.
        let count = genres::table.count().get_result::<i64>(&mut c).unwrap();
        assert_eq!(count, 3 * BATCH as i64);
    }

    #[test]
    #[should_panic(expected = "not this one")]
    fn who_panics_ends_the_reader_too() {
        let mut c = numbered(100 * BATCH);
        let _ = names(&mut c, |name| assert_ne!(name, "7", "not this one"));
    }
}
