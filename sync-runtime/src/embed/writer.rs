//! `serde_json::to_string` of a schema, as a `const fn`.
//!
//! One method for each type of the schema, in the order of its declaration; a test holds it to the bytes of serde.

use std::borrow::Cow;

use crate::schema::{
    Conflict, Default, Effect, EnumType, Event, Field, FieldGroup, FieldKind, IntType, Length,
    Lift, List, Mode, Model, Notification, Range, Ref, Role, Rules, SnapshotPolicy, Str,
    StructType, Tagging, Transition, Type, UnionBody, UnionType, UnionVariant, Upcast, Variant,
    Visibility,
};

/// Writes into a slice, or only counts once the slice is full.
pub(super) struct Out<'a> {
    into: &'a mut [u8],
    len: usize,
}

/// The string that a constant borrows.
pub(crate) const fn text(string: &Str) -> &str {
    match string {
        Cow::Borrowed(text) => text,
        Cow::Owned(_) => panic!("a schema in a constant owns nothing"),
    }
}

/// The list that a constant borrows.
pub(crate) const fn items<T: Clone>(list: &List<T>) -> &[T] {
    match list {
        Cow::Borrowed(items) => items,
        Cow::Owned(_) => panic!("a schema in a constant owns nothing"),
    }
}

/// What a constant refers to.
pub(crate) const fn target<T>(reference: &Ref<T>) -> &T {
    match reference {
        Ref::Static(target) => target,
        Ref::Boxed(_) => panic!("a schema in a constant owns nothing"),
    }
}

/// `[…]` of a list, each element through a method.
macro_rules! list {
    ($out:ident, $list:expr, $method:ident) => {{
        let list = items($list);
        $out.raw("[");
        let mut at = 0;
        while at < list.len() {
            if at > 0 {
                $out.raw(",");
            }
            $out.$method(&list[at]);
            at += 1;
        }
        $out.raw("]");
    }};
}

/// A value or `null`.
macro_rules! option {
    ($out:ident, $option:expr, $method:ident) => {
        match $option {
            Some(value) => $out.$method(value),
            None => $out.raw("null"),
        }
    };
}

