//! Keys of component schemas: each taken once.

use std::collections::BTreeSet;

/// The keys that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes the key, or the next one that is free: `OrderItemAddedPayload2`.
    ///
    /// Two models can want one key (`Order` with `item_added`, `OrderItem` with `added`), and Rust's identifiers know
    /// letters that a key may not have.
    pub(super) fn claim(&mut self, wish: &str) -> String {
        let wish: String = wish
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let mut key = wish.clone();
        let mut n = 2;
        while !self.0.insert(key.clone()) {
            key = format!("{wish}{n}");
            n += 1;
        }
        key
    }
}

/// `item_added` → `ItemAdded`.
pub(super) fn pascal(name: &str) -> String {
    name.split(|c: char| !c.is_alphanumeric())
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(chars).collect()
            })
        })
        .collect()
}
