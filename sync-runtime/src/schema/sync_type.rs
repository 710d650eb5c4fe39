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
    note = "of a crate you do not own, wrap it in a struct of yours that has the derive"
)]
pub trait SyncType {
    /// What it is in the schema.
    const TYPE: &'static Type;

    /// What names it in a list that it is taken out of: its id if it has one, else itself.
    type Key;
}

/// A type that may be the key of a map or the member of a set: strings, UUIDs, integers, unit enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map or the member of a set",
    label = "not a `SyncKey`",
    note = "strings, UUIDs, integers and unit enums with `#[derive(sync_runtime::SyncType)]` can, and newtypes of these"
)]
pub trait SyncKey: SyncType {}

/// A list or a set: what `push` and `remove` work on.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list and no set",
    label = "`push`, `remove` and `update` need a `Vec`, `BTreeSet` or `HashSet`"
)]
pub trait SyncList: SyncType {
    /// What it holds.
    type Item: SyncType;
}

/// A struct with an id: what a keyed list holds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no id, so an element of its list cannot be updated",
    label = "`update` needs a list of structs with an id",
    note = "give the struct a field `id`, or mark one with `#[sync(id)]`, under `#[derive(sync_runtime::SyncType)]`"
)]
pub trait SyncElement: SyncType {
    /// Some of its fields.
    type Patch;
}

/// Types without parts.
macro_rules! plain {
    ($($rust:ty => $type:expr),* $(,)?) => {
        $(impl SyncType for $rust {
            const TYPE: &'static Type = &$type;
            type Key = Self;
        })*
    };
}

plain! {
    bool => Type::Bool,
    i8 => Type::Int(IntType::I8),
    i16 => Type::Int(IntType::I16),
    i32 => Type::Int(IntType::I32),
    i64 => Type::Int(IntType::I64),
    isize => Type::Int(IntType::I64),
    u8 => Type::Int(IntType::U8),
    u16 => Type::Int(IntType::U16),
    u32 => Type::Int(IntType::U32),
    u64 => Type::Int(IntType::U64),
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
}

impl<Zone: chrono::TimeZone> SyncType for chrono::DateTime<Zone> {
    const TYPE: &'static Type = &Type::DateTime;
    type Key = Self;
}

macro_rules! keys {
    ($($rust:ty),*) => { $(impl SyncKey for $rust {})* };
}

keys!(
    i8,
    i16,
    i32,
    i64,
    isize,
    u8,
    u16,
    u32,
    u64,
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
        }

        impl<T: SyncKey + ?Sized> SyncKey for $outer<T> {}

        impl<T: SyncList + ?Sized> SyncList for $outer<T> {
            type Item = T::Item;
        }

        impl<T: SyncElement + ?Sized> SyncElement for $outer<T> {
            type Patch = T::Patch;
        })*
    };
}

transparent!(Box, Arc);

impl<T: SyncType> SyncType for Option<T> {
    const TYPE: &'static Type = &Type::Option(Ref::Static(T::TYPE));
    type Key = Self;
}

impl<T: SyncType> SyncType for Vec<T> {
    const TYPE: &'static Type = &Type::List(Ref::Static(T::TYPE));
    type Key = Self;
}

impl<T: SyncType> SyncList for Vec<T> {
    type Item = T;
}

impl<T: SyncKey> SyncType for BTreeSet<T> {
    const TYPE: &'static Type = &Type::Set(Ref::Static(T::TYPE));
    type Key = Self;
}

impl<T: SyncKey> SyncList for BTreeSet<T> {
    type Item = T;
}

impl<T: SyncKey, S> SyncType for HashSet<T, S> {
    const TYPE: &'static Type = &Type::Set(Ref::Static(T::TYPE));
    type Key = Self;
}

impl<T: SyncKey, S> SyncList for HashSet<T, S> {
    type Item = T;
}

impl<K: SyncKey, V: SyncType> SyncType for BTreeMap<K, V> {
    const TYPE: &'static Type = &Type::Map {
        key: Ref::Static(K::TYPE),
        value: Ref::Static(V::TYPE),
    };
    type Key = Self;
}

impl<K: SyncKey, V: SyncType, S> SyncType for HashMap<K, V, S> {
    const TYPE: &'static Type = &Type::Map {
        key: Ref::Static(K::TYPE),
        value: Ref::Static(V::TYPE),
    };
    type Key = Self;
}

impl<T: SyncType, const N: usize> SyncType for [T; N] {
    const TYPE: &'static Type = &Type::Array {
        item: Ref::Static(T::TYPE),
        len: N as u32,
    };
    type Key = Self;
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {
        $(impl<$($part: SyncType),*> SyncType for ($($part,)*) {
            const TYPE: &'static Type = &Type::Tuple(List::Borrowed(&[$(Ref::Static($part::TYPE)),*]));
            type Key = Self;
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
