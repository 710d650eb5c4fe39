//! A restaurant: tablets take orders with no network for an hour, reconnect, and agree.
//!
//! `POS_BIND` (127.0.0.1:8787), `POS_DATABASE_URL` (sqlite://pos.db), `POS_WEB` (the folder of the built page; without
//! it only the API is served).

use std::{env, error::Error};

use axum::Router;
// The backend finds its models by itself, once their crate is linked.
use pos as _;
use sync_runtime::{DevTokens, SyncService};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .init();
    if let Err(error) = run().await {
        eprintln!("pos: {error}");
        std::process::exit(2);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let database = env::var("POS_DATABASE_URL").unwrap_or_else(|_| "sqlite://pos.db".to_owned());
    let sync = SyncService::builder()
        .database(&database)
        // Development tokens are taken at their word. A real restaurant brings an authenticator of its own.
        .authenticator(DevTokens)
        .build()
        .await?;
    let mut app = Router::new().merge(sync.router());
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
    sync_runtime::serve(listener, app).await?;
    Ok(())
}
