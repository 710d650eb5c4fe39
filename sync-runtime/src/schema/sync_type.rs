//! From Rust's types to the schema's: the compiler resolves them, not the text.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{IntType, List, Ref, Type};

/// A type that a model may hold.
///
/// Derive it for structs and enums of your own; the standard ones have it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that a model can hold",
    label = "not a `SyncType`",
    note = "if it is a struct or an enum of yours, add `#[derive(sync_runtime::SyncType)]` to it",
    note = "of a crate you do not own, wrap it in a struct of yours that has the derive",
    note = "the types of the crate `time` are behind the feature `time` of sync-runtime"
)]
pub trait SyncType {
    /// What it is in the schema.
    const TYPE: &'static Type;

    /// What names it in a list that it is taken out of: its id if it has one, else itself.
    type Key;

    /// What it holds, if it is a list or a set; else itself.
    type Item;

    /// Some of its fields, if it is a struct with an id; else itself.
    type Patch;
}

/// A type that may be the key of a map or the member of a set: strings, UUIDs, integers, unit enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map or the member of a set",
    label = "not a `SyncKey`",
    note = "strings, UUIDs, integers and unit enums with `#[derive(sync_runtime::SyncType)]` can, and newtypes of these"
)]
pub trait SyncKey: SyncType {}

/// Types without parts.
macro_rules! plain {
    ($($rust:ty => $type:expr),* $(,)?) => {
        $(impl SyncType for $rust {
            const TYPE: &'static Type = &$type;
            type Key = Self;
            type Item = Self;
            type Patch = Self;
        })*
    };
}

plain! {
    bool => Type::Bool,
    i8 => Type::Int(IntType::I8),
    i16 => Type::Int(IntType::I16),
    i32 => Type::Int(IntType::I32),
    i64 => Type::Int(IntType::I64),
    i128 => Type::Int(IntType::I128),
    isize => Type::Int(IntType::I64),
    u8 => Type::Int(IntType::U8),
    u16 => Type::Int(IntType::U16),
    u32 => Type::Int(IntType::U32),
    u64 => Type::Int(IntType::U64),
    u128 => Type::Int(IntType::U128),
    usize => Type::Int(IntType::U64),
    f32 => Type::Float32,
    f64 => Type::Float64,
    String => Type::String,
    char => Type::Char,
    uuid::Uuid => Type::Uuid,
    chrono::NaiveDateTime => Type::LocalDateTime,
    chrono::NaiveDate => Type::Date,
    chrono::NaiveTime => Type::Time,
    rust_decimal::Decimal => Type::Decimal,
    serde_json::Value => Type::Json,
}

impl SyncType for str {
    const TYPE: &'static Type = &Type::String;
    type Key = String;
    type Item = String;
    type Patch = String;
}

impl<Zone: chrono::TimeZone> SyncType for chrono::DateTime<Zone> {
    const TYPE: &'static Type = &Type::DateTime;
    type Key = Self;
    type Item = Self;
    type Patch = Self;
}

macro_rules! keys {
    ($($rust:ty),*) => { $(impl SyncKey for $rust {})* };
}

keys!(
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    String,
    str,
    uuid::Uuid
);

/// Types that are written as what they hold.
macro_rules! transparent {
    ($($outer:ident),*) => {
        $(impl<T: SyncType + ?Sized> SyncType for $outer<T> {
            const TYPE: &'static Type = T::TYPE;
            type Key = T::Key;
            type Item = T::Item;
            type Patch = T::Patch;
        }

        impl<T: SyncKey + ?Sized> SyncKey for $outer<T> {})*
    };
}

transparent!(Box, Arc);

impl<T: SyncType> SyncType for Option<T> {
    const TYPE: &'static Type = &Type::Option(Ref::Static(T::TYPE));
    type Key = Self;
    type Item = Self;
    type Patch = Self;
}

impl<T: SyncType> SyncType for Vec<T> {
    const TYPE: &'static Type = &Type::List(Ref::Static(T::TYPE));
    type Key = Self;
    type Item = T;
    type Patch = Self;
}

impl<T: SyncKey> SyncType for BTreeSet<T> {
    const TYPE: &'static Type = &Type::Set(Ref::Static(T::TYPE));
    type Key = Self;
    type Item = T;
    type Patch = Self;
}

impl<T: SyncKey, S> SyncType for HashSet<T, S> {
    const TYPE: &'static Type = &Type::Set(Ref::Static(T::TYPE));
    type Key = Self;
    type Item = T;
    type Patch = Self;
}

impl<K: SyncKey, V: SyncType> SyncType for BTreeMap<K, V> {
    const TYPE: &'static Type = &Type::Map {
        key: Ref::Static(K::TYPE),
        value: Ref::Static(V::TYPE),
    };
    type Key = Self;
    type Item = Self;
    type Patch = Self;
}

impl<K: SyncKey, V: SyncType, S> SyncType for HashMap<K, V, S> {
    const TYPE: &'static Type = &Type::Map {
        key: Ref::Static(K::TYPE),
        value: Ref::Static(V::TYPE),
    };
    type Key = Self;
    type Item = Self;
    type Patch = Self;
}

impl<T: SyncType, const N: usize> SyncType for [T; N] {
    const TYPE: &'static Type = &Type::Array {
        item: Ref::Static(T::TYPE),
        len: N as u32,
    };
    type Key = Self;
    type Item = Self;
    type Patch = Self;
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {
        $(impl<$($part: SyncType),*> SyncType for ($($part,)*) {
            const TYPE: &'static Type = &Type::Tuple(List::Borrowed(&[$(Ref::Static($part::TYPE)),*]));
            type Key = Self;
            type Item = Self;
            type Patch = Self;
        })*
    };
}

tuples! {
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}
