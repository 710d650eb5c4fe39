//! The restaurant, built and served.

use std::process::Command;

use crate::{
    run::{Outcome, cargo, npm_ci, program, root, step},
    tools,
};

/// The restaurant's page.
pub(crate) const WEB: &str = "examples/pos/web";
/// Where its client is generated to.
pub(crate) const CLIENT: &str = "examples/pos/web/src/sync";

/// `cargo xtask demo`
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// The port of the page and the API
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Where the log is kept
    #[arg(long, default_value = "sqlite://target/demo.db")]
    database: String,
}

impl Demo {
    pub(crate) fn run(&self) -> Outcome {
        build()?;
        eprintln!();
        let mut server = server();
        server
            .env("POS_BIND", format!("127.0.0.1:{}", self.port))
            .env("POS_DATABASE_URL", &self.database);
        let status = server
            .status()
            .map_err(|error| format!("the restaurant cannot be started: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the restaurant ended with {status}"))
        }
    }
}

/// Builds the backend, generates its client and builds the page.
pub(crate) fn build() -> Outcome {
    tools::node()?;
    step(
        "building the restaurant's backend",
        cargo().args(["build", "--package", "pos"]),
    )?;
    generate()?;
    npm_ci(WEB)?;
    step(
        "building its page",
        program("npm", WEB).args(["run", "--silent", "build"]),
    )
}

/// Writes the restaurant's client.
pub(crate) fn generate() -> Outcome {
    step(
        "generating its client",
        cargo()
            .args([
                "run",
                "--quiet",
                "--package",
                "sync-gen",
                "--bin",
                "cargo-sync-gen",
                "--",
            ])
            .args([
                "sync-gen",
                "--package",
                "pos",
                "--target",
                "ts",
                "--out",
                CLIENT,
            ]),
    )
}

/// The built backend.
pub(crate) fn server() -> Command {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let mut server = Command::new(target.join("debug/pos"));
    server
        .current_dir(root())
        .env("POS_WEB", root().join(WEB).join("dist"));
    server
}
