//! `GET /events/stream`: the stream as a WebSocket.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    extract::{
        State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
        },
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use tokio::time::{Instant, interval_at, timeout};

use super::{
    App, Problem, auth,
    live::PING,
    messages::{EventMessage, StreamMessage},
    params::Params,
};
use crate::{
    feed::{
        Follower, Look,
        cursor::{CursorError, Scope},
    },
    ingest::writer::unix_millis,
    principal::Principal,
    semantics::access::Rights,
    service::Inner,
};

/// The subprotocol, beside which a token may stand.
const PROTOCOL: &str = "sync.v1";
/// How long a client may take to send its token.
const AUTH_WITHIN: Duration = Duration::from_secs(10);
/// How long a reader may keep one message waiting.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// The most bytes of a client's message; tokens are all that clients send.
const MAX_MESSAGE: usize = 64 * 1024;
/// The library's own 128 KiB would be allocated for each idle connection.
const BUFFER: usize = 4 * 1024;

/// Why the server closes a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    BadCursor,
    BadChannel,
    Unauthorized,
    TooSlow,
    CursorExpired,
    /// The server goes away, or its store has.
    Away,
    /// The client has gone.
    Gone,
}

impl Close {
    fn code(self) -> u16 {
        match self {
            Close::BadCursor | Close::BadChannel => 4400,
            Close::Unauthorized => 4401,
            Close::TooSlow => 4408,
            Close::CursorExpired => 4410,
            Close::Away => 1012,
            Close::Gone => 1000,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Close::BadCursor => "invalid_cursor",
            Close::BadChannel => "invalid_channel",
            Close::Unauthorized => "unauthorized",
            Close::TooSlow => "too_slow",
            Close::CursorExpired => "cursor_expired",
            Close::Away => "storage_unavailable",
            Close::Gone => "closed",
        }
    }
}

pub(super) async fn get(
    State(service): App,
    headers: HeaderMap,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let token = token_of(&headers);
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            return Problem::new(
                StatusCode::UPGRADE_REQUIRED,
                "upgrade_required",
                rejection.body_text(),
            )
            .into_response();
        }
    };
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(MAX_MESSAGE)
        .on_upgrade(move |mut socket| async move {
            let close = match serve(&service, &mut socket, token, &params).await {
                Ok(never) => never,
                Err(close) => close,
            };
            end(socket, close).await;
        })
}

/// The token in `Sec-WebSocket-Protocol: sync.v1, bearer.<base64url>`; what cannot be decoded is no token of anybody.
fn token_of(headers: &HeaderMap) -> Option<String> {
    let lenient = GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|protocol| protocol.trim().strip_prefix("bearer."))
        .map(|encoded| {
            let decoded = lenient.decode(encoded).ok();
            decoded
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .unwrap_or_default()
        })
}

async fn serve(
    service: &Arc<Inner>,
    socket: &mut WebSocket,
    token: Option<String>,
    params: &Params,
) -> Result<Close, Close> {
    let token = match token {
        Some(token) => token,
        None => timeout(AUTH_WITHIN, first_token(socket))
            .await
            .map_err(|_| Close::Unauthorized)??,
    };
    let principal = principal(service, &token).await?;
    let types = params
        .entity_types("channels", &service.models)
        .map_err(|_| Close::BadChannel)?;
    let scope = service.scope(&principal);
    let after = service
        .try_position(&principal, &scope, params.get("since"))
        .await
        .map_err(|_| Close::Away)?
        .map_err(|error| match error {
            CursorError::Invalid => Close::BadCursor,
            CursorError::Expired => Close::CursorExpired,
        })?;
    let follower = service
        .feed
        .follow(&principal.tenant_id, after, types)
        .await;
    let mut session = Session {
        service,
        socket,
        rights: principal.rights(),
        scope,
        principal,
        follower,
        caught_up: false,
    };
    session.run().await
}

async fn principal(service: &Arc<Inner>, token: &str) -> Result<Principal, Close> {
    auth::authenticate(service, token)
        .await
        .map_err(|_| Close::Unauthorized)
}

/// What a client says: `{"type":"auth","token"}`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientMessage {
    Auth { token: String },
}

async fn first_token(socket: &mut WebSocket) -> Result<String, Close> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ClientMessage::Auth { token }) => Ok(token),
                    Err(_) => Err(Close::Unauthorized),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(Close::Unauthorized),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Close::Gone),
        }
    }
}

