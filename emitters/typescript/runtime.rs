//! What is the same for every project: real TypeScript, tested under `runtime/`, copied as it is.

/// Path in the output, which is that below `runtime/src`, and text; sorted.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "client/access.ts",
        include_str!("runtime/src/client/access.ts"),
    ),
    ("client/auth.ts", include_str!("runtime/src/client/auth.ts")),
    (
        "client/change.ts",
        include_str!("runtime/src/client/change.ts"),
    ),
    (
        "client/collection.ts",
        include_str!("runtime/src/client/collection.ts"),
    ),
    (
        "client/config.ts",
        include_str!("runtime/src/client/config.ts"),
    ),
    (
        "client/conflict.ts",
        include_str!("runtime/src/client/conflict.ts"),
    ),
    ("client/http.ts", include_str!("runtime/src/client/http.ts")),
    (
        "client/loadSession.ts",
        include_str!("runtime/src/client/loadSession.ts"),
    ),
    (
        "client/network.ts",
        include_str!("runtime/src/client/network.ts"),
    ),
    (
        "client/pages.ts",
        include_str!("runtime/src/client/pages.ts"),
    ),
    (
        "client/platform.ts",
        include_str!("runtime/src/client/platform.ts"),
    ),
    (
        "client/session.ts",
        include_str!("runtime/src/client/session.ts"),
    ),
    (
        "client/status.ts",
        include_str!("runtime/src/client/status.ts"),
    ),
    ("client/sync.ts", include_str!("runtime/src/client/sync.ts")),
    (
        "client/uplink.ts",
        include_str!("runtime/src/client/uplink.ts"),
    ),
    (
        "devtools/diff.ts",
        include_str!("runtime/src/devtools/diff.ts"),
    ),
    (
        "devtools/dom.ts",
        include_str!("runtime/src/devtools/dom.ts"),
    ),
    (
        "devtools/entities.ts",
        include_str!("runtime/src/devtools/entities.ts"),
    ),
    (
        "devtools/lists.ts",
        include_str!("runtime/src/devtools/lists.ts"),
    ),
    (
        "devtools/panel.ts",
        include_str!("runtime/src/devtools/panel.ts"),
    ),
    (
        "devtools/report.ts",
        include_str!("runtime/src/devtools/report.ts"),
    ),
    (
        "devtools/style.ts",
        include_str!("runtime/src/devtools/style.ts"),
    ),
    (
        "devtools/trail.ts",
        include_str!("runtime/src/devtools/trail.ts"),
    ),
    ("errors.ts", include_str!("runtime/src/errors.ts")),
    (
        "hooks/context.ts",
        include_str!("runtime/src/hooks/context.ts"),
    ),
    (
        "hooks/useEntity.ts",
        include_str!("runtime/src/hooks/useEntity.ts"),
    ),
    (
        "hooks/useSyncStatus.ts",
        include_str!("runtime/src/hooks/useSyncStatus.ts"),
    ),
    (
        "materializers/utils.ts",
        include_str!("runtime/src/materializers/utils.ts"),
    ),
    ("model.ts", include_str!("runtime/src/model.ts")),
    (
        "schemas/combine.ts",
        include_str!("runtime/src/schemas/combine.ts"),
    ),
    (
        "schemas/lift.ts",
        include_str!("runtime/src/schemas/lift.ts"),
    ),
    (
        "schemas/validate.ts",
        include_str!("runtime/src/schemas/validate.ts"),
    ),
    (
        "store/adapters/browser.ts",
        include_str!("runtime/src/store/adapters/browser.ts"),
    ),
    (
        "store/adapters/disk.ts",
        include_str!("runtime/src/store/adapters/disk.ts"),
    ),
    (
        "store/adapters/indexeddb.ts",
        include_str!("runtime/src/store/adapters/indexeddb.ts"),
    ),
    (
        "store/adapters/memory.ts",
        include_str!("runtime/src/store/adapters/memory.ts"),
    ),
    (
        "store/adapters/node.ts",
        include_str!("runtime/src/store/adapters/node.ts"),
    ),
    (
        "store/adapters/nowhere.ts",
        include_str!("runtime/src/store/adapters/nowhere.ts"),
    ),
    (
        "store/adapters/sql/database.ts",
        include_str!("runtime/src/store/adapters/sql/database.ts"),
    ),
    (
        "store/adapters/sql/disk.ts",
        include_str!("runtime/src/store/adapters/sql/disk.ts"),
    ),
    (
        "store/adapters/sql/pglite.ts",
        include_str!("runtime/src/store/adapters/sql/pglite.ts"),
    ),
    (
        "store/adapters/sql/sqlite.ts",
        include_str!("runtime/src/store/adapters/sql/sqlite.ts"),
    ),
    (
        "store/adapters/worker/files.ts",
        include_str!("runtime/src/store/adapters/worker/files.ts"),
    ),
    (
        "store/adapters/worker/host.ts",
        include_str!("runtime/src/store/adapters/worker/host.ts"),
    ),
    (
        "store/adapters/worker/ownership.ts",
        include_str!("runtime/src/store/adapters/worker/ownership.ts"),
    ),
    (
        "store/adapters/worker/protocol.ts",
        include_str!("runtime/src/store/adapters/worker/protocol.ts"),
    ),
    (
        "store/adapters/worker/remote.ts",
        include_str!("runtime/src/store/adapters/worker/remote.ts"),
    ),
    (
        "store/asking.ts",
        include_str!("runtime/src/store/asking.ts"),
    ),
    ("store/codec.ts", include_str!("runtime/src/store/codec.ts")),
    (
        "store/compaction.ts",
        include_str!("runtime/src/store/compaction.ts"),
    ),
    ("store/db.ts", include_str!("runtime/src/store/db.ts")),
    (
        "store/decisions.ts",
        include_str!("runtime/src/store/decisions.ts"),
    ),
    (
        "store/engineMachine.ts",
        include_str!("runtime/src/store/engineMachine.ts"),
    ),
    (
        "store/entityLog.ts",
        include_str!("runtime/src/store/entityLog.ts"),
    ),
    (
        "store/eventStore.ts",
        include_str!("runtime/src/store/eventStore.ts"),
    ),
    ("store/fold.ts", include_str!("runtime/src/store/fold.ts")),
    (
        "store/follower.ts",
        include_str!("runtime/src/store/follower.ts"),
    ),
    ("store/hlc.ts", include_str!("runtime/src/store/hlc.ts")),
    ("store/ids.ts", include_str!("runtime/src/store/ids.ts")),
    (
        "store/journal.ts",
        include_str!("runtime/src/store/journal.ts"),
    ),
    (
        "store/keeping.ts",
        include_str!("runtime/src/store/keeping.ts"),
    ),
    (
        "store/ledger.ts",
        include_str!("runtime/src/store/ledger.ts"),
    ),
    (
        "store/loader.ts",
        include_str!("runtime/src/store/loader.ts"),
    ),
    ("store/log.ts", include_str!("runtime/src/store/log.ts")),
    (
        "store/logEntry.ts",
        include_str!("runtime/src/store/logEntry.ts"),
    ),
    (
        "store/mirror.ts",
        include_str!("runtime/src/store/mirror.ts"),
    ),
    (
        "store/outbox.ts",
        include_str!("runtime/src/store/outbox.ts"),
    ),
    (
        "store/packWriter.ts",
        include_str!("runtime/src/store/packWriter.ts"),
    ),
    (
        "store/pageTable.ts",
        include_str!("runtime/src/store/pageTable.ts"),
    ),
    (
        "store/pageWriter.ts",
        include_str!("runtime/src/store/pageWriter.ts"),
    ),
    ("store/pages.ts", include_str!("runtime/src/store/pages.ts")),
    (
        "store/receiving.ts",
        include_str!("runtime/src/store/receiving.ts"),
    ),
    (
        "store/refusal.ts",
        include_str!("runtime/src/store/refusal.ts"),
    ),
    (
        "store/restamp.ts",
        include_str!("runtime/src/store/restamp.ts"),
    ),
    (
        "store/rights.ts",
        include_str!("runtime/src/store/rights.ts"),
    ),
    (
        "store/sendable.ts",
        include_str!("runtime/src/store/sendable.ts"),
    ),
    ("store/snap.ts", include_str!("runtime/src/store/snap.ts")),
    (
        "store/sorted.ts",
        include_str!("runtime/src/store/sorted.ts"),
    ),
    (
        "store/stream.ts",
        include_str!("runtime/src/store/stream.ts"),
    ),
    (
        "store/syncEngine.ts",
        include_str!("runtime/src/store/syncEngine.ts"),
    ),
    ("store/tabs.ts", include_str!("runtime/src/store/tabs.ts")),
    ("store/tail.ts", include_str!("runtime/src/store/tail.ts")),
    (
        "store/timing.ts",
        include_str!("runtime/src/store/timing.ts"),
    ),
    (
        "store/upkeep.ts",
        include_str!("runtime/src/store/upkeep.ts"),
    ),
    ("store/warm.ts", include_str!("runtime/src/store/warm.ts")),
    (
        "store/watchers.ts",
        include_str!("runtime/src/store/watchers.ts"),
    ),
];

