//! The writer against serde, and the reader against what linkers do.

use std::borrow::Cow::Borrowed;

use super::{FORMAT, MAGIC, SectionError, bytes, len, read_section};
use crate::schema::{
    Conflict, Default, Effect, EnumType, Event, Field, FieldGroup, FieldKind, IntType, Length,
    Lift, Mode, Model, Notification, Range, Ref, Role, Rules, SnapshotPolicy, Str, StructType,
    Tagging, Transition, Type, UnionBody, UnionType, UnionVariant, Upcast, Variant, Visibility,
};

/// Every character that JSON escapes or that has more than one byte.
const AWKWARD: Str = Borrowed(
    "\"quoted\" \\back\\ \n\r\t\u{8}\u{c}\u{b}\u{1}\u{1f}\u{7f} / </script> é \u{2028} \u{fffd} 😀 {} []",
);

const fn text(text: &'static str) -> Str {
    Borrowed(text)
}

const fn field(ty: &'static Type) -> Field {
    of_kind(FieldKind::Plain, ty)
}

const fn of_kind(kind: FieldKind, ty: &'static Type) -> Field {
    Field {
        name: text("a"),
        doc: AWKWARD,
        ty: Ref::Static(ty),
        default: None,
        kind,
        visibility: Visibility::Public,
        rules: Rules::NONE,
        big: false,
        optional: false,
        singular: text(""),
        aliases: Borrowed(&[]),
        conflict_manual: false,
    }
}

const EVERY_TYPE: &Type = &Type::Tuple(Borrowed(&[
    Ref::Static(&Type::Bool),
    Ref::Static(&Type::Int(IntType::I8)),
    Ref::Static(&Type::Int(IntType::I16)),
    Ref::Static(&Type::Int(IntType::I32)),
    Ref::Static(&Type::Int(IntType::I64)),
    Ref::Static(&Type::Int(IntType::I128)),
    Ref::Static(&Type::Int(IntType::U8)),
    Ref::Static(&Type::Int(IntType::U16)),
    Ref::Static(&Type::Int(IntType::U32)),
    Ref::Static(&Type::Int(IntType::U64)),
    Ref::Static(&Type::Int(IntType::U128)),
    Ref::Static(&Type::Float32),
    Ref::Static(&Type::Float64),
    Ref::Static(&Type::String),
    Ref::Static(&Type::Char),
    Ref::Static(&Type::Uuid),
    Ref::Static(&Type::DateTime),
    Ref::Static(&Type::LocalDateTime),
    Ref::Static(&Type::Date),
    Ref::Static(&Type::Time),
    Ref::Static(&Type::Decimal),
    Ref::Static(&Type::Json),
    Ref::Static(&Type::Option(Ref::Static(&Type::List(Ref::Static(
        &Type::Set(Ref::Static(&Type::String)),
    ))))),
    Ref::Static(&Type::Map {
        key: Ref::Static(&Type::String),
        value: Ref::Static(&Type::Bool),
    }),
    Ref::Static(&Type::Array {
        item: Ref::Static(&Type::Bool),
        len: 4_294_967_295,
    }),
    Ref::Static(&Type::Struct(Ref::Static(STRUCT))),
    Ref::Static(&Type::Enum(Ref::Static(ENUM))),
    Ref::Static(&Type::Union(Ref::Static(&union(Tagging::External)))),
    Ref::Static(&Type::Union(Ref::Static(&union(Tagging::Internal {
        tag: AWKWARD,
    })))),
    Ref::Static(&Type::Union(Ref::Static(&union(Tagging::Adjacent {
        tag: AWKWARD,
        content: AWKWARD,
    })))),
]));

const STRUCT: &StructType = &StructType {
    name: text("S"),
    doc: AWKWARD,
    fields: Borrowed(&[field(&Type::Bool), field(&Type::Json)]),
};

const ENUM: &EnumType = &EnumType {
    name: text("E"),
    doc: AWKWARD,
    variants: Borrowed(&[Variant {
        name: AWKWARD,
        doc: AWKWARD,
        aliases: Borrowed(&[AWKWARD, text("b")]),
    }]),
    default: Some(AWKWARD),
};

const fn union(tagging: Tagging) -> UnionType {
    UnionType {
        name: text("U"),
        doc: text(""),
        tagging,
        variants: Borrowed(MEMBERS),
    }
}

const MEMBERS: &[UnionVariant] = &[
    UnionVariant {
        name: text("a"),
        doc: text(""),
        aliases: Borrowed(&[]),
        body: UnionBody::Unit,
    },
    UnionVariant {
        name: text("b"),
        doc: text(""),
        aliases: Borrowed(&[]),
        body: UnionBody::Newtype(Ref::Static(&Type::Bool)),
    },
    UnionVariant {
        name: text("c"),
        doc: text(""),
        aliases: Borrowed(&[AWKWARD]),
        body: UnionBody::Struct(Borrowed(&[field(&Type::Bool)])),
    },
];