/// An authenticated stream.
struct Session<'a> {
    service: &'a Arc<Inner>,
    socket: &'a mut WebSocket,
    principal: Principal,
    rights: Rights,
    scope: Scope,
    follower: Follower,
    caught_up: bool,
}

impl Session<'_> {
    /// Sends what the log has and gets, until something ends it.
    async fn run(&mut self) -> Result<Close, Close> {
        let mut pings = interval_at(Instant::now() + PING, PING);
        let mut more = true;
        loop {
            let until = self.expiry();
            tokio::select! {
                biased;
                () = self.service.closing() => return Err(Close::Away),
                () = tokio::time::sleep_until(until) => return Err(Close::Unauthorized),
                received = self.socket.recv() => self.receive(received).await?,
                _ = pings.tick() => {
                    self.send(&StreamMessage::Ping { server_time: unix_millis() }).await?;
                }
                () = async { if !more { self.follower.wait().await } } => {
                    let look = self.follower.look().await.map_err(|_| Close::Away)?;
                    more = look.has_more;
                    self.pass_on(look).await?;
                }
            }
        }
    }

    /// When the token ends; far away if it does not.
    fn expiry(&self) -> Instant {
        let far = Duration::from_secs(86_400);
        let left = self.principal.expires_at.map_or(far, |end| {
            end.duration_since(SystemTime::now())
                .unwrap_or_default()
                .min(far)
        });
        Instant::now() + left
    }

    async fn receive(
        &mut self,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Close> {
        match received {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(ClientMessage::Auth { token }) => self.renew(&token).await,
                // A newer client may say more than this server knows.
                Err(_) => Ok(()),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Close::Gone),
        }
    }

    /// Another token of the same user. One of another user needs another stream, and other rights another cursor.
    async fn renew(&mut self, token: &str) -> Result<(), Close> {
        let renewed = principal(self.service, token).await?;
        if renewed.tenant_id != self.principal.tenant_id
            || renewed.user_id != self.principal.user_id
        {
            return Err(Close::Unauthorized);
        }
        if self.service.scope(&renewed) != self.scope {
            return Err(Close::CursorExpired);
        }
        self.principal = renewed;
        Ok(())
    }

    async fn pass_on(&mut self, look: Look) -> Result<(), Close> {
        let until = self.expiry();
        for event in &look.events {
            // A reader that takes its time must not outlive its token.
            if Instant::now() >= until {
                return Err(Close::Unauthorized);
            }
            let message = StreamMessage::Event {
                channel: &event.key.entity_type,
                event: EventMessage::of(event, &self.service.models, &self.rights),
                cursor: self.scope.cursor(event.seq),
            };
            send(self.socket, &message).await?;
        }
        if !look.has_more && !self.caught_up {
            self.caught_up = true;
            let message = StreamMessage::CaughtUp {
                cursor: self.scope.cursor(look.scanned),
                seq: look.scanned,
                server_time: unix_millis(),
            };
            self.send(&message).await?;
        }
        Ok(())
    }

    async fn send(&mut self, message: &StreamMessage<'_>) -> Result<(), Close> {
        send(self.socket, message).await
    }
}

/// Sends a message, which waits until the reader has room for it.
async fn send(socket: &mut WebSocket, message: &StreamMessage<'_>) -> Result<(), Close> {
    match timeout(
        READ_WITHIN,
        socket.send(Message::Text(message.json().into())),
    )
    .await
    {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Close::Gone),
        Err(_) => Err(Close::TooSlow),
    }
}

/// Says why and closes; a reader that takes nothing any more is dropped.
async fn end(mut socket: WebSocket, close: Close) {
    if close == Close::Gone {
        return;
    }
    let farewell = async {
        let reason = StreamMessage::Error { code: close.name() };
        socket.send(Message::Text(reason.json().into())).await?;
        socket
            .send(Message::Close(Some(CloseFrame {
                code: close.code(),
                reason: close.name().into(),
            })))
            .await?;
        // The client's own close frame, so that ours is not cut off.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<(), axum::Error>(())
    };
    // One that is too slow has what was sent before still to read.
    let within = match close {
        Close::TooSlow => READ_WITHIN,
        _ => Duration::from_secs(2),
    };
    let _ = timeout(within, farewell).await;
}