/// The same, of projects with models of rows alone.
pub(super) const ROWS: &[(&str, &str)] = &[
    (
        "hooks/useRows.ts",
        include_str!("runtime/src/hooks/useRows.ts"),
    ),
    ("rows/book.ts", include_str!("runtime/src/rows/book.ts")),
    (
        "rows/collectionOptions.ts",
        include_str!("runtime/src/rows/collectionOptions.ts"),
    ),
    (
        "rows/conflicts.ts",
        include_str!("runtime/src/rows/conflicts.ts"),
    ),
    ("rows/mode.ts", include_str!("runtime/src/rows/mode.ts")),
    ("rows/queue.ts", include_str!("runtime/src/rows/queue.ts")),
    (
        "rows/refused.ts",
        include_str!("runtime/src/rows/refused.ts"),
    ),
    ("rows/row.ts", include_str!("runtime/src/rows/row.ts")),
    ("rows/rowLog.ts", include_str!("runtime/src/rows/rowLog.ts")),
    ("rows/rows.ts", include_str!("runtime/src/rows/rows.ts")),
    ("rows/rules.ts", include_str!("runtime/src/rows/rules.ts")),
];

/// The same, for projects with rows models: their tables in a database of SQL.
pub(super) const ROWS_SQL: &[(&str, &str)] = &[
    (
        "store/adapters/sql/rows/capture.ts",
        include_str!("runtime/src/store/adapters/sql/rows/capture.ts"),
    ),
    (
        "store/adapters/sql/rows/conflicts.ts",
        include_str!("runtime/src/store/adapters/sql/rows/conflicts.ts"),
    ),
    (
        "store/adapters/sql/rows/install.ts",
        include_str!("runtime/src/store/adapters/sql/rows/install.ts"),
    ),
    (
        "store/adapters/sql/rows/outbox.ts",
        include_str!("runtime/src/store/adapters/sql/rows/outbox.ts"),
    ),
    (
        "store/adapters/sql/rows/query.ts",
        include_str!("runtime/src/store/adapters/sql/rows/query.ts"),
    ),
    (
        "store/adapters/sql/rows/schema.ts",
        include_str!("runtime/src/store/adapters/sql/rows/schema.ts"),
    ),
    (
        "store/adapters/sql/rows/server.ts",
        include_str!("runtime/src/store/adapters/sql/rows/server.ts"),
    ),
    (
        "store/adapters/sql/rows/tables.ts",
        include_str!("runtime/src/store/adapters/sql/rows/tables.ts"),
    ),
];

