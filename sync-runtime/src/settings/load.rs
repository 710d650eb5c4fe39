//! Settings from a file and from the environment.

use std::{collections::HashMap, path::Path};

use config::{Config, ConfigError, Environment, File, FileFormat};

use super::{KEYS, Settings};

/// What the variables of the environment begin with.
const PREFIX: &str = "SYNC_";
/// The variable that names the file.
const FILE: &str = "SYNC_CONFIG";
/// Keys that hold several values, which the environment separates by commas.
const LISTS: &[&str] = &["cors_origins"];
/// How many letters may differ between a misspelling and a key.
const NEAR: usize = 3;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{file}: {reason}")]
    File {
        /// Which one.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that is none.
    #[error("{place}: there is no setting `{key}`{}", suggestion(.nearest))]
    Unknown {
        /// The file, or the environment.
        place: String,
        /// What was written.
        key: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A value of the wrong type.
    #[error("{0}")]
    Type(String),
    /// A value that makes no sense.
    #[error("the setting `{key}`: {reason}")]
    Value {
        /// Of which key.
        key: &'static str,
        /// Why not.
        reason: String,
    },
}

fn suggestion(key: &Option<String>) -> String {
    key.as_ref()
        .map_or(String::new(), |key| format!(", did you mean `{key}`?"))
}

impl Settings {
    /// The defaults, under the file that `SYNC_CONFIG` names if it is set, under the environment.
    ///
    /// A variable that begins with `SYNC_` and is nearly a setting is an error; other unknown ones are somebody
    /// else's.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a key that is none, a value of the wrong type or that makes no sense.
    pub fn load() -> Result<Self, SettingsError> {
        let file = std::env::var_os(FILE).filter(|file| !file.is_empty());
        Self::layered(
            file.as_deref().map(Path::new),
            variables(std::env::vars_os()),
        )
    }

    /// The defaults under the environment.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`].
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::layered(None, variables(std::env::vars_os()))
    }

    /// The defaults under a TOML file.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`].
    pub fn from_file(file: impl AsRef<Path>) -> Result<Self, SettingsError> {
        Self::layered(Some(file.as_ref()), HashMap::new())
    }

    /// The defaults, under a TOML file, under variables of an environment by their full names.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`].
    pub fn layered(
        file: Option<&Path>,
        environment: HashMap<String, String>,
    ) -> Result<Self, SettingsError> {
        let mut layers = Config::builder();
        if let Some(path) = file {
            let source = read(path)?;
            check_file(path, &source)?;
            layers = layers.add_source(source);
        }
        let mut lists = Environment::with_prefix("SYNC")
            .prefix_separator("_")
            .try_parsing(true)
            .ignore_empty(true)
            .list_separator(",");
        for key in LISTS {
            lists = lists.with_list_parse_key(key);
        }
        let settings = layers
            .add_source(lists.source(Some(known(environment)?)))
            .build()
            .and_then(Config::try_deserialize::<Self>)
            .map_err(|error| SettingsError::Type(error.to_string()))?;
        settings.check()?;
        Ok(settings)
    }
}

