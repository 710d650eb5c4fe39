//! What a reader begins with: the rows as they are, some at a time.

use super::{Offset, definition::Shape, snapshot_end};
use crate::{
    ingest::Replay,
    registry::Models,
    semantics::fold::Reducer,
    store::{Head, Result, Store},
};

/// How many rows are read at once.
const PAGE: u32 = 1_000;
/// About how many bytes a chunk has.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// A part of a snapshot.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Its messages, as JSON.
    pub(crate) messages: Vec<String>,
    /// Where to go on.
    pub(crate) next: Offset,
}

/// The rows of a shape after an id, as they were at a position of the log; from the start with the position of now.
pub(crate) async fn chunk(
    store: &dyn Store,
    models: &Models,
    shape: &Shape,
    tenant: &str,
    begun: Option<(u64, String)>,
) -> Result<Chunk> {
    let (mut at, mut after) = match begun {
        Some((seq, id)) => (Some(seq), Some(id)),
        None => (None, None),
    };
    let (mut messages, mut bytes) = (Vec::new(), 0);
    let Some(reducer) = models.reducer(&shape.entity) else {
        return Ok(Chunk {
            messages,
            next: Offset::At(at.unwrap_or(0)),
        });
    };
    loop {
        let page = store.heads_by_id(reducer.model, tenant, after.as_deref(), PAGE);
        let (heads, seq) = page.await?;
        let at = *at.get_or_insert(seq);
        let is_last = heads.len() < PAGE as usize;
        for head in heads {
            after = Some(head.key.entity_id.clone());
            let Some(head) = as_of(store, reducer, head, at).await? else {
                continue;
            };
            if let Some(state) = head.folded.state().filter(|state| shape.holds(state)) {
                let message = shape.row(&head.key.entity_id, state);
                bytes += message.len();
                messages.push(message);
            }
        }
        let next = match after.clone().filter(|_| !is_last) {
            None => {
                messages.push(snapshot_end(at));
                Offset::At(at)
            }
            Some(id) if bytes > CHUNK_BYTES => Offset::Within { seq: at, id },
            Some(_) => continue,
        };
        return Ok(Chunk { messages, next });
    }
}

/// A row as it was at a position of the log; `None`: it was not there yet.
async fn as_of(
    store: &dyn Store,
    reducer: Reducer<'_>,
    head: Head,
    at: u64,
) -> Result<Option<Head>> {
    if head.seq <= at {
        return Ok(Some(head));
    }
    let mut log = store.view().await?;
    let mut replay = Replay::of(&mut *log, reducer, &head.key).await?;
    Ok(replay.to(at).cloned())
}
