//! Every test, and what they need.

use crate::{
    conformance::{self, Target},
    demo,
    run::{Outcome, cargo, npm_ci, program, root, step},
    swift, tools,
};

/// What is tested beyond the default features.
const FEATURES: &str = "sync-fixtures/jwt,sync-fixtures/postgres-tls";

/// `cargo xtask test`
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Only these parts; all if none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
}

/// A part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Formatting and lints of the Rust crates
    Lint,
    /// The Rust crates
    Rust,
    /// The TypeScript runtime, and the generated TypeScript
    Ts,
    /// The Swift runtime, and the generated Swift
    Swift,
    /// The conformance cases, against every target
    Conformance,
    /// The OpenAPI document, by the tools that others read it with
    Openapi,
    /// In Chromium: the runtime's store and tabs, and the restaurant against the real server
    E2e,
}

impl Part {
    const ALL: [Self; 7] = [
        Part::Lint,
        Part::Rust,
        Part::Ts,
        Part::Swift,
        Part::Conformance,
        Part::Openapi,
        Part::E2e,
    ];

    fn run(self) -> Outcome {
        match self {
            Part::Lint => lint(),
            Part::Rust => step(
                "Rust tests",
                cargo().args([
                    "test",
                    "--workspace",
                    "--features",
                    FEATURES,
                    "--no-fail-fast",
                    "--quiet",
                ]),
            ),
            Part::Ts => typescript(),
            Part::Swift => swift::test(),
            Part::Conformance => {
                for target in [
                    Target::Rust,
                    Target::Ts,
                    Target::Swift,
                    Target::Sqlite,
                    Target::Postgres,
                ] {
                    conformance::run(target, Vec::new())?;
                }
                Ok(())
            }
            Part::Openapi => openapi(),
            Part::E2e => e2e(),
        }
    }
}

impl Test {
    pub(crate) fn run(&self) -> Outcome {
        let parts = if self.parts.is_empty() {
            &Part::ALL[..]
        } else {
            &self.parts[..]
        };
        tools::node()?;
        if parts.contains(&Part::E2e) {
            // First, so that a machine that lacks it says so before an hour's work.
            tools::chromium()?;
        }
        if parts.contains(&Part::Swift) || parts.contains(&Part::Conformance) {
            swift::toolchain()?;
        }
        if parts.contains(&Part::Rust) {
            tools::brokers()?;
            npm_ci("emitters/sql/check/pglite")?;
            npm_ci("tools/electric")?;
        }
        if parts.contains(&Part::Rust) || parts.contains(&Part::Conformance) {
            tools::postgres()?;
        }
        for part in parts {
            part.run()?;
        }
        eprintln!("\nAll parts passed: {parts:?}");
        Ok(())
    }
}

fn lint() -> Outcome {
    step("formatting", cargo().args(["fmt", "--all", "--check"]))?;
    step(
        "clippy",
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ]),
    )?;
    // What a user's build turns on: his terminal is not to show our warnings.
    for features in ["", "sqlite", "postgres"] {
        step(
            &format!("clippy of the runtime, features: [{features}]"),
            cargo().args([
                "clippy",
                "--package",
                "sync-runtime",
                "--no-default-features",
                "--features",
                features,
                "--quiet",
                "--",
                "--deny",
                "warnings",
            ]),
        )?;
    }
    Ok(())
}

fn typescript() -> Outcome {
    for (folder, scripts) in [
        (
            "emitters/typescript/runtime",
            &["check", "size", "test"][..],
        ),
        ("emitters/typescript/check", &["check", "test"][..]),
    ] {
        npm_ci(folder)?;
        for script in scripts {
            step(
                &format!("{folder}: {script}"),
                program("npm", folder).args(["run", "--silent", script]),
            )?;
        }
    }
    Ok(())
}

fn openapi() -> Outcome {
    let out = root().join("target/openapi");
    step(
        "generating the fixtures' OpenAPI",
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
                "sync-fixtures",
                "--target",
                "openapi",
                "--out",
            ])
            .arg(&out),
    )?;
    npm_ci("tools/openapi")?;
    step(
        "OpenAPI by Redocly and openapi-typescript",
        program("npm", "tools/openapi")
            .args(["run", "--silent", "check", "--"])
            .args([out.join("openapi.yaml"), out.join("openapi.json")]),
    )
}

fn e2e() -> Outcome {
    let chromium = tools::chromium()?;
    let npm = |folder: &str, script: &str| {
        npm_ci(folder)?;
        step(
            &format!("{folder}: {script}"),
            program("npm", folder)
                .args(["run", "--silent", script])
                .env("CHROMIUM", &chromium),
        )
    };
    npm("emitters/typescript/runtime", "test:browser")?;
    demo::build()?;
    npm(demo::WEB, "check")?;
    npm("examples/pos/bench", "check")?;
    npm("examples/pos/e2e", "check")?;
    npm("examples/pos/e2e", "test")
}