fn read(path: &Path) -> Result<Config, SettingsError> {
    // Read here, so that the name may end as it likes and an error names it as it was given.
    let fault = |reason: String| SettingsError::File {
        file: path.display().to_string(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .map_err(|error: ConfigError| fault(error.to_string()))
}

/// In a file every key has to be one of ours.
fn check_file(path: &Path, source: &Config) -> Result<(), SettingsError> {
    let table = source
        .clone()
        .try_deserialize::<HashMap<String, config::Value>>()
        .map_err(|error| SettingsError::Type(error.to_string()))?;
    let mut keys: Vec<String> = table.into_keys().collect();
    keys.sort();
    match keys.into_iter().find(|key| !KEYS.contains(&&**key)) {
        None => Ok(()),
        Some(key) => Err(SettingsError::Unknown {
            place: path.display().to_string(),
            nearest: near(&key).map(str::to_owned),
            key,
        }),
    }
}

/// Of an environment, what begins with the prefix.
fn variables(
    all: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
) -> HashMap<String, String> {
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

/// The variables that are settings. One that is nearly a setting is a mistake; any other may belong to the application,
/// or to somebody who chose the same prefix.
fn known(environment: HashMap<String, String>) -> Result<HashMap<String, String>, SettingsError> {
    let mut names: Vec<_> = environment.into_iter().collect();
    names.sort();
    let mut known = HashMap::new();
    for (name, value) in names {
        let key = name
            .strip_prefix(PREFIX)
            .unwrap_or_default()
            .to_ascii_lowercase();
        if KEYS.contains(&&*key) {
            known.insert(name, value);
        } else if name != FILE
            && let Some(near) = near(&key)
        {
            return Err(SettingsError::Unknown {
                place: "the environment".to_owned(),
                nearest: Some(format!("{PREFIX}{}", near.to_ascii_uppercase())),
                key: name,
            });
        }
    }
    Ok(known)
}

/// The key that was probably meant.
fn near(written: &str) -> Option<&'static str> {
    let distance = |key: &&str| strsim::damerau_levenshtein(written, key);
    // Of a short word three letters are most of it.
    let allowed = NEAR.min(written.len() / 3);
    KEYS.iter()
        .copied()
        .min_by_key(distance)
        .filter(|key| distance(key) <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_environment_lies_over_the_file_and_that_over_the_defaults() {
        let file = file(
            "max_batch_events = 10\nprefix = \"/sync\"\ncors_origins = [\"https://a.example\"]\n",
        );
        let settings = Settings::layered(
            Some(file.path()),
            environment(&[
                ("SYNC_MAX_BATCH_EVENTS", "20"),
                ("SYNC_METRICS", "true"),
                ("SYNC_REDIS_URL", "redis://here"),
                ("SYNC_NOTIFICATION", ""),
                ("SYNC_CORS_ORIGINS", "https://b.example,*"),
                ("SYNC_DEV_AUTH", "1"),
                ("SYNC_CONFIG", "/nowhere"),
            ]),
        )
        .unwrap();
        let expected = Settings {
            max_batch_events: 20,
            prefix: "/sync".to_owned(),
            metrics: true,
            redis_url: Some("redis://here".to_owned()),
            cors_origins: vec!["https://b.example".to_owned(), "*".to_owned()],
            ..Settings::default()
        };
        assert_eq!(settings, expected);
        assert_eq!(
            Settings::from_file(file.path()).unwrap().max_batch_events,
            10
        );
    }

    #[test]
    fn mistakes_are_named() {
        let said = |text: &str, pairs: &[(&str, &str)]| {
            let file = file(text);
            let error = Settings::layered(Some(file.path()), environment(pairs)).unwrap_err();
            let name = file.path().display().to_string();
            error.to_string().replace(&name, "FILE")
        };
        assert_eq!(
            said("max_batch_event = 1", &[]),
            "FILE: there is no setting `max_batch_event`, did you mean `max_batch_events`?"
        );
        assert_eq!(
            said("colour = 1", &[]),
            "FILE: there is no setting `colour`"
        );
        assert_eq!(
            said("", &[("SYNC_NOTIFICATIONS", "redis")]),
            "the environment: there is no setting `SYNC_NOTIFICATIONS`, did you mean `SYNC_NOTIFICATION`?"
        );
        let wrong = said("", &[("SYNC_MAX_BATCH_BYTES", "many")]);
        assert!(
            wrong.contains("many") && wrong.contains("max_batch_bytes"),
            "{wrong}"
        );
        let wrong = said("request_timeout_ms = \"soon\"", &[]);
        assert!(
            wrong.contains("soon") && wrong.contains("request_timeout_ms"),
            "{wrong}"
        );
        assert_eq!(
            said("prefix = \"api\"", &[]),
            "the setting `prefix`: `api` has to begin with `/`"
        );
        assert_eq!(
            said("cors_origins = [\"pos.example\"]", &[]),
            "the setting `cors_origins`: `pos.example` is no origin such as `https://pos.example`, and not `*`"
        );
        assert!(said("prefix = ", &[]).starts_with("FILE: "));
        let missing = Settings::from_file("/no/such/file.toml").unwrap_err();
        assert!(missing.to_string().starts_with("/no/such/file.toml: "));
    }
}
