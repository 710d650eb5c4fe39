//! What the tests need from the machine, installed where that is possible.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::run::{Outcome, step};

/// Node 20 or later.
pub(crate) fn node() -> Outcome {
    let version = Command::new("node").arg("--version").output();
    let version = version.map_err(|_| "Node is missing: install Node 20 or later".to_owned())?;
    let text = String::from_utf8_lossy(&version.stdout);
    let major = text
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    match major {
        Some(20..) => Ok(()),
        Some(_) | None => Err(format!(
            "Node {} is too old: install Node 20 or later",
            text.trim()
        )),
    }
}

/// Chromium; from Debian's packages where there is none and we may install it.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(set) = std::env::var_os("CHROMIUM") {
        return Ok(set.into());
    }
    let found = || {
        [
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        ]
        .iter()
        .map(Path::new)
        .find(|path| path.exists())
        .map(Path::to_owned)
    };
    if let Some(path) = found() {
        return Ok(path);
    }
    debian_package("chromium")?;
    found().ok_or_else(|| {
        "Chromium was installed and is not where it should be; set CHROMIUM to its path".to_owned()
    })
}

/// A PostgreSQL server's programs; from Debian's packages where there are none and we may install them.
pub(crate) fn postgres() -> Outcome {
    let found = || {
        std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| {
            versions.any(|version| {
                version.is_ok_and(|version| version.path().join("bin/postgres").exists())
            })
        })
    };
    if found() {
        return Ok(());
    }
    debian_package("postgresql")?;
    match found() {
        true => Ok(()),
        false => Err("PostgreSQL was installed and is not in /usr/lib/postgresql".to_owned()),
    }
}

/// The brokers' programs, and what makes certificates; from Debian's packages where there are none and we may install them.
pub(crate) fn brokers() -> Outcome {
    for package in ["redis-server", "nats-server", "openssl"] {
        let found = || {
            ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
                .iter()
                .any(|place| Path::new(place).join(package).exists())
        };
        if found() {
            continue;
        }
        debian_package(package)?;
        if !found() {
            return Err(format!(
                "{package} was installed and is not in /usr/bin or /usr/sbin"
            ));
        }
    }
    Ok(())
}

fn debian_package(name: &str) -> Outcome {
    let is_root = Command::new("id")
        .arg("-u")
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if !is_root || !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!(
            "{name} is missing, and only root on Debian can install it here: install it and run this again"
        ));
    }
    step(
        "package lists",
        Command::new("apt-get").args(["update", "-qq"]),
    )?;
    step(
        &format!("installing {name}"),
        Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends", name])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}
