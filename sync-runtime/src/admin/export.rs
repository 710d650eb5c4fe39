//! `export`: a tenant's log as NDJSON, an event a line in log order, as an owner reads it from `/events/since`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use serde_json::json;

use super::{AdminError, Context, Verdict, entities::check_tenant, progress::Progress};
use crate::{http::EventMessage, semantics::access::Rights};

/// The most events that are read at once.
const PAGE: u32 = 1_000;

pub(super) async fn export(
    context: &Context,
    tenant: &str,
    file: Option<PathBuf>,
) -> Result<Verdict, AdminError> {
    check_tenant(tenant)?;
    let file = file.filter(|path| path.as_os_str() != "-");
    let failed = |source| AdminError::File {
        context: match &file {
            Some(path) => format!("writing {}", path.display()),
            None => "writing to standard output".to_owned(),
        },
        source,
    };
    let mut out: Box<dyn Write + Send> = match &file {
        Some(path) => Box::new(File::create(path).map_err(failed)?),
        None => Box::new(io::stdout()),
    };
    let mut out = BufWriter::with_capacity(64 * 1024, &mut out);
    let rights = Rights::owner();
    // What is written meanwhile is not waited for: the export is the log as it is now.
    let end = context.store.last_seq(tenant).await?;
    let mut progress = Progress::new("events", Some(end));
    let (mut after, mut written) = (0, 0_u64);
    while after < end {
        let page = context.store.read_log(tenant, after, None, PAGE).await?;
        for event in page.events.iter().filter(|event| event.seq <= end) {
            let line = EventMessage::of(event, &context.models, &rights).whole(event);
            serde_json::to_writer(&mut out, &line).map_err(|error| failed(error.into()))?;
            out.write_all(b"\n").map_err(failed)?;
            written += 1;
            progress.add(1);
        }
        if !page.has_more {
            break;
        }
        after = page.scanned;
    }
    out.flush().map_err(failed)?;
    progress.end();
    if file.is_some() {
        context.report.end(
            &format!("{written} events of {tenant} written"),
            json!({ "kind": "end", "events": written }),
        );
    }
    Ok(Verdict::Well)
}
