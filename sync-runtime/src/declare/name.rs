//! The name of a generic type with its arguments.

use crate::embed::{target, text};
use crate::schema::{IntType, Type};

/// The name of a generic type with its arguments: `Page<Order>` is `PageOrder`.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    bytes: [u8; 128],
    len: usize,
}

impl Name {
    /// The name of the type, then those of its arguments.
    #[track_caller]
    pub const fn new(name: &str, arguments: &[&Type]) -> Self {
        let mut this = Self {
            bytes: [0; 128],
            len: 0,
        };
        this.push(name);
        let mut at = 0;
        while at < arguments.len() {
            this.push_type(arguments[at]);
            at += 1;
        }
        this
    }

    /// The name.
    pub const fn text(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => panic!("names are UTF-8"),
        }
    }

    #[track_caller]
    const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        assert!(
            self.len + text.len() <= self.bytes.len(),
            "the name of this generic type is too long"
        );
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.len + at] = text[at];
            at += 1;
        }
        self.len += text.len();
    }

    #[track_caller]
    const fn push_type(&mut self, ty: &Type) {
        match ty {
            Type::Option(inner) => {
                self.push("Optional");
                self.push_type(target(inner));
            }
            Type::List(item) => {
                self.push("ListOf");
                self.push_type(target(item));
            }
            Type::Set(item) => {
                self.push("SetOf");
                self.push_type(target(item));
            }
            Type::Array { item, .. } => {
                self.push("ArrayOf");
                self.push_type(target(item));
            }
            Type::Map { value, .. } => {
                self.push("MapOf");
                self.push_type(target(value));
            }
            Type::Struct(shape) => self.push(text(&target(shape).name)),
            Type::Enum(shape) => self.push(text(&target(shape).name)),
            Type::Union(shape) => self.push(text(&target(shape).name)),
            plain => self.push(plain_name(plain)),
        }
    }
}

const fn plain_name(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "Bool",
        Type::Int(IntType::I8) => "I8",
        Type::Int(IntType::I16) => "I16",
        Type::Int(IntType::I32) => "I32",
        Type::Int(IntType::I64) => "I64",
        Type::Int(IntType::I128) => "I128",
        Type::Int(IntType::U8) => "U8",
        Type::Int(IntType::U16) => "U16",
        Type::Int(IntType::U32) => "U32",
        Type::Int(IntType::U64) => "U64",
        Type::Int(IntType::U128) => "U128",
        Type::Float32 => "Float32",
        Type::Float64 => "Float64",
        Type::String => "String",
        Type::Char => "Char",
        Type::Uuid => "Uuid",
        Type::DateTime => "DateTime",
        Type::LocalDateTime => "LocalDateTime",
        Type::Date => "Date",
        Type::Time => "Time",
        Type::Decimal => "Decimal",
        Type::Json => "Json",
        _ => "Tuple",
    }
}
