//! What is the same for every project: real Swift, tested under `runtime/`, copied as it is.

/// A file of the runtime: its path below `runtime/`, which is that in the package, and its text.
macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("runtime/", $path)))
    };
}

/// Path and text of each file.
pub(super) const FILES: &[(&str, &str)] = &[
    file!("Sources/CSQLite/module.modulemap"),
    file!("Sources/CSQLite/shim.h"),
    file!("Sources/SyncRuntime/Apple/KeychainToken.swift"),
    file!("Sources/SyncRuntime/Apple/SyncQuery.swift"),
    file!("Sources/SyncRuntime/Client/AccessRules.swift"),
    file!("Sources/SyncRuntime/Client/ChangeHub.swift"),
    file!("Sources/SyncRuntime/Client/EntitySource.swift"),
    file!("Sources/SyncRuntime/Client/History.swift"),
    file!("Sources/SyncRuntime/Client/LiveList.swift"),
    file!("Sources/SyncRuntime/Client/LiveModels.swift"),
    file!("Sources/SyncRuntime/Client/SyncClient.swift"),
    file!("Sources/SyncRuntime/Client/SyncClientCore.swift"),
    file!("Sources/SyncRuntime/Client/SyncCollection.swift"),
    file!("Sources/SyncRuntime/Client/SyncStatus.swift"),
    file!("Sources/SyncRuntime/Client/SyncStore.swift"),
    file!("Sources/SyncRuntime/Clock/HybridClock.swift"),
    file!("Sources/SyncRuntime/Clock/Stamp.swift"),
    file!("Sources/SyncRuntime/Fold/Effects.swift"),
    file!("Sources/SyncRuntime/Fold/ModelMode.swift"),
    file!("Sources/SyncRuntime/Fold/ModelRules.swift"),
    file!("Sources/SyncRuntime/Fold/SyncModel.swift"),
    file!("Sources/SyncRuntime/JSON/JSONParser.swift"),
    file!("Sources/SyncRuntime/JSON/JSONValue.swift"),
    file!("Sources/SyncRuntime/JSON/JSONWriter.swift"),
    file!("Sources/SyncRuntime/PrivacyInfo.xcprivacy"),
    file!("Sources/SyncRuntime/Rows/RowConflict.swift"),
    file!("Sources/SyncRuntime/Rows/RowMode.swift"),
    file!("Sources/SyncRuntime/Rows/RowOutbox.swift"),
    file!("Sources/SyncRuntime/Rows/RowTable.swift"),
    file!("Sources/SyncRuntime/Rows/SyncDatabase+Rows.swift"),
    file!("Sources/SyncRuntime/Store/Count.swift"),
    file!("Sources/SyncRuntime/Store/EventMode.swift"),
    file!("Sources/SyncRuntime/Store/EventStore.swift"),
    file!("Sources/SyncRuntime/Store/FoldHead.swift"),
    file!("Sources/SyncRuntime/Store/HeldFolds.swift"),
    file!("Sources/SyncRuntime/Store/LocalStore.swift"),
    file!("Sources/SyncRuntime/Store/LoggedEvent.swift"),
    file!("Sources/SyncRuntime/Store/Outbox.swift"),
    file!("Sources/SyncRuntime/Store/OwnerOnly.swift"),
    file!("Sources/SyncRuntime/Store/Pruning.swift"),
    file!("Sources/SyncRuntime/Store/SQLite.swift"),
    file!("Sources/SyncRuntime/Store/ServerSnapshot.swift"),
    file!("Sources/SyncRuntime/Store/SyncDatabase+Feed.swift"),
    file!("Sources/SyncRuntime/Store/SyncDatabase+Outbox.swift"),
    file!("Sources/SyncRuntime/Store/SyncDatabase.swift"),
    file!("Sources/SyncRuntime/Store/Tables.swift"),
    file!("Sources/SyncRuntime/Sync/Backoff.swift"),
    file!("Sources/SyncRuntime/Sync/PlainAPI.swift"),
    file!("Sources/SyncRuntime/Sync/ServerAPI.swift"),
    file!("Sources/SyncRuntime/Sync/ServerSentEvents.swift"),
    file!("Sources/SyncRuntime/Sync/SyncEngine+Feed.swift"),
    file!("Sources/SyncRuntime/Sync/SyncEngine.swift"),
    file!("Sources/SyncRuntime/Sync/TokenProvider.swift"),
    file!("Sources/SyncRuntime/Sync/Transport.swift"),
    file!("Sources/SyncRuntime/SyncError.swift"),
    file!("Sources/SyncRuntime/Wire/Codable.swift"),
    file!("Sources/SyncRuntime/Wire/Collections.swift"),
    file!("Sources/SyncRuntime/Wire/FieldRules.swift"),
    file!("Sources/SyncRuntime/Wire/FixedList.swift"),
    file!("Sources/SyncRuntime/Wire/Integers.swift"),
    file!("Sources/SyncRuntime/Wire/Numbers.swift"),
    file!("Sources/SyncRuntime/Wire/Strings.swift"),
    file!("Sources/SyncRuntime/Wire/Text.swift"),
    file!("Sources/SyncRuntime/Wire/Times.swift"),
    file!("Sources/SyncRuntime/Wire/Tuples.swift"),
    file!("Sources/SyncRuntime/Wire/Whole.swift"),
    file!("Sources/SyncRuntime/Wire/WireMember.swift"),
    file!("Sources/SyncRuntime/Wire/WireValue.swift"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_source_is_listed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("swift/runtime");
        let mut pending = vec![root.join("Sources")];
        let mut found = Vec::new();
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => pending.push(path),
                    false => {
                        let path = path.strip_prefix(&root).expect("below it");
                        found.push(path.to_string_lossy().into_owned());
                    }
                }
            }
        }
        found.sort();
        let listed: Vec<&str> = super::FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, found);
    }
}
