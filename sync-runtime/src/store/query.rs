//! A list of entities: filtered, sorted, by pages.

use serde_json::Value;

/// A list of entities.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// By which field; then by id.
    pub order: Option<Order>,
    /// After the last entity of the page before.
    pub after: Option<PageStart>,
    /// At most so many.
    pub limit: u32,
}

/// A field equals a value, in the wire's normal form.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Wire name, of a field of the model.
    pub field: String,
    /// What it equals; null matches null.
    pub value: Value,
}

/// Sorted by a field.
#[derive(Debug, Clone)]
pub struct Order {
    /// Wire name, of a field of the model.
    pub field: String,
    /// Which way.
    pub direction: Direction,
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first, null before all.
    Ascending,
    /// Largest first, null after all.
    Descending,
}

/// Where a page starts: after this entity.
#[derive(Debug, Clone)]
pub struct PageStart {
    /// Its value of the sorted field.
    pub value: Value,
    /// Its id.
    pub id: String,
}
