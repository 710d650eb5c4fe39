//! The connection that writes, and how its groups begin.

use std::time::{Duration, Instant};

use sqlx::{
    Connection as _, PgConnection,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgDatabaseError},
};

/// How long to wait for a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Begins a group in one round trip. The lock comes before anything is read: what is read committed after it holds all
/// that earlier groups, of any process, have written. A process that hangs or is cut off loses the lock with its
/// transaction. The names make the lock's number, for this database alone.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SELECT pg_advisory_xact_lock(hashtext('syncable'), hashtext('log'))";

/// The same, and each statement is planned anew when it is next run.
const BEGIN_AND_PLAN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SELECT pg_advisory_xact_lock(hashtext('syncable'), hashtext('log')); \
     DISCARD PLANS";

/// What holds for every group of a connection. A statement is planned once, whatever its arrays hold: left to itself,
/// PostgreSQL plans for each group, which takes longer than a small group's work. See [`Plans`] for how long a plan is
/// kept; the application's own statements are planned as PostgreSQL sees fit.
const PREPARE: &str = "SET lock_timeout = '10s'; \
     SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '30s'; \
     SET jit = off; \
     SET plan_cache_mode = force_generic_plan";

/// Makes a connection ready to read. Each statement is planned for the tables as they are: PostgreSQL would keep a plan of
/// nearly empty tables until it looks at them again, and read a whole tenant by any index that has its name in it. A page is
/// read in the order of its index: until PostgreSQL has counted what is in a table, it takes tenants for so small that it
/// would rather read all of one and sort.
pub(super) async fn prepare_to_read(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("SET plan_cache_mode = force_custom_plan; SET enable_bitmapscan = off")
        .execute(connection)
        .await
        .map(|_| ())
}

/// The writing connection.
pub(super) struct Writer {
    pub(super) connection: PgConnection,
    plans: Plans,
}

impl Writer {
    /// Connects, and makes the connection ready for groups.
    pub(super) async fn connect(options: &PgConnectOptions) -> sqlx::Result<Self> {
        let mut connection = tokio::time::timeout(CONNECT, PgConnection::connect_with(options))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        sqlx::raw_sql(PREPARE).execute(&mut connection).await?;
        Ok(Self {
            connection,
            plans: Plans::made_now(0),
        })
    }

    /// Begins a group.
    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        let begin = match self.plans.are_old() {
            true => BEGIN_AND_PLAN,
            false => BEGIN,
        };
        let begun = sqlx::raw_sql(begin).execute(&mut self.connection).await;
        if begun.is_err() {
            // The lock was not to be had: the transaction is open and of no use.
            let _ = sqlx::raw_sql("ROLLBACK")
                .execute(&mut self.connection)
                .await;
        } else if begin == BEGIN_AND_PLAN {
            self.plans = Plans::made_now(self.plans.before + self.plans.events);
        }
        self.plans.groups += 1;
        begun.map(|_| ())
    }

    /// Notes that so many events are in the log by now.
    pub(super) fn has_logged(&mut self, events: usize) {
        self.plans.events += events;
    }
}

/// Whether the connection is of no more use: the server is going or has ended it.
pub(super) fn is_gone(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<PgDatabaseError>()
        .is_none_or(|error| matches!(error.code().get(..2), Some("08" | "57" | "25")))
}

/// The plans of a connection's statements. A plan of tables that were nearly empty may take any of their indexes, which all
/// look alike then, and would go on to read a whole tenant for each event. PostgreSQL makes plans anew when it has looked at
/// a table again, which may be minutes after it has grown; so none is kept for long: the tables grow by little meanwhile,
/// and planning takes little of the time of so many groups.
struct Plans {
    made: Instant,
    groups: u32,
    /// Those that were logged since, and those that the connection had logged before.
    events: usize,
    before: usize,
}

impl Plans {
    const MAX_GROUPS: u32 = 64;
    /// Or as many as before: a table may grow to twice its size.
    const MAX_EVENTS: usize = 2_000;
    /// Others write too.
    const MAX_AGE: Duration = Duration::from_secs(10);

    fn made_now(before: usize) -> Self {
        Self {
            made: Instant::now(),
            groups: 0,
            events: 0,
            before,
        }
    }

    fn are_old(&self) -> bool {
        self.groups >= Self::MAX_GROUPS
            || self.events >= Self::MAX_EVENTS.max(self.before)
            || self.made.elapsed() >= Self::MAX_AGE
    }
}
