//! Names in other languages, from wire names.

use std::collections::BTreeMap;

use sync_runtime::schema::Model;

/// A language that reserves words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TypeScript, as a module in strict mode.
    TypeScript,
    /// Swift 6.
    Swift,
    /// SQLite and PostgreSQL together.
    Sql,
}

/// `order_item`, `order-item`, `OrderItem` and `orderItem` are all `order`, `item`.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_numeric());
        let ends_acronym = i > 0
            && chars[i - 1].is_uppercase()
            && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_acronym) {
            open = false;
        }
        if !open {
            words.push(String::new());
            open = true;
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// `order_item` → `OrderItem`.
pub fn pascal(name: &str) -> String {
    words(name).iter().map(|word| capitalised(word)).collect()
}

/// `order_item` → `orderItem`.
pub fn camel(name: &str) -> String {
    words(name)
        .iter()
        .enumerate()
        .map(|(i, word)| {
            if i == 0 {
                word.clone()
            } else {
                capitalised(word)
            }
        })
        .collect()
}

/// `OrderItem` → `order_item`.
pub fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `order_item` → `ORDER_ITEM`.
pub fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// `category` → `categories`, `box` → `boxes`, `order` → `orders`.
pub fn plural(name: &str) -> String {
    let vowel_before_y = ["ay", "ey", "iy", "oy", "uy"]
        .iter()
        .any(|end| name.ends_with(end));
    if let Some(stem) = name.strip_suffix('y').filter(|_| !vowel_before_y) {
        format!("{stem}ies")
    } else if ["ch", "sh", "s", "x"].iter().any(|end| name.ends_with(end)) {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}

/// The singular of a word, where the rules of the declaration reach: `items` → `item`.
pub fn singular(name: &str) -> Option<String> {
    if let Some(stem) = name.strip_suffix("ies").filter(|stem| !stem.is_empty()) {
        // `series` and `species` are their own singular: no rule reaches them.
        return (!matches!(name, "series" | "species")).then(|| format!("{stem}y"));
    }
    if ["ches", "shes", "sses", "xes"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return Some(name[..name.len() - 2].to_owned());
    }
    if ["ss", "us", "is", "ses"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return None;
    }
    name.strip_suffix('s')
        .filter(|stem| !stem.is_empty())
        .map(str::to_owned)
}

/// What happened, and what one does to make it happen.
const VERBS: [(&str, &str); 7] = [
    ("added", "add"),
    ("archived", "archive"),
    ("changed", "change"),
    ("created", "create"),
    ("deleted", "delete"),
    ("removed", "remove"),
    ("updated", "update"),
];

/// An event's name as an order: `item_added` → `addItem`, `created` → `create`. A name without a verb we know stays as it
/// is: `guest_joined` → `guestJoined`.
pub fn imperative(event: &str) -> String {
    for (past, verb) in VERBS {
        if event == past {
            return verb.to_owned();
        }
        if let Some(what) = event
            .strip_suffix(past)
            .and_then(|rest| rest.strip_suffix('_'))
        {
            return format!("{verb}{}", pascal(what));
        }
    }
    camel(event)
}

/// The method for each event of a model, in the events' order. Where two would be called alike, all of those keep the
/// name of their event.
pub fn methods(model: &Model) -> Vec<String> {
    let events: Vec<&str> = model.events.iter().map(|event| &*event.name).collect();
    method_names(&events)
}

fn method_names(events: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = events.iter().map(|event| imperative(event)).collect();
    // A name given up may be one that another event has by right, so look again until nothing moves.
    loop {
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for name in &names {
            *uses.entry(name).or_default() += 1;
        }
        let next: Vec<String> = names
            .iter()
            .zip(events)
            .map(|(name, event)| {
                if uses[&**name] > 1 {
                    camel(event)
                } else {
                    name.clone()
                }
            })
            .collect();
        if next == names {
            return names;
        }
        names = next;
    }
}

/// A name that may stand alone in that language: a reserved word is escaped as the language has it, and in TypeScript,
/// which has no way, gets a `_`.
pub fn escape(language: Language, name: &str) -> String {
    if !is_reserved(language, name) {
        return name.to_owned();
    }
    match language {
        Language::TypeScript => format!("{name}_"),
        Language::Swift => format!("`{name}`"),
        Language::Sql => format!("\"{name}\""),
    }
}

/// Whether the language reserves the word.
pub fn is_reserved(language: Language, name: &str) -> bool {
    match language {
        Language::TypeScript => TYPESCRIPT.contains(&name),
        Language::Swift => SWIFT.contains(&name),
        Language::Sql => SQL.contains(&&*name.to_lowercase()),
    }
}

#[rustfmt::skip]
const TYPESCRIPT: &[&str] = &[
    "abstract", "any", "arguments", "as", "async", "await", "bigint", "boolean", "break", "case", "catch", "class", "const",
    "continue", "debugger", "declare", "default", "delete", "do", "else", "enum", "eval", "export", "extends", "false",
    "finally", "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let", "never", "new", "null",
    "number", "object", "package", "private", "protected", "public", "return", "static", "string", "super", "switch", "symbol",
    "this", "throw", "true", "try", "type", "typeof", "undefined", "unknown", "var", "void", "while", "with", "yield",
];

#[rustfmt::skip]
const SWIFT: &[&str] = &[
    "Any", "Protocol", "Self", "Type", "as", "associatedtype", "await", "break", "case", "catch", "class", "continue", "default",
    "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if",
    "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private",
    "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw",
    "throws", "true", "try", "typealias", "var", "where", "while",
];

#[rustfmt::skip]
const SQL: &[&str] = &[
    "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "between", "both", "by", "case", "cast", "check",
    "collate", "column", "commit", "constraint", "create", "cross", "current_date", "current_time", "current_timestamp",
    "default", "deferrable", "delete", "desc", "distinct", "do", "drop", "else", "end", "escape", "except", "exists", "false",
    "fetch", "for", "foreign", "from", "full", "grant", "group", "having", "in", "index", "initially", "inner", "insert",
    "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "natural", "not", "notnull",
    "null", "offset", "on", "only", "or", "order", "outer", "primary", "references", "returning", "right", "select", "set",
    "some", "table", "then", "to", "trailing", "transaction", "true", "union", "unique", "update", "user", "using", "values",
    "when", "where", "window", "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for name in ["order_item", "order-item", "OrderItem", "orderItem"] {
            assert_eq!(pascal(name), "OrderItem");
            assert_eq!(camel(name), "orderItem");
            assert_eq!(snake(name), "order_item");
            assert_eq!(screaming(name), "ORDER_ITEM");
        }
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(camel("line_2"), "line2");
        assert_eq!(pascal("größe"), "Größe");
    }

    #[test]
    fn plurals_and_back() {
        for (one, many) in [
            ("order", "orders"),
            ("category", "categories"),
            ("day", "days"),
            ("box", "boxes"),
            ("match", "matches"),
            ("dish", "dishes"),
            ("glass", "glasses"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many).as_deref(), Some(one));
        }
        for none in ["children", "statuses", "series", "status", "analysis", "s"] {
            assert_eq!(singular(none), None, "{none}");
        }
    }

    #[test]
    fn events_become_orders() {
        for (event, method) in [
            ("item_added", "addItem"),
            ("created", "create"),
            ("note_changed", "changeNote"),
            ("margin_cents_changed", "changeMarginCents"),
            ("archived", "archive"),
            ("guest_joined", "guestJoined"),
            ("moved", "moved"),
            ("loaded", "loaded"),
        ] {
            assert_eq!(imperative(event), method);
        }
    }

    #[test]
    fn methods_that_collide_keep_their_events_names() {
        assert_eq!(
            method_names(&["created", "item_added", "add_item"]),
            ["create", "itemAdded", "addItem"]
        );
        assert_eq!(
            method_names(&["x_added", "add_x", "x_added_added", "add_x_added"]),
            ["xAdded", "addX", "addXAdded", "addAddX"]
        );
    }

    #[test]
    fn reserved_words() {
        assert_eq!(escape(Language::TypeScript, "delete"), "delete_");
        assert_eq!(escape(Language::Swift, "default"), "`default`");
        assert_eq!(escape(Language::Sql, "Order"), "\"Order\"");
        assert_eq!(escape(Language::Swift, "order"), "order");
    }
}
