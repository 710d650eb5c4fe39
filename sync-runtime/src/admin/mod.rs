//! `sync-admin`: looks after a log from the command line. An application mounts it in its own binary, because the models
//! and their custom effects are there:
//!
//! ```no_run
//! # use std::process::ExitCode;
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     let builder = sync_runtime::SyncService::builder().database("sqlite://restaurant.db");
//!     sync_runtime::admin::run(builder, std::env::args_os()).await
//! }
//! ```
//!
//! It works beside servers that are running. It ends with 0 where all is well, with 1 where `verify` found differences or
//! `import` refused a line, and with 2 where it could not do its work.

mod diff;
mod entities;
mod export;
mod import;
mod progress;
mod rebuild;
mod report;
mod verify;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use crate::{
    registry::Models,
    service::{BuildError, Builder},
    store::{Store, StoreError, WriteGroup},
};

/// How often a write is tried to begin; the store waits some seconds each time.
const TRIES: u32 = 12;

#[derive(Debug, Parser)]
#[command(name = "admin", about = "Looks after the log of a Syncable backend")]
struct Cli {
    /// Where the log is, instead of what the program says
    #[arg(long, global = true, env = "SYNC_DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// JSON instead of text, an object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compares every projection and snapshot with the fold of its log, and names custom effects that fail
    Verify(Scope),
    /// Folds projections and snapshots again from the log, while servers go on
    Rebuild(Scope),
    /// Writes a tenant's log, an event a line
    Export {
        /// Whose log
        #[arg(long)]
        tenant: String,
        /// Where to; standard output if it is `-` or not there
        file: Option<PathBuf>,
    },
    /// Reads what `export` wrote into a tenant's log; a second time it does nothing
    Import {
        /// Whose log
        #[arg(long)]
        tenant: String,
        /// Where from; standard input if it is `-` or not there
        file: Option<PathBuf>,
    },
}

/// What is looked at.
#[derive(Debug, Clone, Default, clap::Args)]
struct Scope {
    /// One tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// One model alone, by its name on the wire
    #[arg(long)]
    entity_type: Option<String>,
}

/// Why it could not do its work.
#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    #[error("{context}: {source}")]
    File {
        context: String,
        source: std::io::Error,
    },
    #[error("there is no model `{0}`")]
    NoModel(String),
    #[error("`{0}` is no tenant id: 1 to 64 of A-Z, a-z, 0-9, _ and -")]
    NoTenant(String),
}

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    Wrong,
}

/// What the commands share.
struct Context {
    models: Arc<Models>,
    store: Arc<dyn Store>,
    report: report::Report,
}

impl Context {
    /// Begins a write. A server that writes all the time may keep it waiting for longer than the store waits by itself.
    async fn begin(&self) -> Result<Box<dyn WriteGroup + '_>, StoreError> {
        let mut tries = 1;
        loop {
            match self.store.begin().await {
                Err(error) if tries < TRIES => {
                    tracing::debug!(%error, tries, "waiting for the store");
                    tries += 1;
                }
                begun => return begun,
            }
        }
    }
}

/// Runs a command. `args` begin with the program's name, as [`std::env::args_os`] gives them.
pub async fn run(
    builder: Builder,
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match execute(builder, cli).await {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn execute(builder: Builder, cli: Cli) -> Result<Verdict, AdminError> {
    let builder = match cli.database {
        Some(url) => builder.database(url),
        None => builder,
    };
    let (models, store) = builder.open().await?;
    let context = Context {
        models,
        store,
        report: report::Report::new(cli.json),
    };
    match cli.command {
        Command::Verify(scope) => verify::verify(&context, &scope).await,
        Command::Rebuild(scope) => rebuild::rebuild(&context, &scope).await,
        Command::Export { tenant, file } => export::export(&context, &tenant, file).await,
        Command::Import { tenant, file } => import::import(&context, &tenant, file).await,
    }
}
