//! What the generator is made of.

use std::process::Command;

/// Installing it must not take a server, a database and a runtime along.
#[test]
fn the_generator_links_no_server() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "sync-gen",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.contains("sync-emitters"), "{tree}");
    for heavy in ["axum", "sqlx", "tokio", "libsqlite3-sys"] {
        let found = tree
            .lines()
            .find(|line| line.starts_with(&format!("{heavy} ")));
        assert_eq!(found, None, "{heavy}");
    }
}