impl<'a> Out<'a> {
    pub(super) const fn new(into: &'a mut [u8]) -> Self {
        Self { into, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn model(&mut self, model: &Model) {
        self.raw("{\"name\":");
        self.string(&model.name);
        self.raw(",\"module\":");
        self.string(&model.module);
        self.raw(",\"entity\":");
        self.string(&model.entity);
        self.raw(",\"path\":");
        self.string(&model.path);
        self.raw(",\"doc\":");
        self.string(&model.doc);
        self.raw(",\"mode\":");
        self.quoted(match model.mode {
            Mode::Api => "api",
            Mode::Rows => "rows",
            Mode::Events => "events",
        });
        self.raw(",\"version\":");
        self.number(&model.version);
        self.raw(",\"tenant\":");
        self.bool(model.tenant);
        self.raw(",\"fields\":");
        list!(self, &model.fields, field);
        self.raw(",\"events\":");
        list!(self, &model.events, event);
        self.raw(",\"snapshot\":");
        option!(self, &model.snapshot, snapshot);
        self.raw(",\"notification\":");
        option!(self, &model.notification, notification);
        self.raw(",\"local_first\":");
        self.bool(model.local_first);
        self.raw(",\"conflict\":");
        self.quoted(match model.conflict {
            Conflict::Reject => "reject",
            Conflict::LastWriteWins => "last_write_wins",
        });
        self.raw(",\"upcasts\":");
        list!(self, &model.upcasts, upcast);
        self.raw(",\"field_groups\":");
        list!(self, &model.field_groups, field_group);
        self.raw(",\"roles\":");
        list!(self, &model.roles, role);
        self.raw("}");
    }

    const fn snapshot(&mut self, policy: &SnapshotPolicy) {
        self.raw("{\"every\":");
        self.number(&policy.every);
        self.raw(",\"max\":");
        self.number(&policy.max);
        self.raw("}");
    }

    const fn notification(&mut self, notification: &Notification) {
        self.quoted(notification.name());
    }

    const fn upcast(&mut self, upcast: &Upcast) {
        self.raw("{\"from\":");
        self.number(&upcast.from);
        self.raw(",\"steps\":");
        list!(self, &upcast.steps, lift);
        self.raw("}");
    }

    const fn lift(&mut self, lift: &Lift) {
        match lift {
            Lift::Rename { from, to } => {
                self.raw("{\"rename\":{\"from\":");
                self.string(from);
                self.raw(",\"to\":");
                self.string(to);
            }
            Lift::Default { field, value } => {
                self.raw("{\"default\":{\"field\":");
                self.string(field);
                self.raw(",\"value\":");
                self.string(value);
            }
            Lift::Function { path } => {
                self.raw("{\"function\":{\"path\":");
                self.string(path);
            }
        }
        self.raw("}}");
    }

    const fn field_group(&mut self, group: &FieldGroup) {
        self.raw("{\"name\":");
        self.string(&group.name);
        self.raw(",\"fields\":");
        list!(self, &group.fields, string);
        self.raw("}");
    }

    const fn role(&mut self, role: &Role) {
        self.raw("{\"name\":");
        self.string(&role.name);
        self.raw(",\"groups\":");
        list!(self, &role.groups, string);
        self.raw("}");
    }

    const fn event(&mut self, event: &Event) {
        self.raw("{\"name\":");
        self.string(&event.name);
        self.raw(",\"effect\":");
        self.effect(&event.effect);
        self.raw("}");
    }

    const fn effect(&mut self, effect: &Effect) {
        if matches!(effect, Effect::Create | Effect::Delete) {
            return self.quoted(effect.name());
        }
        self.raw("{");
        self.quoted(effect.name());
        match effect {
            Effect::Create | Effect::Delete => {}
            Effect::Set { fields } | Effect::Merge { fields } => {
                self.raw(":{\"fields\":");
                list!(self, fields, string);
            }
            Effect::Push { list } | Effect::Remove { list } | Effect::Update { list } => {
                self.raw(":{\"list\":");
                self.string(list);
            }
            Effect::Increment { field } | Effect::Transition { field } => {
                self.raw(":{\"field\":");
                self.string(field);
            }
            Effect::Custom { payload } => {
                self.raw(":{\"payload\":");
                self.ty(payload);
            }
        }
        self.raw("}}");
    }

    const fn field(&mut self, field: &Field) {
        self.raw("{\"name\":");
        self.string(&field.name);
        self.raw(",\"doc\":");
        self.string(&field.doc);
        self.raw(",\"ty\":");
        self.ty(&field.ty);
        self.raw(",\"default\":");
        option!(self, &field.default, default);
        self.raw(",\"kind\":");
        self.kind(&field.kind);
        self.raw(",\"visibility\":");
        self.quoted(match field.visibility {
            Visibility::Public => "public",
            Visibility::OwnerOnly => "owner_only",
            Visibility::Excluded => "excluded",
        });
        self.raw(",\"rules\":");
        self.rules(&field.rules);
        self.raw(",\"big\":");
        self.bool(field.big);
        self.raw(",\"optional\":");
        self.bool(field.optional);
        self.raw(",\"singular\":");
        self.string(&field.singular);
        self.raw(",\"aliases\":");
        list!(self, &field.aliases, string);
        self.raw(",\"conflict_manual\":");
        self.bool(field.conflict_manual);
        self.raw("}");
    }

    const fn default(&mut self, default: &Default) {
        match default {
            Default::Literal(json) => {
                self.raw("{\"literal\":");
                self.string(json);
                self.raw("}");
            }
            Default::OfType => self.quoted("of_type"),
        }
    }

    const fn kind(&mut self, kind: &FieldKind) {
        match kind {
            FieldKind::Plain => self.quoted("plain"),
            FieldKind::Id => self.quoted("id"),
            FieldKind::CreatedAt => self.quoted("created_at"),
            FieldKind::UpdatedAt => self.quoted("updated_at"),
            FieldKind::EventTime => self.quoted("event_time"),
            FieldKind::Machine(transitions) => {
                self.raw("{\"machine\":");
                list!(self, transitions, transition);
                self.raw("}");
            }
        }
    }

    const fn transition(&mut self, transition: &Transition) {
        self.raw("{\"from\":");
        self.string(&transition.from);
        self.raw(",\"to\":");
        list!(self, &transition.to, string);
        self.raw("}");
    }

    const fn rules(&mut self, rules: &Rules) {
        self.raw("{\"range\":");
        option!(self, &rules.range, range);
        self.raw(",\"length\":");
        option!(self, &rules.length, length);
        self.raw(",\"pattern\":");
        option!(self, &rules.pattern, string);
        self.raw("}");
    }

    const fn range(&mut self, range: &Range) {
        self.raw("{\"min\":");
        option!(self, &range.min, string);
        self.raw(",\"max\":");
        option!(self, &range.max, string);
        self.raw("}");
    }

    const fn length(&mut self, length: &Length) {
        self.raw("{\"min\":");
        option!(self, &length.min, number);
        self.raw(",\"max\":");
        option!(self, &length.max, number);
        self.raw("}");
    }

    const fn ty(&mut self, ty: &Ref<Type>) {
        match target(ty) {
            Type::Bool => self.quoted("bool"),
            Type::Int(int) => {
                self.raw("{\"int\":");
                self.quoted(int_name(*int));
                self.raw("}");
            }
            Type::Float32 => self.quoted("float32"),
            Type::Float64 => self.quoted("float64"),
            Type::String => self.quoted("string"),
            Type::Char => self.quoted("char"),
            Type::Uuid => self.quoted("uuid"),
            Type::DateTime => self.quoted("date_time"),
            Type::LocalDateTime => self.quoted("local_date_time"),
            Type::Date => self.quoted("date"),
            Type::Time => self.quoted("time"),
            Type::Decimal => self.quoted("decimal"),
            Type::Json => self.quoted("json"),
            compound => self.compound(compound),
        }
    }

    const fn compound(&mut self, ty: &Type) {
        match ty {
            Type::Option(inner) => {
                self.raw("{\"option\":");
                self.ty(inner);
            }
            Type::List(item) => {
                self.raw("{\"list\":");
                self.ty(item);
            }
            Type::Set(item) => {
                self.raw("{\"set\":");
                self.ty(item);
            }
            Type::Map { key, value } => {
                self.raw("{\"map\":{\"key\":");
                self.ty(key);
                self.raw(",\"value\":");
                self.ty(value);
                self.raw("}");
            }
            Type::Array { item, len } => {
                self.raw("{\"array\":{\"item\":");
                self.ty(item);
                self.raw(",\"len\":");
                self.number(len);
                self.raw("}");
            }
            Type::Tuple(parts) => {
                self.raw("{\"tuple\":");
                list!(self, parts, ty);
            }
            Type::Struct(shape) => {
                self.raw("{\"struct\":");
                self.struct_type(target(shape));
            }
            Type::Enum(shape) => {
                self.raw("{\"enum\":");
                self.enum_type(target(shape));
            }
            Type::Union(shape) => {
                self.raw("{\"union\":");
                self.union_type(target(shape));
            }
            _ => panic!("a type without parts is written by `ty`"),
        }
        self.raw("}");
    }

    const fn struct_type(&mut self, shape: &StructType) {
        self.raw("{\"name\":");
        self.string(&shape.name);
        self.raw(",\"doc\":");
        self.string(&shape.doc);
        self.raw(",\"fields\":");
        list!(self, &shape.fields, field);
        self.raw("}");
    }

    const fn enum_type(&mut self, shape: &EnumType) {
        self.raw("{\"name\":");
        self.string(&shape.name);
        self.raw(",\"doc\":");
        self.string(&shape.doc);
        self.raw(",\"variants\":");
        list!(self, &shape.variants, variant);
        self.raw(",\"default\":");
        option!(self, &shape.default, string);
        self.raw("}");
    }

    const fn variant(&mut self, variant: &Variant) {
        self.raw("{\"name\":");
        self.string(&variant.name);
        self.raw(",\"doc\":");
        self.string(&variant.doc);
        self.raw(",\"aliases\":");
        list!(self, &variant.aliases, string);
        self.raw("}");
    }

    const fn union_type(&mut self, shape: &UnionType) {
        self.raw("{\"name\":");
        self.string(&shape.name);
        self.raw(",\"doc\":");
        self.string(&shape.doc);
        self.raw(",\"tagging\":");
        self.tagging(&shape.tagging);
        self.raw(",\"variants\":");
        list!(self, &shape.variants, union_variant);
        self.raw("}");
    }

    const fn tagging(&mut self, tagging: &Tagging) {
        match tagging {
            Tagging::External => self.quoted("external"),
            Tagging::Internal { tag } => {
                self.raw("{\"internal\":{\"tag\":");
                self.string(tag);
                self.raw("}}");
            }
            Tagging::Adjacent { tag, content } => {
                self.raw("{\"adjacent\":{\"tag\":");
                self.string(tag);
                self.raw(",\"content\":");
                self.string(content);
                self.raw("}}");
            }
        }
    }

    const fn union_variant(&mut self, variant: &UnionVariant) {
        self.raw("{\"name\":");
        self.string(&variant.name);
        self.raw(",\"doc\":");
        self.string(&variant.doc);
        self.raw(",\"aliases\":");
        list!(self, &variant.aliases, string);
        self.raw(",\"body\":");
        match &variant.body {
            UnionBody::Unit => self.quoted("unit"),
            UnionBody::Newtype(inner) => {
                self.raw("{\"newtype\":");
                self.ty(inner);
                self.raw("}");
            }
            UnionBody::Struct(fields) => {
                self.raw("{\"struct\":");
                list!(self, fields, field);
                self.raw("}");
            }
        }
        self.raw("}");
    }

    const fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    const fn number(&mut self, value: &u32) {
        let mut digits = [0; 10];
        let mut at = digits.len();
        let mut rest = *value;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.split_at(at).1);
    }

    /// A name that needs no escapes.
    const fn quoted(&mut self, name: &str) {
        self.raw("\"");
        self.raw(name);
        self.raw("\"");
    }

    /// A string, escaped as serde_json does.
    const fn string(&mut self, string: &Str) {
        let bytes = text(string).as_bytes();
        self.raw("\"");
        let mut written = 0;
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte < 0x20 || byte == b'"' || byte == b'\\' {
                self.bytes(bytes.split_at(at).0.split_at(written).1);
                self.escape(byte);
                written = at + 1;
            }
            at += 1;
        }
        self.bytes(bytes.split_at(written).1);
        self.raw("\"");
    }

    const fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        match byte {
            b'"' => self.raw("\\\""),
            b'\\' => self.raw("\\\\"),
            0x08 => self.raw("\\b"),
            b'\t' => self.raw("\\t"),
            b'\n' => self.raw("\\n"),
            0x0c => self.raw("\\f"),
            b'\r' => self.raw("\\r"),
            _ => {
                self.raw("\\u00");
                self.bytes(&[HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize]]);
            }
        }
    }

    const fn raw(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if end <= self.into.len() {
            let (until, _) = self.into.split_at_mut(end);
            let (_, room) = until.split_at_mut(self.len);
            room.copy_from_slice(bytes);
        }
        self.len = end;
    }
}

const fn int_name(int: IntType) -> &'static str {
    match int {
        IntType::I8 => "i8",
        IntType::I16 => "i16",
        IntType::I32 => "i32",
        IntType::I64 => "i64",
        IntType::I128 => "i128",
        IntType::U8 => "u8",
        IntType::U16 => "u16",
        IntType::U32 => "u32",
        IntType::U64 => "u64",
        IntType::U128 => "u128",
    }
}
