//! Random events of any model: few ids, few stamps, few words, so that much of it meets.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Map, Value, json};
use sql_check::Logged;
use sync_runtime::{
    schema::{
        Effect, ElementKind, Event, Field, IntType, Key, KeyShape, Lift, Model, PayloadShape,
        StructType, Tagging, Type, UnionBody, UnionType,
    },
    semantics::payload,
};

/// Words whose order, case and normal form tell code points from everything else.
const WORDS: [&str; 12] = [
    "",
    "a",
    "B",
    "é",
    "e\u{301}",
    "\u{ffee}",
    "😀",
    "it's \"quoted\"",
    "{\"a\": 1}",
    "null",
    "10",
    "\\ \n %\u{1}",
];

pub(crate) struct Maker<'a> {
    rng: StdRng,
    model: &'a Model,
    ids: Vec<String>,
    created: bool,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(seed: u64, model: &'a Model) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let ids = (0..5)
            .map(|_| uuid::Uuid::from_u128(rng.random()).to_string())
            .collect();
        Self {
            rng,
            model,
            ids,
            created: false,
        }
    }

    pub(crate) fn entity_id(&mut self) -> String {
        match self.model.id_type() {
            Type::Uuid => self.ids[0].clone(),
            _ => format!("it's {}", self.ids[0]),
        }
    }

    /// An event of the model; the first is a `create`.
    pub(crate) fn event(&mut self, tenant: &str, entity_id: &str) -> Logged {
        let model = self.model;
        let creates = |event: &&Event| event.effect == Effect::Create;
        let first = (!self.created).then(|| model.events.iter().find(creates));
        let event = match first.flatten() {
            Some(create) => create,
            // Ends are rare, so that something happens before them.
            None => loop {
                let event = &model.events[self.below(model.events.len())];
                if event.effect != Effect::Delete || self.below(12) == 0 {
                    break event;
                }
            },
        };
        let ms = match self.created {
            false => 1,
            true => [
                self.rng.random_range(0..40_u64),
                self.rng.random_range(0..300_000_000_000_000),
                253_402_300_799_999 + self.rng.random_range(0..2_u64),
            ][self.below(3)],
        };
        self.created = true;
        let (counter, node) = (self.below(3), self.below(3));
        let (payload, schema_version) = self.payload_of_some_version(event);
        Logged {
            tenant: tenant.to_owned(),
            id: uuid::Uuid::from_u128(self.rng.random()).to_string(),
            entity_type: model.entity.to_string(),
            entity_id: entity_id.to_owned(),
            event_type: match self.below(40) {
                0 => format!("{}.unheard_of", model.entity),
                _ => format!("{}.{}", model.entity, event.name),
            },
            payload,
            timestamp: format!("{ms:015}.{counter:05}.{node:08x}"),
            schema_version,
        }
    }

    /// A payload, and now and then what it was in an older version, or would be in a newer one.
    fn payload_of_some_version(&mut self, event: &Event) -> (Value, u32) {
        let mut payload = self.payload(event);
        let version = self.model.version;
        match self.below(8) {
            0 => (payload, version + 1),
            1..3 if version > 1 => {
                let older = self.rng.random_range(1..version);
                for upcast in self.model.upcasts.iter().rev() {
                    for step in upcast.steps.iter().rev().filter(|_| upcast.from >= older) {
                        self.lower(&mut payload, step);
                    }
                }
                (payload, older)
            }
            _ => (payload, version),
        }
    }

    fn lower(&mut self, payload: &mut Value, step: &Lift) {
        let Some(payload) = payload.as_object_mut() else {
            return;
        };
        match step {
            Lift::Rename { from, to } => {
                if let Some(value) = payload.remove(&**to) {
                    // Both names at once are a mistake that must be read alike as well.
                    if self.below(5) == 0 {
                        payload.insert(to.to_string(), value.clone());
                    }
                    payload.insert(from.to_string(), value);
                }
            }
            Lift::Default { field, .. } => {
                payload.remove(&**field);
            }
            Lift::Function { .. } => {}
        }
    }

    /// A payload in its normal form; sometimes without a key, as a reader without rights gets it.
    fn payload(&mut self, event: &Event) -> Value {
        let model = self.model;
        let given = match PayloadShape::of(model, event) {
            PayloadShape::Struct(shape) => self.object(shape.input_fields(), false),
            PayloadShape::Keys(keys) => {
                let mut out = Map::new();
                for key in &keys {
                    if key.required || self.below(2) == 0 {
                        out.insert(key.name.to_string(), self.key(key));
                    }
                }
                Value::Object(out)
            }
        };
        let mut normal = payload::normal(model, event, given.clone())
            .unwrap_or_else(|invalid| panic!("{}: {invalid}\n{given}", event.name));
        if self.below(15) == 0 && event.effect != Effect::Create {
            let keys: Vec<String> = normal.keys().cloned().collect();
            for key in keys.iter().take(1) {
                normal.remove(key);
            }
        }
        Value::Object(normal)
    }

    fn key(&mut self, key: &Key<'_>) -> Value {
        match &key.shape {
            KeyShape::Field(field) => self.value(&field.ty, field.big),
            KeyShape::ElementId(id) => self.value(&id.ty, id.big),
            KeyShape::Amount => match self.below(3) {
                0 => json!(
                    self.rng
                        .random_range(-9_007_199_254_740_991_i64..=9_007_199_254_740_991)
                ),
                1 => json!(9_007_199_254_740_991_i64),
                _ => json!(self.rng.random_range(-5..5)),
            },
            KeyShape::State(field) => self.value(&field.ty, false),
            KeyShape::Element(part) => match (part.kind, part.item) {
                (ElementKind::Partial, Type::Struct(shape)) => {
                    self.object(shape.patch_fields(), true)
                }
                (_, item) => self.value(item, part.list.big),
            },
        }
    }

    fn object<'b>(&mut self, fields: impl Iterator<Item = &'b Field>, any: bool) -> Value {
        let mut out = Map::new();
        for field in fields {
            let may_lack = any || field.has_default();
            if !may_lack || self.below(2) == 0 {
                out.insert(field.name.to_string(), self.value(&field.ty, field.big));
            }
        }
        Value::Object(out)
    }

    fn value(&mut self, ty: &Type, big: bool) -> Value {
        match ty {
            Type::Bool => json!(self.below(2) == 0),
            Type::Int(int) => self.int(*int, big),
            Type::Float32 => json!(f64::from([0.1_f32, 1.0, -2.5, 1.0e20][self.below(4)])),
            Type::Float64 => match self.below(4) {
                0 => json!(self.rng.random::<f64>() * 1.0e9 - 5.0e8),
                1 => json!(0.1 + 0.2),
                2 => json!(1.0e21),
                _ => json!([0.0, 1.0, -1.5, 5.0e-324, 1.7976931348623157e308][self.below(5)]),
            },
            Type::String => json!(self.word()),
            Type::Char => json!(["a", "é", "😀", "'"][self.below(4)]),
            Type::Uuid => json!(self.ids[self.rng.random_range(0..5)]),
            Type::DateTime => {
                json!(["2026-11-21T08:00:00.000Z", "0001-01-01T00:00:00Z"][self.below(2)])
            }
            Type::LocalDateTime => json!("2026-11-21T08:00:00.000"),
            Type::Date => json!(["2026-11-21", "2024-02-29"][self.below(2)]),
            Type::Time => json!("08:00:00.000"),
            Type::Decimal => json!(
                [
                    "0",
                    "19.9",
                    "-0.0000000000000000000000000001",
                    "79228162514264337593543950335"
                ][self.below(4)]
            ),
            Type::Json => self.json(2),
            Type::Option(inner) => match self.below(3) {
                0 => Value::Null,
                _ => self.value(inner, big),
            },
            Type::List(item) | Type::Set(item) => {
                let count = self.below(4);
                (0..count).map(|_| self.value(item, big)).collect()
            }
            Type::Array { item, len } => (0..*len).map(|_| self.value(item, big)).collect(),
            Type::Tuple(types) => types.iter().map(|ty| self.value(ty, big)).collect(),
            Type::Map { key, value } => {
                let entries = (0..self.below(3)).map(|_| {
                    let key = match (&**key, self.value(key, true)) {
                        (_, Value::String(text)) => text,
                        (_, other) => other.to_string(),
                    };
                    (key, self.value(value, big))
                });
                Value::Object(entries.collect())
            }
            Type::Struct(shape) => self.whole(shape),
            Type::Enum(shape) => json!(shape.variants[self.below(shape.variants.len())].name),
            Type::Union(shape) => self.union(shape, big),
        }
    }

    fn whole(&mut self, shape: &StructType) -> Value {
        self.object(shape.input_fields(), false)
    }

    fn int(&mut self, int: IntType, big: bool) -> Value {
        let wide = big && int.is_wide();
        let (min, max) = (int.min(big).to_string(), int.max(big).to_string());
        let text = match self.below(5) {
            0 => min,
            1 => max,
            _ => self.below(12).to_string(),
        };
        match wide {
            true => json!(text),
            false => serde_json::from_str(&text).expect("an integer"),
        }
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(self.rng.random_range(-3..3)),
            3 => json!(0.1 + 0.2),
            4 => json!(self.word()),
            5 => (0..self.below(3)).map(|_| self.json(depth - 1)).collect(),
            _ => {
                let entries = (0..self.below(3)).map(|_| (self.word(), self.json(depth - 1)));
                Value::Object(entries.collect())
            }
        }
    }

    fn union(&mut self, shape: &UnionType, big: bool) -> Value {
        let variant = &shape.variants[self.below(shape.variants.len())];
        let body = match &variant.body {
            UnionBody::Unit => None,
            UnionBody::Newtype(ty) => Some(self.value(ty, big)),
            UnionBody::Struct(fields) => {
                let given = |field: &&Field| field.is_writable() || field.has_default();
                Some(self.object(fields.iter().filter(given), false))
            }
        };
        match (&shape.tagging, body) {
            (Tagging::External, None) => json!(variant.name),
            (Tagging::External, Some(body)) => json!({ &*variant.name: body }),
            (Tagging::Internal { tag }, body) => {
                let mut out = match body {
                    Some(Value::Object(object)) => object,
                    _ => Map::new(),
                };
                out.insert(tag.to_string(), json!(variant.name));
                Value::Object(out)
            }
            (Tagging::Adjacent { tag, .. }, None) => json!({ &**tag: variant.name }),
            (Tagging::Adjacent { tag, content }, Some(body)) => {
                json!({ &**tag: variant.name, &**content: body })
            }
        }
    }

    fn word(&mut self) -> String {
        WORDS[self.below(WORDS.len())].to_owned()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.rng.random_range(0..limit)
    }
}
