//! What a type is, as far as its text tells.
//!
//! Aliases hide things from the text; what only the compiler knows is checked in constants (`expand/checks.rs`). Here
//! a name is believed only if it is one of the standard ones.

use syn::{GenericArgument, PathArguments, Type};

/// What a type is, as far as its text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `bool`, `char`, a date, JSON, a map, an array, a tuple: nothing that an effect or rule works on.
    Other,
    Int {
        wide: bool,
    },
    /// `f32`, `f64` and decimals.
    Number,
    String,
    Uuid,
    DateTime,
    Option,
    List,
    Set,
    /// An alias, a struct or an enum: the compiler knows.
    Unknown,
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Self {
        match bare(ty) {
            Type::Array(_) | Type::Tuple(_) => Shape::Other,
            Type::Path(path) if path.qself.is_none() => match path.path.segments.last() {
                Some(segment) => Self::of_name(&segment.ident.to_string(), ty),
                None => Shape::Unknown,
            },
            _ => Shape::Unknown,
        }
    }

    fn of_name(name: &str, ty: &Type) -> Self {
        match name {
            "i8" | "i16" | "i32" | "u8" | "u16" | "u32" => Shape::Int { wide: false },
            "i64" | "u64" | "isize" | "usize" => Shape::Int { wide: true },
            "f32" | "f64" | "Decimal" => Shape::Number,
            "String" | "str" => Shape::String,
            "Uuid" => Shape::Uuid,
            "DateTime" => Shape::DateTime,
            "bool" | "char" | "NaiveDate" | "NaiveTime" | "NaiveDateTime" | "HashMap"
            | "BTreeMap" => Shape::Other,
            "Option" => Shape::Option,
            "Vec" => Shape::List,
            "BTreeSet" | "HashSet" => Shape::Set,
            "Box" | "Arc" => argument(ty).map_or(Shape::Unknown, Shape::of),
            _ => Shape::Unknown,
        }
    }

    /// Inside an `Option`, if it is one.
    pub(crate) fn non_null(ty: &Type) -> Self {
        match (Self::of(ty), argument(ty)) {
            (Shape::Option, Some(inner)) => Self::non_null(inner),
            (shape, _) => shape,
        }
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self, Shape::List | Shape::Set)
    }

    /// Whether it may turn out to be a list.
    pub(crate) fn may_be_list(self) -> bool {
        self.is_list() || self == Shape::Unknown
    }

    /// In a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Shape::Other => "of another type",
            Shape::Int { .. } => "an integer",
            Shape::Number => "a number",
            Shape::String => "a string",
            Shape::Uuid => "a UUID",
            Shape::DateTime => "a point in time",
            Shape::Option => "an `Option`",
            Shape::List => "a list",
            Shape::Set => "a set",
            Shape::Unknown => "of a type of its own",
        }
    }
}

/// Without the invisible groups and parentheses that macros leave.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The first type argument: `T` of `Vec<T>`.
pub(crate) fn argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
