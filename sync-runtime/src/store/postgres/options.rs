//! What a URL of PostgreSQL says.

use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UrlError {
    /// It is none.
    #[error(transparent)]
    Unreadable(#[from] sqlx::Error),
    /// It asks for what this program was built without.
    #[error(
        "the URL asks for `sslmode={0}`, which this program was built without: switch on the feature `postgres-tls` of \
         sync-runtime in Cargo.toml"
    )]
    NoTls(&'static str),
}

/// Reads a URL.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, UrlError> {
    let options = PgConnectOptions::from_str(url)?;
    check(&options, cfg!(feature = "postgres-tls"))?;
    #[cfg(feature = "postgres-tls")]
    choose_crypto();
    Ok(options)
}

/// Where two crypto libraries are linked, as that of NATS beside ours, rustls takes neither by itself and panics. What the
/// application has chosen before stays.
#[cfg(feature = "postgres-tls")]
fn choose_crypto() {
    let chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if chosen.is_err() {
        tracing::debug!("the application has chosen a crypto library");
    }
}

fn check(options: &PgConnectOptions, tls: bool) -> Result<(), UrlError> {
    let mode = match options.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => return Ok(()),
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    match tls {
        true => Ok(()),
        false => Err(UrlError::NoTls(mode)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_that_is_not_there_is_named() {
        let of = |url: &str, tls| {
            let options = PgConnectOptions::from_str(url).unwrap();
            check(&options, tls).map_err(|error| error.to_string())
        };
        assert_eq!(of("postgres://u:p@h/n", false), Ok(()));
        assert_eq!(of("postgres://u:p@h/n?sslmode=prefer", false), Ok(()));
        assert_eq!(of("postgres://u:p@h/n?sslmode=verify-full", true), Ok(()));
        assert_eq!(
            of("postgres://u:s3cret@h/n?sslmode=verify-full", false),
            Err("the URL asks for `sslmode=verify-full`, which this program was built without: switch on the feature \
                 `postgres-tls` of sync-runtime in Cargo.toml"
                .to_owned())
        );
    }
}
