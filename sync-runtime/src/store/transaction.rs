//! The write transaction, in the hands of the application.

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

    async fn execute(&mut self, sql: &'static str, context: &'static str) -> Result<()> {
        let done = match self {
            #[cfg(feature = "sqlite")]
            Transaction::Sqlite(connection) => connection.execute(sql).await.map(|_| ()),
            #[cfg(feature = "postgres")]
            Transaction::Postgres(connection) => connection.execute(sql).await.map(|_| ()),
        };
        done.map_err(StoreError::during(context))
    }

    /// What is done from here can be undone alone.
    pub(crate) async fn begin_part(&mut self) -> Result<()> {
        self.execute("SAVEPOINT sync_part", "beginning a part")
            .await
    }

    /// Keeps what was done since [`Transaction::begin_part`].
    pub(crate) async fn keep_part(&mut self) -> Result<()> {
        self.execute("RELEASE SAVEPOINT sync_part", "keeping a part")
            .await
    }

    /// Undoes what was done since [`Transaction::begin_part`].
    pub(crate) async fn undo_part(&mut self) -> Result<()> {
        self.execute("ROLLBACK TO SAVEPOINT sync_part", "undoing a part")
            .await?;
        self.keep_part().await
    }
}