const MODEL: &Model = &Model {
    name: text("M"),
    module: text("a::b"),
    entity: text("m"),
    path: text("ms"),
    doc: AWKWARD,
    mode: Mode::Events,
    version: 1_234_567_890,
    tenant: true,
    fields: Borrowed(&[
        field(EVERY_TYPE),
        Field {
            default: Some(Default::Literal(AWKWARD)),
            kind: FieldKind::Machine(Borrowed(&[Transition {
                from: AWKWARD,
                to: Borrowed(&[AWKWARD, text("x")]),
            }])),
            visibility: Visibility::OwnerOnly,
            rules: Rules {
                range: Some(Range {
                    min: Some(AWKWARD),
                    max: None,
                }),
                length: Some(Length {
                    min: None,
                    max: Some(0),
                }),
                pattern: Some(AWKWARD),
            },
            big: true,
            optional: true,
            singular: AWKWARD,
            aliases: Borrowed(&[AWKWARD]),
            conflict_manual: true,
            name: text("b"),
            doc: text(""),
            ty: Ref::Static(&Type::Bool),
        },
        of_kind(FieldKind::Id, &Type::Bool),
        of_kind(FieldKind::CreatedAt, &Type::Bool),
        of_kind(FieldKind::UpdatedAt, &Type::Bool),
        of_kind(FieldKind::EventTime, &Type::Bool),
    ]),
    events: Borrowed(&[
        Event {
            name: text("a"),
            effect: Effect::Create,
        },
        Event {
            name: text("b"),
            effect: Effect::Set {
                fields: Borrowed(&[AWKWARD, text("x")]),
            },
        },
        Event {
            name: text("c"),
            effect: Effect::Merge {
                fields: Borrowed(&[]),
            },
        },
        Event {
            name: text("d"),
            effect: Effect::Push { list: AWKWARD },
        },
        Event {
            name: text("e"),
            effect: Effect::Remove { list: AWKWARD },
        },
        Event {
            name: text("f"),
            effect: Effect::Update { list: AWKWARD },
        },
        Event {
            name: text("g"),
            effect: Effect::Increment { field: AWKWARD },
        },
        Event {
            name: text("h"),
            effect: Effect::Transition { field: AWKWARD },
        },
        Event {
            name: text("i"),
            effect: Effect::Delete,
        },
        Event {
            name: text("j"),
            effect: Effect::Custom {
                payload: Ref::Static(&Type::Bool),
            },
        },
    ]),
    snapshot: Some(SnapshotPolicy { every: 0, max: 100 }),
    notification: Some(Notification::Redis),
    local_first: true,
    conflict: Conflict::LastWriteWins,
    upcasts: Borrowed(&[Upcast {
        from: 1,
        steps: Borrowed(&[
            Lift::Rename {
                from: AWKWARD,
                to: AWKWARD,
            },
            Lift::Default {
                field: AWKWARD,
                value: AWKWARD,
            },
            Lift::Function { path: AWKWARD },
        ]),
    }]),
    field_groups: Borrowed(&[FieldGroup {
        name: AWKWARD,
        fields: Borrowed(&[AWKWARD]),
    }]),
    roles: Borrowed(&[Role {
        name: AWKWARD,
        groups: Borrowed(&[]),
    }]),
};

const FRAME: [u8; len(MODEL)] = bytes(MODEL);

#[test]
fn a_constant_holds_what_serde_writes() {
    let json = serde_json::to_string(MODEL).unwrap();
    assert_eq!(str::from_utf8(&FRAME[16..]).unwrap(), json);
    assert_eq!(FRAME[..8], MAGIC);
    assert_eq!(FRAME[8..12], FORMAT.to_le_bytes());
    assert_eq!(
        FRAME[12..16],
        u32::try_from(json.len()).unwrap().to_le_bytes()
    );
}

#[test]
fn other_modes_conflicts_and_backends_too() {
    for (mode, conflict) in [
        (Mode::Api, Conflict::Reject),
        (Mode::Rows, Conflict::LastWriteWins),
    ] {
        for notification in [
            Notification::Memory,
            Notification::Postgres,
            Notification::Nats,
            Notification::Electric,
            Notification::Polling,
            Notification::Noop,
        ] {
            let model = Model {
                mode,
                conflict,
                notification: Some(notification),
                snapshot: None,
                fields: Borrowed(&[]),
                events: Borrowed(&[]),
                ..MODEL.clone()
            };
            // What `clone` made is owned; the writer takes constants, so compare through one's parts.
            let model = Model {
                upcasts: Borrowed(&[]),
                field_groups: Borrowed(&[]),
                roles: Borrowed(&[]),
                ..model
            };
            let mut written = vec![0; len(&model)];
            super::fill(&mut written, &model);
            assert_eq!(
                str::from_utf8(&written[16..]).unwrap(),
                serde_json::to_string(&model).unwrap()
            );
        }
    }
}

#[test]
fn a_section_is_frames_with_zeros_between() {
    assert_eq!(read_section(&[]).unwrap(), []);
    assert_eq!(read_section(&[0; 9]).unwrap(), []);
    let section = [
        &[0; 3],
        &FRAME[..],
        &[],
        &FRAME[..],
        &[0; 7],
        &FRAME[..],
        &[0],
    ]
    .concat();
    let models = read_section(&section).unwrap();
    assert_eq!(models.len(), 3);
    assert!(models.iter().all(|model| model == MODEL));
}

#[test]
fn what_cannot_be_read_says_why() {
    let error = |section: &[u8]| read_section(section).unwrap_err();
    assert!(matches!(
        error(b"\0\0foreign"),
        SectionError::NotOurs { offset: 2 }
    ));
    assert!(matches!(
        error(&FRAME[..FRAME.len() - 1]),
        SectionError::Truncated { offset: 0 }
    ));
    assert!(matches!(
        error(&FRAME[..9]),
        SectionError::Truncated { offset: 0 }
    ));
    let mut newer = FRAME;
    newer[8] = 9;
    assert!(error(&newer).to_string().contains("schema format 9"));
    let mut broken = FRAME;
    broken[16] = b'[';
    assert!(matches!(
        error(&broken),
        SectionError::Json { offset: 0, .. }
    ));
}
