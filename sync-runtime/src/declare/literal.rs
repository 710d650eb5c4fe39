//! Whether the JSON of a default is a value of its type.

#![expect(clippy::result_large_err, reason = "a constant cannot box its message")]

use super::{
    message::{Message, Nearest, same},
    type_name,
};
use crate::embed::{items, target, text};
use crate::schema::{EnumType, IntType, StructType, Type, Whole};

/// Reads compact JSON, as the derive writes it, against a type.
pub(super) struct Literal<'a> {
    json: &'a [u8],
    at: usize,
    big: bool,
}

type Outcome = Result<(), Message>;

/// `?` for a `const fn`.
macro_rules! ok {
    ($outcome:expr) => {
        match $outcome {
            Ok(value) => value,
            Err(message) => return Err(message),
        }
    };
}

impl<'a> Literal<'a> {
    pub(super) const fn new(json: &'a str, big: bool) -> Self {
        Self {
            json: json.as_bytes(),
            at: 0,
            big,
        }
    }

    /// Whether the whole is of that type.
    pub(super) const fn is(&mut self, ty: &Type) -> Outcome {
        match ty {
            Type::Option(inner) => {
                if self.skip_word("null") {
                    return Ok(());
                }
                self.is(target(inner))
            }
            Type::Bool => {
                if self.skip_word("true") || self.skip_word("false") {
                    Ok(())
                } else {
                    self.wrong(ty)
                }
            }
            Type::Int(int) => self.integer(*int, ty),
            Type::Float32 | Type::Float64 => match self.number() {
                Some(_) => Ok(()),
                None => self.wrong(ty),
            },
            Type::Json => self.any(),
            Type::List(item) | Type::Set(item) => self.list(target(item), ty),
            Type::Array { item, .. } => self.list(target(item), ty),
            Type::Struct(shape) => self.object(target(shape), ty),
            Type::Map { value, .. } => self.map(target(value), ty),
            Type::Enum(shape) => self.member(target(shape), ty),
            Type::Tuple(_) | Type::Union(_) => self.any(),
            _ => match self.string() {
                Some(text) if is_like(text.as_bytes(), ty) => Ok(()),
                Some(text) => Err(expected(ty).and(", and '").and(text).and("' is none")),
                None => self.wrong(ty),
            },
        }
    }

    const fn integer(&mut self, int: IntType, ty: &Type) -> Outcome {
        let digits = match self.number() {
            Some(digits) => digits,
            None => return self.wrong(ty),
        };
        let Some(value) = Whole::parse(digits) else {
            return Err(expected(ty));
        };
        if value.is_below(int.min(self.big)) || int.max(self.big).is_below(value) {
            let message = expected(ty).and(", and this one is beyond its range");
            return Err(if int.is_wide() && !self.big {
                message.and(" of ±(2^53-1); mark the field 'big' to use all of its bits")
            } else {
                message
            });
        }
        Ok(())
    }

    const fn member(&mut self, shape: &EnumType, ty: &Type) -> Outcome {
        let name = match self.string() {
            Some(name) => name,
            None => return self.wrong(ty),
        };
        let variants = items(&shape.variants);
        let mut nearest = Nearest::to(name);
        let mut at = 0;
        while at < variants.len() {
            let member = text(&variants[at].name);
            if same(member, name) {
                return Ok(());
            }
            nearest = nearest.or(member);
            at += 1;
        }
        let message = Message::new("'").and(name).and("' is no member of '");
        Err(message.and(text(&shape.name)).and("'").and_nearest(nearest))
    }

    const fn list(&mut self, item: &Type, ty: &Type) -> Outcome {
        if !self.skip(b'[') {
            return self.wrong(ty);
        }
        let mut first = true;
        while !self.skip(b']') {
            if !first && !self.skip(b',') {
                return self.wrong(ty);
            }
            first = false;
            ok!(self.is(item));
        }
        Ok(())
    }

    const fn map(&mut self, value: &Type, ty: &Type) -> Outcome {
        if !self.skip(b'{') {
            return self.wrong(ty);
        }
        while !self.skip(b'}') {
            self.skip(b',');
            if self.string().is_none() || !self.skip(b':') {
                return self.wrong(ty);
            }
            ok!(self.is(value));
        }
        Ok(())
    }

