//! Every file that every target writes for every case, pinned under `snapshots/<target>/<case>/`.
//!
//! After a change: `INSTA_UPDATE=always cargo test -p sync-emitters --test golden`, then read the diff.

use std::path::{Path, PathBuf};

use sync_emitters::{ALL, Emitter, FileSet, generate};
use sync_runtime::schema::Schema;

mod cases;

use cases::cases;

#[test]
fn emitted_files_are_the_pinned_ones() {
    for (case, schema) in cases() {
        for emitter in ALL {
            let files = generate(*emitter, &schema).expect("files");
            let folder = folder(*emitter, case);
            for (path, text) in files.iter().filter(|(path, _)| !emitter.is_copied(path)) {
                pin(&folder, path, text);
            }
            check_for_lost_files(&folder, &files);
        }
    }
}

#[test]
fn what_sql_writes_for_rows_is_pinned() {
    let schema = cases::rows();
    for emitter in ALL.iter().filter(|emitter| emitter.target() == "sql") {
        let files = generate(*emitter, &schema).expect("files");
        let folder = folder(*emitter, "rows");
        for (path, text) in files
            .iter()
            .filter(|(path, _)| path.starts_with("client/") || *path == "schema.json")
        {
            pin(&folder, path, text);
        }
        check_for_lost_files(&folder, &files);
    }
}

/// The runtime's own tests run on the text that is written for the case of rows.
#[test]
fn the_runtimes_tests_have_the_emitted_database() {
    let emitter = sync_emitters::find("ts", None).expect("the target");
    let files = generate(emitter, &cases::rows()).expect("files");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript/runtime/test/models/db");
    for name in ["sqlite.ts", "postgres.ts"] {
        let text = files.get(&format!("db/{name}")).expect("it is written");
        let text = text.replace("'../store/", "'../../../src/store/");
        if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join(name), &text).expect("a file");
        }
        let kept = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            kept == text,
            "{name} is another: run with INSTA_UPDATE=always, as for the snapshots"
        );
    }
}

#[test]
fn forms_in_zod_are_pinned() {
    let emitter = sync_emitters::find("ts", None).and_then(Emitter::with_zod);
    let emitter = emitter.expect("a target with forms");
    for (case, schema) in cases() {
        if !["types", "repair"].contains(&case) {
            continue;
        }
        let files = generate(emitter, &schema).expect("files");
        let folder = folder(emitter, &format!("zod/{case}"));
        for (path, text) in files.iter() {
            if path.starts_with("forms/") && !emitter.is_copied(path) {
                pin(&folder, path, text);
            }
        }
        check_for_lost_files(&folder, &files);
    }
}

#[test]
fn no_target_leaves_a_mode_out() {
    let fixtures = cases().into_iter().find(|(case, _)| *case == "fixtures");
    let (_, schema) = fixtures.expect("the fixtures");
    // SQL has no function of Rust's, and says so of a custom effect.
    for emitter in ALL.iter().filter(|emitter| emitter.target() != "sql") {
        assert_eq!(emitter.left_out(&schema), None, "{}", emitter.target());
    }
}

#[test]
fn the_order_of_models_makes_no_difference() {
    for (case, schema) in cases() {
        let mut shuffled = schema.models().to_vec();
        shuffled.reverse();
        let shuffled = Schema::new(shuffled).expect("a sound schema");
        for emitter in ALL {
            let one = generate(*emitter, &schema).expect("files");
            let other = generate(*emitter, &shuffled).expect("files");
            assert!(one == other, "{} for {case}", emitter.target());
        }
    }
}

#[test]
fn no_models_are_no_reason_to_fail() {
    let schema = Schema::new(vec![]).expect("a sound schema");
    for emitter in ALL {
        generate(*emitter, &schema).expect("files");
    }
}

fn folder(emitter: &dyn Emitter, case: &str) -> PathBuf {
    let target = match emitter.target() {
        "ts" => "typescript",
        other => other,
    };
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../snapshots")
        .join(target)
        .join(emitter.dialect().unwrap_or_default())
        .join(case)
}

/// A snapshot per file, with the file's own folders.
fn pin(folder: &Path, path: &str, text: &str) {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    insta::with_settings!({
        snapshot_path => folder.join(parent),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

/// A pinned file that is no longer written.
fn check_for_lost_files(folder: &Path, files: &FileSet) {
    let mut pinned = Vec::new();
    walk(folder, "", &mut pinned);
    for path in pinned {
        assert!(
            files.get(&path).is_some(),
            "{path} is no longer written; remove its snapshot from {}",
            folder.display()
        );
    }
}

fn walk(folder: &Path, prefix: &str, into: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{prefix}{name}/"), into);
        } else if let Some(file) = name.strip_suffix(".snap") {
            into.push(format!("{prefix}{file}"));
        }
    }
}
