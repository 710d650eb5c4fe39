//! Storage that is borrowed in a constant and owned after reading JSON.

use std::{borrow::Cow, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string of the schema.
pub type Str = Cow<'static, str>;

/// A list of the schema.
pub type List<T> = Cow<'static, [T]>;

/// A reference that a constant can hold and JSON can fill.
#[derive(Debug, Clone)]
pub enum Ref<T: 'static> {
    /// In a constant.
    Static(&'static T),
    /// Read from JSON.
    Boxed(Box<T>),
}

impl<T> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Ref::Static(value) => value,
            Ref::Boxed(value) => value,
        }
    }
}

impl<T: PartialEq> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Serialize> Serialize for Ref<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Ref::Boxed(Box::new(value)))
    }
}