    const fn object(&mut self, shape: &StructType, ty: &Type) -> Outcome {
        if !self.skip(b'{') {
            return self.wrong(ty);
        }
        let fields = items(&shape.fields);
        let mut seen = [false; 256];
        while !self.skip(b'}') {
            self.skip(b',');
            let key = match self.string() {
                Some(key) if self.skip(b':') => key,
                _ => return self.wrong(ty),
            };
            let mut nearest = Nearest::to(key);
            let mut at = 0;
            while at < fields.len() && !same(text(&fields[at].name), key) {
                nearest = nearest.or(text(&fields[at].name));
                at += 1;
            }
            if at == fields.len() {
                let message = Message::new("'")
                    .and(text(&shape.name))
                    .and("' has no field '");
                return Err(message.and(key).and("'").and_nearest(nearest));
            }
            seen[at & 255] = true;
            let outer = self.big;
            self.big = fields[at].big;
            ok!(self.is(target(&fields[at].ty)));
            self.big = outer;
        }
        let mut at = 0;
        while at < fields.len() && at < seen.len() {
            let given = seen[at] || fields[at].default.is_some();
            if !given && !matches!(target(&fields[at].ty), Type::Option(_)) {
                let message = Message::new("the default lacks '").and(text(&fields[at].name));
                return Err(message
                    .and("', which '")
                    .and(text(&shape.name))
                    .and("' requires"));
            }
            at += 1;
        }
        Ok(())
    }

    /// Passes one value, whatever it is.
    const fn any(&mut self) -> Outcome {
        let mut depth = 0;
        loop {
            match self.json[self.at] {
                b'"' => {
                    self.string();
                }
                b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b']' | b'}' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
            let end = self.at >= self.json.len();
            if end || depth == 0 && matches!(self.json[self.at], b',' | b']' | b'}') {
                return Ok(());
            }
        }
    }

    /// The characters of a number.
    const fn number(&mut self) -> Option<&'a [u8]> {
        let from = self.at;
        while self.at < self.json.len()
            && matches!(
                self.json[self.at],
                b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'
            )
        {
            self.at += 1;
        }
        if self.at == from {
            return None;
        }
        Some(self.json.split_at(self.at).0.split_at(from).1)
    }

    /// The inside of a string, its escapes as they are.
    const fn string(&mut self) -> Option<&'a str> {
        if !self.skip(b'"') {
            return None;
        }
        let from = self.at;
        while self.json[self.at] != b'"' {
            self.at += if self.json[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        match str::from_utf8(self.json.split_at(self.at - 1).0.split_at(from).1) {
            Ok(text) => Some(text),
            Err(_) => None,
        }
    }

    const fn skip(&mut self, byte: u8) -> bool {
        let found = self.at < self.json.len() && self.json[self.at] == byte;
        if found {
            self.at += 1;
        }
        found
    }

    const fn skip_word(&mut self, word: &str) -> bool {
        let word = word.as_bytes();
        let mut at = 0;
        while at < word.len() {
            if self.at + at >= self.json.len() || self.json[self.at + at] != word[at] {
                return false;
            }
            at += 1;
        }
        self.at += word.len();
        true
    }

    const fn wrong(&self, ty: &Type) -> Outcome {
        Err(expected(ty))
    }
}

const fn expected(ty: &Type) -> Message {
    Message::new("the default must be ").and(type_name(ty))
}

/// Whether a string has the form that its type asks for.
const fn is_like(text: &[u8], ty: &Type) -> bool {
    match ty {
        Type::Uuid => matches(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", false),
        Type::Date => matches(text, "dddd-dd-dd", false),
        Type::Time => matches(text, "dd:dd:dd", true),
        Type::LocalDateTime => matches(text, "dddd-dd-ddTdd:dd:dd", true),
        Type::DateTime => match text {
            [local @ .., b'Z'] => matches(local, "dddd-dd-ddTdd:dd:dd", true),
            _ => false,
        },
        Type::Decimal => match text {
            [b'-', digits @ ..] => is_decimal(digits),
            digits => is_decimal(digits),
        },
        _ => true,
    }
}

/// `d` a digit, `h` a hexadecimal one, and perhaps a fraction after it.
const fn matches(text: &[u8], form: &str, fraction: bool) -> bool {
    let form = form.as_bytes();
    if text.len() < form.len() {
        return false;
    }
    let mut at = 0;
    while at < form.len() {
        let fits = match form[at] {
            b'd' => text[at].is_ascii_digit(),
            b'h' => text[at].is_ascii_hexdigit(),
            other => text[at] == other,
        };
        if !fits {
            return false;
        }
        at += 1;
    }
    match text.split_at(at).1 {
        [] => true,
        [b'.', digits @ ..] => fraction && !digits.is_empty() && all_digits(digits),
        _ => false,
    }
}

const fn is_decimal(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() && text[at] != b'.' {
        at += 1;
    }
    let (whole, rest) = text.split_at(at);
    !whole.is_empty()
        && all_digits(whole)
        && match rest {
            [] => true,
            [_, fraction @ ..] => !fraction.is_empty() && all_digits(fraction),
        }
}

const fn all_digits(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}
