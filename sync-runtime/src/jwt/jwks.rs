//! The published keys of an identity provider, which change from time to time.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, RwLock};

use super::keys::{self, Key, Wanted};

/// The most bytes of a key set.
const MAX_SET: usize = 1024 * 1024;
/// How long a provider may take to answer.
const FETCH_WITHIN: Duration = Duration::from_secs(5);

/// Where the keys are published.
#[derive(Debug, Clone)]
pub(super) enum Source {
    File(PathBuf),
    Url(String),
}

/// How often they are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Keys older than this are looked for again, while the old ones are still taken.
    pub(super) max_age: Duration,
    /// Tokens of unknown keys make nobody look more often than this.
    pub(super) min_pause: Duration,
}

/// A key set that is kept, and looked at again when it is old or a token names a key that is not in it.
#[derive(Debug, Clone)]
pub(super) struct Jwks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: Source,
    pace: Pace,
    client: reqwest::Client,
    kept: RwLock<Kept>,
    /// When somebody last looked; held by whoever looks.
    looked: Mutex<Instant>,
}

#[derive(Debug)]
struct Kept {
    keys: Arc<[Key]>,
    since: Instant,
}

impl Jwks {
    /// Looks for the first time.
    pub(super) async fn start(source: Source, pace: Pace) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_WITHIN)
            .redirect(reqwest::redirect::Policy::limited(3))
            .build()
            .map_err(|error| error.to_string())?;
        let keys = read(&client, &source).await?;
        let now = Instant::now();
        Ok(Self(Arc::new(Shared {
            source,
            pace,
            client,
            kept: RwLock::new(Kept { keys, since: now }),
            looked: Mutex::new(now),
        })))
    }

    /// The keys. Where they are old, somebody goes and looks; nobody waits for that.
    pub(super) async fn keys(&self) -> Arc<[Key]> {
        let kept = self.0.kept.read().await;
        if kept.since.elapsed() >= self.0.pace.max_age {
            let this = self.clone();
            tokio::spawn(async move {
                // One looks at a time, and not at every token while the provider is away.
                if let Ok(mut looked) = this.0.looked.try_lock()
                    && looked.elapsed() >= this.0.pace.min_pause
                {
                    this.look(&mut looked).await;
                }
            });
        }
        kept.keys.clone()
    }

    /// Looks for a key that is not known; whether it makes sense to try the token again.
    pub(super) async fn look_for(&self, wanted: Wanted<'_>) -> bool {
        let before = self.0.kept.read().await.since;
        // Whoever waits here finds what the one before him has fetched.
        let mut looked = self.0.looked.lock().await;
        if self.0.kept.read().await.since == before
            && (looked.elapsed() < self.0.pace.min_pause || !self.look(&mut looked).await)
        {
            return false;
        }
        let kept = self.0.kept.read().await;
        kept.keys.iter().any(|key| key.is(wanted))
    }

    async fn look(&self, looked: &mut Instant) -> bool {
        *looked = Instant::now();
        match read(&self.0.client, &self.0.source).await {
            Ok(keys) => {
                let since = Instant::now();
                *self.0.kept.write().await = Kept { keys, since };
                true
            }
            Err(error) => {
                tracing::error!(
                    error,
                    source = ?self.0.source,
                    "the key set cannot be read; the keys known so far are still taken"
                );
                false
            }
        }
    }
}

async fn read(client: &reqwest::Client, source: &Source) -> Result<Arc<[Key]>, String> {
    let json = match source {
        Source::File(path) => tokio::fs::read(path)
            .await
            .map_err(|error| error.to_string())?,
        Source::Url(url) => fetch(client, url).await?,
    };
    let keys = keys::of_set(&json).map_err(|error| format!("it is no key set: {error}"))?;
    if keys.is_empty() {
        return Err("it holds no key for RS256 or ES256".to_owned());
    }
    Ok(keys.into())
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let text = |error: reqwest::Error| error.to_string();
    let answer = client.get(url).send().await.map_err(text)?;
    let mut answer = answer.error_for_status().map_err(text)?;
    let mut json = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(text)? {
        json.extend_from_slice(&chunk);
        if json.len() > MAX_SET {
            return Err(format!("it is longer than {MAX_SET} bytes"));
        }
    }
    Ok(json)
}
