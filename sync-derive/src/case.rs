//! Cases of names: serde's eight rules, and those that the derives need themselves.

/// A `rename_all` of serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RenameRule {
    #[default]
    None,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The rules as serde spells them.
pub(crate) const RULES: [(&str, RenameRule); 8] = [
    ("lowercase", RenameRule::Lower),
    ("UPPERCASE", RenameRule::Upper),
    ("PascalCase", RenameRule::Pascal),
    ("camelCase", RenameRule::Camel),
    ("snake_case", RenameRule::Snake),
    ("SCREAMING_SNAKE_CASE", RenameRule::ScreamingSnake),
    ("kebab-case", RenameRule::Kebab),
    ("SCREAMING-KEBAB-CASE", RenameRule::ScreamingKebab),
];

impl RenameRule {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        RULES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, rule)| *rule)
    }

    /// Applied to a member, which Rust writes in `PascalCase`; as serde does it, to the letter.
    pub(crate) fn apply_to_variant(self, variant: &str) -> String {
        match self {
            RenameRule::None | RenameRule::Pascal => variant.to_owned(),
            RenameRule::Lower => variant.to_ascii_lowercase(),
            RenameRule::Upper => variant.to_ascii_uppercase(),
            RenameRule::Camel => lower_first(variant),
            RenameRule::Snake => {
                let mut snake = String::new();
                for (at, char) in variant.char_indices() {
                    if at > 0 && char.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(char.to_ascii_lowercase());
                }
                snake
            }
            RenameRule::ScreamingSnake => RenameRule::Snake
                .apply_to_variant(variant)
                .to_ascii_uppercase(),
            RenameRule::Kebab => RenameRule::Snake
                .apply_to_variant(variant)
                .replace('_', "-"),
            RenameRule::ScreamingKebab => RenameRule::ScreamingSnake
                .apply_to_variant(variant)
                .replace('_', "-"),
        }
    }

    /// Applied to a field, which Rust writes in `snake_case`; as serde does it, to the letter.
    pub(crate) fn apply_to_field(self, field: &str) -> String {
        match self {
            RenameRule::None | RenameRule::Lower | RenameRule::Snake => field.to_owned(),
            RenameRule::Upper | RenameRule::ScreamingSnake => field.to_ascii_uppercase(),
            RenameRule::Pascal => pascal(field),
            RenameRule::Camel => lower_first(&pascal(field)),
            RenameRule::Kebab => field.replace('_', "-"),
            RenameRule::ScreamingKebab => RenameRule::ScreamingSnake
                .apply_to_field(field)
                .replace('_', "-"),
        }
    }
}

fn lower_first(name: &str) -> String {
    match name.chars().next() {
        Some(first) => first.to_ascii_lowercase().to_string() + &name[first.len_utf8()..],
        None => String::new(),
    }
}

/// `item_added` as `ItemAdded`.
pub(crate) fn pascal(snake: &str) -> String {
    let mut pascal = String::new();
    let mut capital = true;
    for char in snake.chars() {
        if char == '_' {
            capital = true;
        } else if capital {
            pascal.push(char.to_ascii_uppercase());
            capital = false;
        } else {
            pascal.push(char);
        }
    }
    pascal
}

/// The entity of a type: `OrderItem` as `order_item`, `HTTPLog` as `http_log`.
pub(crate) fn entity(type_name: &str) -> String {
    let chars: Vec<char> = type_name.chars().collect();
    let mut snake = String::new();
    for (at, char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let begins_word = char.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() && before != '_'
                    || before.is_uppercase()
                        && chars.get(at + 1).is_some_and(|next| next.is_lowercase())
            });
        if begins_word {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}
