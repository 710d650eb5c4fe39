//! `import`: what `export` wrote, back into a tenant's log. Events keep their positions, times and writers; clients start
//! again from snapshots, because the log's epoch is new.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::PathBuf,
};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{AdminError, Context, Verdict, entities::check_tenant, progress::Progress};
use crate::{
    ingest::{
        group::{Grouping, Refused, Restored},
        incoming::normal_entity_id,
    },
    registry::Models,
    schema::Mode,
    semantics::{hlc::Clock, payload, time},
    store::{EntityKey, RowChange, StoredEvent},
};

/// The most events of one transaction.
const AT_ONCE: usize = 500;
/// The most bytes of a line; an event is smaller.
const MAX_LINE: u64 = 2 * 1024 * 1024;

pub(super) async fn import(
    context: &Context,
    tenant: &str,
    file: Option<PathBuf>,
) -> Result<Verdict, AdminError> {
    check_tenant(tenant)?;
    let file = file.filter(|path| path.as_os_str() != "-");
    let failed = |source| AdminError::File {
        context: match &file {
            Some(path) => format!("reading {}", path.display()),
            None => "reading standard input".to_owned(),
        },
        source,
    };
    let reader: Box<dyn BufRead + Send> = match &file {
        Some(path) => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
        None => Box::new(BufReader::new(io::stdin())),
    };
    let mut lines = Lines { reader, number: 0 };
    let mut progress = Progress::new("events", None);
    let mut total = Restored::default();
    let refused = loop {
        let mut chunk = Chunk::default();
        let mut wrong = None;
        while chunk.events.len() < AT_ONCE {
            let Some(line) = lines.next().map_err(failed)? else {
                break;
            };
            // An empty line is nobody's.
            if line.trim().is_empty() {
                continue;
            }
            match parse(&context.models, tenant, &line) {
                Ok(event) => {
                    chunk.events.push(event);
                    chunk.lines.push(lines.number);
                }
                Err(reason) => {
                    wrong = Some((lines.number, reason));
                    break;
                }
            }
        }
        let count = chunk.events.len() as u64;
        match restore(context, tenant, chunk.events).await? {
            Ok(done) => {
                total.added += done.added;
                total.known += done.known;
                progress.add(count);
            }
            Err(Refused { index, reason }) => {
                let line = chunk.lines.get(index).copied().unwrap_or(lines.number);
                break Some((line, reason));
            }
        }
        if wrong.is_some() || count < AT_ONCE as u64 {
            break wrong;
        }
    };
    progress.end();
    if let Some((line, reason)) = &refused {
        context.report.refused(*line, reason);
    }
    context.report.end(
        &format!(
            "{} events of {tenant} imported, {} were there already",
            total.added, total.known
        ),
        json!({ "kind": "end", "added": total.added, "known": total.known }),
    );
    Ok(match refused {
        Some(_) => Verdict::Wrong,
        None => Verdict::Well,
    })
}

#[derive(Default)]
struct Chunk {
    events: Vec<StoredEvent>,
    /// The line of each.
    lines: Vec<u64>,
}

async fn restore(
    context: &Context,
    tenant: &str,
    events: Vec<StoredEvent>,
) -> Result<Result<Restored, Refused>, AdminError> {
    if events.is_empty() {
        return Ok(Ok(Restored::default()));
    }
    // Nothing is stamped.
    let mut clock = Clock::new(0);
    let group = context.begin().await?;
    Ok(Grouping::restore(&context.models, &mut clock, group, tenant, events).await?)
}

/// Lines of a file, of bounded length.
struct Lines {
    reader: Box<dyn BufRead + Send>,
    number: u64,
}

impl Lines {
    fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut limited = io::Read::take(&mut self.reader, MAX_LINE);
        let read = limited.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == MAX_LINE {
            let too_long = format!("line {} is too long to be an event", self.number);
            return Err(io::Error::new(io::ErrorKind::InvalidData, too_long));
        }
        // What is no text is no JSON, and is refused as such.
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}

/// A line as `export` writes it.
#[derive(Deserialize)]
struct Line {
    id: String,
    event_type: String,
    entity_type: String,
    entity_id: String,
    payload: Map<String, Value>,
    timestamp: String,
    schema_version: u32,
    user_id: String,
    idempotency_key: String,
    seq: u64,
    received_at: String,
    #[serde(default)]
    change: Option<RowChange>,
}

/// Reads a line, and checks all that needs no log.
fn parse(models: &Models, tenant: &str, line: &str) -> Result<StoredEvent, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = uuid::Uuid::try_parse(&line.id)
        .ok()
        .map(|id| id.hyphenated().to_string())
        .filter(|id| *id == line.id)
        .ok_or("/id: it is no UUID in lower case")?;
    let model = models
        .model(&line.entity_type)
        .ok_or_else(|| format!("/entity_type: there is no model `{}`", line.entity_type))?;
    let event = model
        .event_of_type(&line.event_type)
        .ok_or_else(|| format!("/event_type: `{}` is not declared", line.event_type))?;
    let entity_id = normal_entity_id(model, line.entity_id.clone())
        .map_err(|invalid| format!("/entity_id: {invalid}"))?;
    if line.schema_version == 0 || line.schema_version > model.version {
        return Err(format!(
            "/schema_version: {} is not one of 1 to {}",
            line.schema_version, model.version
        ));
    }
    if line.schema_version == model.version {
        payload::normal(model, event, Value::Object(line.payload.clone()))
            .map_err(|invalid| invalid.under("payload").to_string())?;
    }
    if (model.mode == Mode::Rows) != line.change.is_some() {
        return Err("/change: the change of a row has one, and no other event".to_owned());
    }
    if line.idempotency_key.len() > 128 {
        return Err("/idempotency_key: at most 128 bytes".to_owned());
    }
    let stamp = line
        .timestamp
        .parse()
        .map_err(|error| format!("/timestamp: {error}"))?;
    let received_at = time::to_millis(&line.received_at)
        .ok_or("/received_at: it is no time in UTC with three decimals")?;
    if line.seq == 0 {
        return Err("/seq: positions are counted from 1".to_owned());
    }
    Ok(StoredEvent {
        key: EntityKey {
            tenant: tenant.to_owned(),
            entity_type: line.entity_type,
            entity_id,
        },
        seq: line.seq,
        id,
        event_type: line.event_type,
        payload: line.payload,
        stamp,
        schema_version: line.schema_version,
        user_id: line.user_id,
        idempotency_key: line.idempotency_key,
        received_at,
        change: line.change,
    })
}