/// What only models in api mode need: these hooks stand on TanStack Query, which other applications do not have.
pub(super) const API: &[(&str, &str)] = &[
    ("client/api.ts", include_str!("runtime/src/client/api.ts")),
    (
        "hooks/queries.ts",
        include_str!("runtime/src/hooks/queries.ts"),
    ),
    (
        "hooks/useApi.ts",
        include_str!("runtime/src/hooks/useApi.ts"),
    ),
    (
        "hooks/writes.ts",
        include_str!("runtime/src/hooks/writes.ts"),
    ),
];

/// What the forms stand on: the one file that imports zod, for whoever asks for them.
pub(super) const ZOD: &[(&str, &str)] =
    &[("forms/zod.ts", include_str!("runtime/src/forms/zod.ts"))];

/// The paths of all of them.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    [FILES, ROWS, ROWS_SQL, API, ZOD]
        .into_iter()
        .flatten()
        .map(|(path, _)| *path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_listed() {
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript/runtime/src");
        walk(&root, "", &mut found);
        found.sort();
        for list in [FILES, ROWS, ROWS_SQL, API] {
            assert!(list.is_sorted_by_key(|(path, _)| *path));
        }
        let mut listed: Vec<&str> = all().collect();
        listed.sort_unstable();
        assert_eq!(
            found, listed,
            "list every file of runtime/src in runtime.rs"
        );
    }

    fn walk(folder: &Path, prefix: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the runtime") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{prefix}{name}/"), into);
            } else {
                into.push(format!("{prefix}{name}"));
            }
        }
    }
}
