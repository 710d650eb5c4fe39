//! `GET /events/stream`: the stream as a WebSocket.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Extension,
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
use futures_util::SinkExt as _;
use serde::Deserialize;
use tokio::time::{Instant, interval_at, timeout, timeout_at};

use super::{
    App, Problem, auth,
    live::PING,
    messages::{self, StreamMessage},
    params::Params,
};
use crate::{
    feed::{Follower, Look, View, cursor::CursorError},
    ingest::writer::unix_millis,
    principal::Principal,
    serve::StalledAfter,
    service::Inner,
};

/// The subprotocol, beside which a token may stand.
const PROTOCOL: &str = "sync.v1";
/// How long a client may take to send its token.
const AUTH_WITHIN: Duration = Duration::from_secs(10);
/// How long a reader may keep a frame waiting.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// The most bytes of a client's message; tokens are all that clients send.
const MAX_MESSAGE: usize = 64 * 1024;
/// The library's own 128 KiB would be allocated for each idle connection. Clients say little.
const READ_BUFFER: usize = 2 * 1024;
/// So many bytes of messages are written at once. A stream that once had so much to send keeps the room for it, and for
/// one message more: 4 KiB, where that is not large.
const WRITE_BUFFER: usize = 3 * 1024;
/// The most messages of a client in a row, and how long until it may send one more. All that it has to say is a token
/// now and then; whoever floods is not listened to.
const MAX_SAID: u32 = 100;
const SAY_AGAIN: Duration = Duration::from_millis(250);

/// Why the server closes a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    BadCursor,
    BadChannel,
    Unauthorized,
    TooSlow,
    CursorExpired,
    /// The client says too much.
    TooLoud,
    /// The server's store has gone away.
    Away,
    /// The server goes.
    Leaving,
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
            Close::TooLoud => 1008,
            Close::Away | Close::Leaving => 1012,
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
            Close::TooLoud => "too_many_messages",
            Close::Away => "storage_unavailable",
            Close::Leaving => messages::GOING_AWAY,
            Close::Gone => "closed",
        }
    }
}

pub(super) async fn get(
    State(service): App,
    headers: HeaderMap,
    params: Params,
    stalled_after: Option<Extension<StalledAfter>>,
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
    if let Some(Extension(stalled_after)) = stalled_after {
        // First to find out, then to say so.
        stalled_after.at_least(2 * READ_WITHIN + Duration::from_secs(5));
    }
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_frame_size(MAX_MESSAGE)
        .max_message_size(MAX_MESSAGE)
        .on_upgrade(move |mut socket| async move {
            let _open = service.streams.token();
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
    let (scope, after) = service
        .try_position(&principal, params.get("since"))
        .await
        .map_err(|_| Close::Away)?
        .map_err(|error| match error {
            CursorError::Invalid => Close::BadCursor,
            CursorError::Expired => Close::CursorExpired,
        })?;
    let renewed = service.epoch.renewed(scope.epoch().to_owned());
    let view = View::new(scope, principal.rights(), types);
    let mut session = Session {
        follower: service.feed.follow(&principal.tenant_id, after, view),
        service,
        socket,
        principal,
        caught_up: false,
        patience: Patience::new(),
    };
    let _subscribed = service.metrics.subscribed("websocket");
    session.run(pin!(renewed)).await
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
    let mut patience = Patience::new();
    loop {
        patience.hear()?;
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
    follower: Follower,
    caught_up: bool,
    patience: Patience,
}

impl Session<'_> {
    /// Sends what the log has and gets, until something ends it.
    async fn run(
        &mut self,
        mut renewed: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Close, Close> {
        let mut pings = interval_at(Instant::now() + PING, PING);
        let mut more = true;
        loop {
            let until = self.expiry();
            tokio::select! {
                biased;
                () = self.service.closing() => return Err(Close::Leaving),
                () = tokio::time::sleep_until(until) => return Err(Close::Unauthorized),
                () = renewed.as_mut() => return Err(Close::CursorExpired),
                received = self.socket.recv() => self.receive(received).await?,
                _ = pings.tick() => {
                    let ping = StreamMessage::Ping { server_time: unix_millis() };
                    self.send(vec![Message::Text(ping.json().into())]).await?;
                }
                () = async { if !more { self.follower.wait().await } } => {
                    let models = &self.service.models;
                    let look = self
                        .follower
                        .look(|event, view| messages::entry(event, models, view))
                        .await
                        .map_err(|_| Close::Away)?;
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
        self.patience.hear()?;
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
        if self.service.scope(&renewed) != *self.follower.view().scope() {
            return Err(Close::CursorExpired);
        }
        self.principal = renewed;
        Ok(())
    }

    /// Sends a frame in as few writes as it takes: its messages are collected before they go out.
    async fn pass_on(&mut self, look: Look) -> Result<(), Close> {
        let caught_up = (!look.has_more && !self.caught_up).then(|| {
            self.caught_up = true;
            messages::caught_up(self.follower.view(), look.frame.scanned())
        });
        let texts = look.frame.records().iter().chain(&caught_up);
        let messages: Vec<Message> = texts
            .map(|record| Message::Text(record.text().clone()))
            .collect();
        if messages.is_empty() {
            return Ok(());
        }
        self.send(messages).await
    }

    /// Sends messages, which waits until the reader has room for them: not for long, and not beyond its token.
    async fn send(&mut self, messages: Vec<Message>) -> Result<(), Close> {
        let expiry = self.expiry();
        let limit = expiry.min(Instant::now() + READ_WITHIN);
        let sending = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        match timeout_at(limit, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::Gone),
            Err(_) if limit == expiry => Err(Close::Unauthorized),
            Err(_) => Err(Close::TooSlow),
        }
    }
}

/// How much a client may still say.
struct Patience {
    left: u32,
    since: Instant,
}

impl Patience {
    fn new() -> Self {
        Self {
            left: MAX_SAID,
            since: Instant::now(),
        }
    }

    /// Takes note of one more message.
    fn hear(&mut self) -> Result<(), Close> {
        let regained = self.since.elapsed().as_millis() / SAY_AGAIN.as_millis();
        if let Some(regained) = u32::try_from(regained)
            .ok()
            .filter(|regained| *regained > 0)
        {
            self.left = self.left.saturating_add(regained).min(MAX_SAID);
            self.since = Instant::now();
        }
        self.left = self.left.checked_sub(1).ok_or(Close::TooLoud)?;
        Ok(())
    }
}

/// Says why and closes; a reader that takes nothing any more is dropped.
async fn end(mut socket: WebSocket, close: Close) {
    if close == Close::Gone {
        return;
    }
    let farewell = async {
        let reason = StreamMessage::Error {
            code: close.name(),
            retry_after_ms: (close == Close::Leaving).then(messages::come_back_after),
        };
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
    // One that is stuck, whether it was found out or its token ended, has what was sent before still to read.
    let within = match close {
        Close::TooSlow | Close::Unauthorized => READ_WITHIN,
        _ => Duration::from_secs(2),
    };
    let _ = timeout(within, farewell).await;
}
