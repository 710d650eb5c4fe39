//! Serving until told to stop, and stopping without losing what was accepted.

use std::{io, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, signal, time::timeout};

use super::SyncService;
use crate::serve::serve;

/// How long streams have to say goodbye.
const FAREWELL: Duration = Duration::from_secs(3);

impl SyncService {
    /// Listens at `bind` of the settings and serves the service's own routes until the process is told to stop.
    ///
    /// # Errors
    ///
    /// The address cannot be listened at.
    pub async fn listen(&self) -> io::Result<()> {
        let listener = TcpListener::bind(&self.inner.config.bind).await?;
        self.serve(listener, self.router()).await
    }

    /// Serves a router, of which [`SyncService::router`] is a part, until the process gets Ctrl-C or a termination
    /// signal; then shuts down:
    ///
    /// 1. `/health/ready` fails, for as long as `shutdown_delay_ms`;
    /// 2. no more connections are taken, streams are told to come back elsewhere, each after a random while, and
    ///    requests under way are answered, for as long as `shutdown_timeout_ms`;
    /// 3. the last notifications go out.
    ///
    /// # Errors
    ///
    /// The listener fails.
    pub async fn serve(&self, listener: TcpListener, app: Router) -> io::Result<()> {
        self.serve_until(listener, app, stop()).await
    }

    /// As [`SyncService::serve`], until something else ends.
    ///
    /// # Errors
    ///
    /// The listener fails.
    pub async fn serve_until(
        &self,
        listener: TcpListener,
        app: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let config = &self.inner.config;
        let delay = Duration::from_millis(config.shutdown_delay_ms);
        let service = self.clone();
        serve(listener, app)
            .drain_within(Duration::from_millis(config.shutdown_timeout_ms))
            .with_graceful_shutdown(async move {
                stop.await;
                tracing::info!("shutting down");
                service.inner.leaving.cancel();
                tokio::time::sleep(delay).await;
                service.close();
            })
            .await?;
        self.shutdown().await;
        Ok(())
    }

    /// Tells streams to go; they reconnect elsewhere from their cursors. Requests under way are answered.
    pub fn close(&self) {
        self.inner.leaving.cancel();
        self.inner.closing.cancel();
    }

    /// Closes, waits for streams to say goodbye, and sends the last notifications. For those who serve by other means
    /// than [`SyncService::serve`]; to be called once no more requests come.
    pub async fn shutdown(&self) {
        self.close();
        self.inner.streams.close();
        if timeout(FAREWELL, self.inner.streams.wait()).await.is_err() {
            tracing::debug!("some streams did not take their goodbye");
        }
        self.inner.notifiers.close().await;
    }
}

/// Ctrl-C or a termination signal.
async fn stop() {
    let ctrl_c = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut terminated) => {
                terminated.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminated => {}
    }
}
