//! Small crates on disk, and the command run in them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sync_runtime::{embed, schema::Model};
use tempfile::TempDir;

/// A folder with crates in it.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { folder }
    }

    /// One crate at the root: a manifest of that name and these files.
    pub(crate) fn of(name: &str, files: &[(&str, &str)]) -> Self {
        let project = Self::new();
        project.write("Cargo.toml", manifest(name, ""));
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect(path)
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Every file below a folder, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let mut files = Vec::new();
        list(&self.path(folder), "", &mut files);
        files.sort();
        files
    }

    /// `cargo sync-gen` with these words, in the root.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_in("", args)
    }

    /// The same, in a folder below.
    pub(crate) fn run_in(&self, folder: &str, args: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-sync-gen"))
            .arg("sync-gen")
            .args(args)
            .current_dir(self.path(folder))
            .env("CARGO_TARGET_DIR", target_dir())
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .expect("a run");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// It went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// It ended with 2 and that sentence, and said nothing on stdout.
    #[track_caller]
    pub(crate) fn fails_with(self, sentence: &str) -> Self {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert!(
            self.stderr.contains(&format!("error: {sentence}")),
            "{self:#?}"
        );
        assert_eq!(self.stdout, "", "{self:#?}");
        self
    }
}

/// One folder for what all these crates build, so that what they share is built once.
pub(crate) fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("sync-gen-crates")
}

pub(crate) fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n{rest}")
}

/// A model of the fixtures, as an artifact carries it.
pub(crate) fn frame(entity: &str) -> Vec<u8> {
    let models: Vec<Model> =
        serde_json::from_str(include_str!("../../../emitters/tests/cases/types.json"))
            .expect("models");
    let model = models
        .iter()
        .find(|model| model.entity == entity)
        .expect(entity);
    let json = serde_json::to_vec(model).expect("JSON");
    let length = u32::try_from(json.len()).expect("a short text");
    [
        &embed::MAGIC[..],
        &embed::FORMAT.to_le_bytes(),
        &length.to_le_bytes(),
        &json,
    ]
    .concat()
}

/// Rust that embeds what `frame` made, as the derive does; the bytes stand in a file beside it.
pub(crate) fn embedding(file: &str) -> String {
    format!(
        "const _: () = {{
            #[used]
            #[cfg_attr(target_vendor = \"apple\", unsafe(link_section = \"__DATA,syncmeta\"))]
            #[cfg_attr(not(target_vendor = \"apple\"), unsafe(link_section = \"syncmeta\"))]
            static EMBED: [u8; include_bytes!(\"{file}\").len()] = *include_bytes!(\"{file}\");
        }};\n"
    )
}

fn list(folder: &Path, prefix: &str, into: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("an entry");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{path}/"), into);
        } else {
            into.push(path);
        }
    }
}
