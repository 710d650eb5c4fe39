//! The door: serves a router over TCP, and does not wait for clients that never finish.
//!
//! `axum::serve` waits for ever: for a header that trickles in, and for a reader that takes nothing. Both hold a
//! connection and what is buffered for it. A router served here ends them.

mod stall;

use std::{
    future::{Future, IntoFuture},
    io,
    pin::{Pin, pin},
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::stall::EndStalled;
pub(crate) use self::stall::StalledAfter;

/// The most bytes of a request's line and headers.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// The most bytes that a connection buffers in each direction.
const MAX_BUFFER: usize = 128 * 1024;

/// A router about to be served; await it.
///
/// ```no_run
/// # async fn main_(sync: sync_runtime::SyncService) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8787").await?;
/// sync_runtime::serve(listener, sync.router()).await
/// # }
/// ```
#[must_use = "await it"]
pub struct Serve {
    listener: TcpListener,
    app: Router,
    header_within: Duration,
    stalled_after: Duration,
    drain_within: Duration,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Serves a router on a listener, until an error of the listener itself.
pub fn serve(listener: TcpListener, app: Router) -> Serve {
    Serve {
        listener,
        app,
        header_within: Duration::from_secs(30),
        stalled_after: Duration::from_secs(30),
        drain_within: Duration::from_secs(10),
        shutdown: Box::pin(std::future::pending()),
    }
}

impl Serve {
    /// How long a client may take to send a request's headers, and how long a connection may be idle between two
    /// requests: 30 s.
    pub fn header_within(mut self, limit: Duration) -> Self {
        self.header_within = limit;
        self
    }

    /// How long a client may take nothing of what is sent to it before its connection is ended: 30 s. A WebSocket of a
    /// stream is told 4408 before.
    pub fn stalled_after(mut self, limit: Duration) -> Self {
        self.stalled_after = limit;
        self
    }

    /// How long requests under way may take once the server shuts down: 10 s. What is left then is cut off.
    pub fn drain_within(mut self, limit: Duration) -> Self {
        self.drain_within = limit;
        self
    }

    /// When this ends, no more connections are taken, and those there are come to their end.
    pub fn with_graceful_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.shutdown = Box::pin(signal);
        self
    }

    async fn run(self) -> io::Result<()> {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.header_within)
            .max_header_size(MAX_HEADER_BYTES)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_BUFFER);
        let closing = CancellationToken::new();
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(self.shutdown);
        loop {
            let stream = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                stream = accept(&self.listener) => stream,
            };
            let stalled_after = StalledAfter::new(self.stalled_after);
            let io = TokioIo::new(EndStalled::new(stream, stalled_after.clone()));
            let service = self
                .app
                .clone()
                .map_request(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(stalled_after.clone());
                    request.map(Body::new)
                });
            let service = TowerToHyperService::new(service);
            let connection = http.serve_connection(io, service).with_upgrades();
            let closing = closing.clone();
            connections.spawn(async move {
                let mut connection = pin!(connection);
                let ended = tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = closing.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                };
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended with an error");
                }
            });
        }
        drop(self.listener);
        closing.cancel();
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain_within, drained)
            .await
            .is_err()
        {
            tracing::warn!("connections that did not end in time are cut off");
        }
        connections.shutdown().await;
        Ok(())
    }
}

impl IntoFuture for Serve {
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The next connection. An error of one connection is not the listener's; with no file left to open, others have to end
/// first.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection sends with delay");
                }
                return stream;
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
