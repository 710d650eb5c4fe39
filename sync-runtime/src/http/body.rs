//! Reading a request's body: of a size, within a time, and of what the server has room for.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::StatusCode};
use futures_util::StreamExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::Problem;
use crate::ingest::writer::WriteError;

/// The most bytes beyond a body's limit that are read to be thrown away.
const MAX_BEYOND: usize = 64 * 1024 * 1024;
/// What room is counted in, in bytes.
const UNIT: usize = 16 * 1024;

/// The room that all bodies together may take, until they are answered.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    units: Arc<Semaphore>,
    max: usize,
}

/// A body, and the room that it takes for as long as it lives.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

/// Limits of one body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most bytes.
    pub(super) bytes: usize,
    /// From the first to the last.
    pub(super) within: Duration,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let max = bytes.div_ceil(UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            units: Arc::new(Semaphore::new(max)),
            max,
        }
    }

    /// Reads a body. What comes beyond its limit is thrown away, up to another: a client that is still sending when the
    /// connection closes would not see the answer.
    ///
    /// # Errors
    ///
    /// It ends before its time, takes too long or too much.
    pub(super) async fn read(&self, body: Body, limits: Limits) -> Result<Taken, Problem> {
        timeout(limits.within, self.read_all(body, limits.bytes))
            .await
            .unwrap_or_else(|_| {
                Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "request_timeout",
                    format!(
                        "the body did not arrive within {} s",
                        limits.within.as_secs_f32()
                    ),
                ))
            })
    }

    async fn read_all(&self, body: Body, max: usize) -> Result<Taken, Problem> {
        let mut chunks = body.into_data_stream();
        let (mut taken, mut beyond) = (Taken::default(), 0);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    "malformed_json",
                    "the body ends before its time",
                )
            })?;
            if beyond == 0 && taken.bytes.len() + chunk.len() <= max {
                self.make_room(&mut taken, chunk.len())?;
                taken.bytes.extend_from_slice(&chunk);
                continue;
            }
            taken = Taken::default();
            beyond += chunk.len();
            if beyond > MAX_BEYOND {
                break;
            }
        }
        match beyond {
            0 => Ok(taken),
            _ => Err(Problem::batch_too_large(max, "bytes")),
        }
    }

    fn make_room(&self, taken: &mut Taken, more: usize) -> Result<(), Problem> {
        let held = taken
            .room
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        // One body alone always fits.
        let wanted = (taken.bytes.len() + more).div_ceil(UNIT).min(self.max);
        let Some(missing) = u32::try_from(wanted.saturating_sub(held))
            .ok()
            .filter(|missing| *missing > 0)
        else {
            return Ok(());
        };
        let permit = self
            .units
            .clone()
            .try_acquire_many_owned(missing)
            .map_err(|_| Problem::from(WriteError::Overloaded))?;
        match &mut taken.room {
            Some(room) => room.merge(permit),
            None => taken.room = Some(permit),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 1 << 20,
        within: Duration::from_secs(5),
    };

    #[tokio::test]
    async fn bodies_share_a_room_and_leave_it() {
        let room = Room::new(3 * UNIT);
        let two = room.read(vec![7; 2 * UNIT].into(), LIMITS).await.unwrap();
        assert_eq!(two.bytes.len(), 2 * UNIT);
        assert!(room.read(vec![7; 2 * UNIT].into(), LIMITS).await.is_err());
        let one = room.read(vec![7; UNIT].into(), LIMITS).await.unwrap();
        drop((one, two));
        // One that is larger than the room goes in alone.
        assert!(room.read(vec![7; 9 * UNIT].into(), LIMITS).await.is_ok());
        assert_eq!(room.units.available_permits(), 3);
    }
}
