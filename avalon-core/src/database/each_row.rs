//! The rows of a query, or of several, read by threads of their own while the caller's takes them.
//!
//! In: connections and queries. Out: each row, those of one query in order, on the caller's thread. What stays true: no
//! more than a few batches of rows are held at a time, however slowly they are taken; and when this returns, the
//! connections are the caller's alone again.

use std::mem;
use std::panic;
use std::sync::mpsc::{SyncSender, sync_channel};
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
    take: impl FnMut(Row),
) -> QueryResult<()>
where
    C: Send,
    Row: Send,
    Query: LoadQuery<'static, C, Row, Mode> + RunQueryDsl<C> + Send,
{
    each_row_of_all([(c, query)], take)
}

/// Likewise every row of several queries, of each by a connection and a reader of its own: in order are only those
/// of one.
///
/// # Errors
/// Those of the query that has one first; the others end, too.
pub(super) fn each_row_of_all<'a, Mode, Row, Query, C>(
    queries: impl IntoIterator<Item = (&'a mut C, Query)>,
    mut take: impl FnMut(Row),
) -> QueryResult<()>
where
    C: Send + 'a,
    Row: Send,
    Query: LoadQuery<'static, C, Row, Mode> + RunQueryDsl<C> + Send,
{
    thread::scope(|scope| {
        let (sender, batches) = sync_channel(QUEUE);
        let readers: Vec<_> = queries
            .into_iter()
            .map(|(c, query)| {
                let sender = sender.clone();
                scope.spawn(move || {
                    if let Err(error) = read(c, query, &sender) {
                        // Who takes no more has an error already, or panicked, which is its caller's to see; as below.
                        let _ = sender.send(Err(error));
                    }
                })
            })
            .collect();
        drop(sender);
        let taken = batches
            .into_iter()
            .try_for_each(|batch| batch.map(|rows| rows.into_iter().for_each(&mut take)));
        for reader in readers {
            reader
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
        }
        taken
    })
}

/// Sends every row of the query, in order, as long as anybody takes them.
fn read<Mode, Row, Query, C>(
    c: &mut C,
    query: Query,
    sender: &SyncSender<QueryResult<Vec<Row>>>,
) -> QueryResult<()>
where
    Query: LoadQuery<'static, C, Row, Mode> + RunQueryDsl<C>,
{
    let mut batch = Vec::with_capacity(BATCH);
    for row in query.load_iter::<Row, Mode>(c)? {
        batch.push(row?);
        if batch.len() == BATCH {
            let full = mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if sender.send(Ok(full)).is_err() {
                return Ok(());
            }
        }
    }
    let _ = sender.send(Ok(batch));
    Ok(())
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
    fn of_several_queries_all_rows_come_and_one_error_ends_all() {
        let (mut a, mut b) = (numbered(3 * BATCH), numbered(50 * BATCH));
        let query = || genres::table.select(genres::name.assume_not_null());
        let mut taken: Vec<String> = Vec::new();
        let queries = [(&mut a, query()), (&mut b, query())];
        each_row_of_all::<DefaultLoadingMode, _, _, _>(queries, |name| taken.push(name)).unwrap();
        assert_eq!(taken.len(), 53 * BATCH);
        // The other reader has more than may wait: it is ended, or this does not end.
        for end in [1, 3 * BATCH - 1] {
            let mut broken = numbered(3 * BATCH);
            broken
                .batch_execute(&format!(
                    "UPDATE genres SET name = NULL WHERE name = '{end}'"
                ))
                .unwrap();
            for is_first in [true, false] {
                let mut queries = [(&mut broken, query()), (&mut b, query())];
                if !is_first {
                    queries.reverse();
                }
                let mut taken = 0;
                let take = |_: String| taken += 1;
                each_row_of_all::<DefaultLoadingMode, _, _, _>(queries, take).unwrap_err();
                assert!(taken < 50 * BATCH);
            }
        }
    }

    #[test]
    #[should_panic(expected = "not this one")]
    fn who_panics_ends_the_reader_too() {
        let mut c = numbered(100 * BATCH);
        let _ = names(&mut c, |name| assert_ne!(name, "7", "not this one"));
    }
}
