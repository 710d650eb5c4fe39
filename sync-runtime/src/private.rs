//! What the derives' code calls; no part of the interface.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer};

pub use crate::declare;
pub use crate::typed::{
    CustomFn, PayloadError, Registration, UpcastFn, apply, decode, encode, run_custom,
};
#[cfg(feature = "server")]
pub use inventory;
pub use {chrono, serde, serde_json};

/// Reads a key that is there; `Some(None)` where it is null.
///
/// # Errors
///
/// The value does not fit.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Makes a bound on `T` wait until it is used: `for<'a> Lazy<'a, f64>: LazyKey` is false but no error.
#[derive(Debug)]
pub struct Lazy<'a, T: ?Sized>(PhantomData<&'a ()>, PhantomData<T>);

/// `T: SyncKey`, later.
pub trait LazyKey {}

impl<T: crate::schema::SyncKey + ?Sized> LazyKey for Lazy<'_, T> {}
