//! What a value can be.

use serde::{Deserialize, Serialize};

use super::{Field, List, Ref, Str, Whole};

/// The largest integer that every target holds exactly in a JSON number: 2^53 - 1.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// The type of a value, in the closed set that every target knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An integer; on the wire a number, or a string where the field is `big`.
    Int(IntType),
    /// A 32-bit float, on the wire a number that `f32` holds exactly.
    Float32,
    /// A 64-bit float.
    Float64,
    /// A string of Unicode scalars without U+0000.
    String,
    /// One Unicode scalar.
    Char,
    /// A UUID, lower case.
    Uuid,
    /// A point in time: RFC 3339, UTC, three decimals.
    DateTime,
    /// A date and time of day without a zone: `2026-11-21T08:00:00.000`.
    LocalDateTime,
    /// A calendar date: `2026-11-21`.
    Date,
    /// A time of day: `08:00:00.000`.
    Time,
    /// A decimal number as a string without exponent.
    Decimal,
    /// Any JSON.
    Json,
    /// The value or null.
    Option(Ref<Type>),
    /// An ordered list. Of structs that have an id it is a keyed list.
    List(Ref<Type>),
    /// A set, kept sorted by code point or, for integers, by value.
    Set(Ref<Type>),
    /// A map with string-like keys.
    Map {
        /// String, UUID, integer or unit enum.
        key: Ref<Type>,
        /// What it maps to.
        value: Ref<Type>,
    },
    /// A list of one fixed length.
    Array {
        /// The element.
        item: Ref<Type>,
        /// How many.
        len: u32,
    },
    /// A list whose places have types of their own.
    Tuple(List<Ref<Type>>),
    /// A struct with named fields.
    Struct(Ref<StructType>),
    /// An enum of plain names.
    Enum(Ref<EnumType>),
    /// An enum whose members carry data.
    Union(Ref<UnionType>),
}

/// The width of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum IntType {
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
}

/// A struct: what `#[derive(SyncType)]` makes of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StructType {
    /// Name of the Rust type.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// In the order of the declaration.
    pub fields: List<Field>,
}

/// A unit enum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnumType {
    /// Name of the Rust type.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// In the order of the declaration; at least one.
    pub variants: List<Variant>,
    /// The wire name of the member marked `#[default]`.
    pub default: Option<Str>,
}

/// A member of a unit enum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// On the wire.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// Other names that are read (`serde(alias)`), never written.
    pub aliases: List<Str>,
}

/// An enum whose members carry data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionType {
    /// Name of the Rust type.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// How the wire tells the members apart.
    pub tagging: Tagging,
    /// In the order of the declaration; at least one.
    pub variants: List<UnionVariant>,
}

/// How the wire tells the members of a union apart; serde's three ways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tagging {
    /// `{"member": {…}}`, a unit member as `"member"`.
    External,
    /// `{"tag": "member", …}`
    Internal {
        /// The key of the name.
        tag: Str,
    },
    /// `{"tag": "member", "content": {…}}`
    Adjacent {
        /// The key of the name.
        tag: Str,
        /// The key of the data.
        content: Str,
    },
}

/// A member of a union.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionVariant {
    /// On the wire.
    pub name: Str,
    /// Its doc comment.
    pub doc: Str,
    /// Other names that are read, never written.
    pub aliases: List<Str>,
    /// What it carries.
    pub body: UnionBody,
}

/// What a member of a union carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnionBody {
    /// Nothing.
    Unit,
    /// One value.
    Newtype(Ref<Type>),
    /// Named fields.
    Struct(List<Field>),
}

impl IntType {
    /// The smallest value: the type's own, or -(2^53-1) for one of 64 bits or more that is not `big`.
    pub const fn min(self, big: bool) -> Whole {
        Whole::new(match self {
            IntType::I8 => i8::MIN as i128,
            IntType::I16 => i16::MIN as i128,
            IntType::I32 => i32::MIN as i128,
            IntType::I64 if big => i64::MIN as i128,
            IntType::I128 if big => i128::MIN,
            IntType::I64 | IntType::I128 => -(MAX_SAFE_INTEGER as i128),
            IntType::U8 | IntType::U16 | IntType::U32 | IntType::U64 | IntType::U128 => 0,
        })
    }

    /// The largest value: the type's own, or 2^53-1 for one of 64 bits or more that is not `big`.
    pub const fn max(self, big: bool) -> Whole {
        Whole::unsigned(match self {
            IntType::I8 => i8::MAX as u128,
            IntType::I16 => i16::MAX as u128,
            IntType::I32 => i32::MAX as u128,
            IntType::I64 if big => i64::MAX as u128,
            IntType::I128 if big => i128::MAX as u128,
            IntType::U8 => u8::MAX as u128,
            IntType::U16 => u16::MAX as u128,
            IntType::U32 => u32::MAX as u128,
            IntType::U64 if big => u64::MAX as u128,
            IntType::U128 if big => u128::MAX,
            IntType::I64 | IntType::I128 | IntType::U64 | IntType::U128 => MAX_SAFE_INTEGER as u128,
        })
    }

    /// Whether it has 64 bits or more, so that `big` means something.
    pub const fn is_wide(self) -> bool {
        matches!(
            self,
            IntType::I64 | IntType::I128 | IntType::U64 | IntType::U128
        )
    }
}

impl Type {
    /// The type without `Option` around it.
    pub fn non_null(&self) -> &Type {
        match self {
            Type::Option(inner) => inner.non_null(),
            other => other,
        }
    }

    /// Whether null is one of its values.
    pub fn is_nullable(&self) -> bool {
        matches!(self, Type::Option(_) | Type::Json)
    }

    /// The element of a list or set.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(item) | Type::Set(item) => Some(item),
            _ => None,
        }
    }

    /// The element of a keyed list: a list of structs that have an id.
    pub fn keyed_element(&self) -> Option<&StructType> {
        match self {
            Type::List(item) => match &**item {
                Type::Struct(element) if element.id_field().is_some() => Some(element),
                _ => None,
            },
            _ => None,
        }
    }
}

impl StructType {
    /// The field that identifies an element in a keyed list.
    pub fn id_field(&self) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| matches!(field.kind, super::FieldKind::Id))
    }
}
