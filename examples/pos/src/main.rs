//! A restaurant: tablets take orders with no network for an hour, reconnect, and agree.
//!
//! `POS_BIND` (127.0.0.1:8787), `POS_DATABASE_URL` (sqlite://pos.db), `POS_WEB` (the folder of the built page; without
//! it only the API is served).
//!
//! `pos admin verify` looks after the log, and `pos admin --help` says what else it does.

mod till;

use std::{env, error::Error, process::ExitCode};

use axum::Router;
use pos::Order;
use sync_runtime::{DevTokens, Settings, SyncService, service::Builder};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tracing_subscriber::EnvFilter;

use till::Till;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .init();
    let database = env::var("POS_DATABASE_URL").unwrap_or_else(|_| "sqlite://pos.db".to_owned());
    let builder = SyncService::builder().database(&database);
    if env::args().nth(1).as_deref() == Some("admin") {
        return sync_runtime::admin::run(builder, env::args_os().skip(1)).await;
    }
    match run(builder, &database).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pos: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(builder: Builder, database: &str) -> Result<(), Box<dyn Error>> {
    let sync = builder
        .settings(Settings::load()?)
        // Development tokens are taken at their word. A real restaurant brings an authenticator of its own.
        .authenticator(DevTokens)
        .guard::<Order>(Till)
        .build()
        .await?;
    Till::prepare(database).await?;
    let mut app = Router::new()
        .merge(till::router(sync.clone()))
        .merge(sync.router());
    if let Ok(web) = env::var("POS_WEB") {
        let page = ServeFile::new(format!("{web}/index.html"));
        app = app.fallback_service(ServeDir::new(web).fallback(page));
    }
    let bind = env::var("POS_BIND").unwrap_or_else(|_| "127.0.0.1:8787".to_owned());
    let listener = TcpListener::bind(&bind)
        .await
        .map_err(|error| format!("POS_BIND {bind}: {error}"))?;
    println!(
        "The restaurant is open: http://{} (log in {database})",
        listener.local_addr()?
    );
    sync.serve(listener, app).await?;
    Ok(())
}
