//! The write transaction, in the hands of the application.

use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::AssertSqlSafe;
#[cfg(feature = "sqlite")]
use sqlx::Executor as _;
#[cfg(feature = "postgres")]
use sqlx::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::SqliteConnection;

use super::{Result, StoreError};

/// The transaction in which an event is written, for the application's own tables.
///
/// The connection is `sqlx`'s, as [`sync_runtime::sqlx`](crate::sqlx) has it. It neither commits nor rolls back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Transaction<'a> {
    /// Of the embedded store.
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut SqliteConnection),
    /// Of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'a mut PgConnection),
}

/// The service runs on another database than the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service does not run on {0}")]
pub struct OtherDatabase(&'static str);

impl Transaction<'_> {
    /// The connection of a service that runs on SQLite.
    ///
    /// # Errors
    ///
    /// It runs on another database.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> std::result::Result<&mut SqliteConnection, OtherDatabase> {
        match self {
            Transaction::Sqlite(connection) => Ok(connection),
            #[cfg(feature = "postgres")]
            Transaction::Postgres(_) => Err(OtherDatabase("SQLite")),
        }
    }

    /// The connection of a service that runs on PostgreSQL.
    ///
    /// # Errors
    ///
    /// It runs on another database.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> std::result::Result<&mut PgConnection, OtherDatabase> {
        match self {
            Transaction::Postgres(connection) => Ok(connection),
            #[cfg(feature = "sqlite")]
            Transaction::Sqlite(_) => Err(OtherDatabase("PostgreSQL")),
        }
    }

    async fn execute(&mut self, sql: Sql, context: &'static str) -> Result<()> {
        let done = match self {
            #[cfg(feature = "sqlite")]
            Transaction::Sqlite(connection) => connection.execute(sql.sqlite).await.map(|_| ()),
            #[cfg(feature = "postgres")]
            Transaction::Postgres(connection) => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql.postgres));
                sql.execute(&mut **connection).await.map(|_| ())
            }
        };
        done.map_err(StoreError::during(context))
    }

    /// What is done from here can be undone alone. PostgreSQL ends each statement that takes longer than this.
    pub(crate) async fn begin_part(&mut self, within: Duration) -> Result<()> {
        let sql = Sql {
            sqlite: "SAVEPOINT sync_part",
            // 0 would be no limit.
            postgres: format!(
                "SAVEPOINT sync_part; SET LOCAL plan_cache_mode = auto; SET LOCAL statement_timeout = {}",
                within.as_millis().max(1)
            ),
        };
        self.execute(sql, "beginning a part").await
    }

    /// Keeps what was done since [`Transaction::begin_part`].
    pub(crate) async fn keep_part(&mut self) -> Result<()> {
        let sql = Sql {
            sqlite: "RELEASE SAVEPOINT sync_part",
            // As it was when the group began.
            postgres:
                "RELEASE SAVEPOINT sync_part; SET LOCAL plan_cache_mode = force_generic_plan; \
                 SET LOCAL statement_timeout = '30s'"
                    .to_owned(),
        };
        self.execute(sql, "keeping a part").await
    }

    /// Undoes what was done since [`Transaction::begin_part`].
    pub(crate) async fn undo_part(&mut self) -> Result<()> {
        let undo = || Sql {
            sqlite: "ROLLBACK TO SAVEPOINT sync_part",
            postgres: "ROLLBACK TO SAVEPOINT sync_part".to_owned(),
        };
        // What became of a statement that nobody waited for is told to the one after it.
        if self.execute(undo(), "undoing a part").await.is_err() {
            self.execute(undo(), "undoing a part").await?;
        }
        self.keep_part().await
    }
}

/// A statement in the words of each database.
struct Sql {
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
    sqlite: &'static str,
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    postgres: String,
}
