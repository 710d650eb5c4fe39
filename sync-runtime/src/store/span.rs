//! Which events of an entity are read, and in which of its two orders.

use super::Place;

/// A part of an entity's events, read from one end of it.
#[derive(Debug, Clone)]
pub enum Span {
    /// In fold order, the first ones after a place; `None`: from the start.
    After(Option<Place>),
    /// In fold order, the last ones before a place; `None`: of all.
    Before(Option<Place>),
    /// In the order of the log, which is that of a row's changes, the last ones before a position; `None`: of all.
    LoggedBefore(Option<u64>),
}

/// What a span compares with, as the columns of the log hold it.
pub(crate) enum Edge {
    /// `(timestamp, id)`.
    Place(Place),
    /// `seq`.
    Position(u64),
}

impl Span {
    /// How a statement sorts. The plus keeps it to the entity's own index: the log's would be read back to its start.
    pub(crate) fn order(&self) -> &'static str {
        match self {
            Self::After(_) => "timestamp, id",
            Self::Before(_) => "timestamp DESC, id DESC",
            Self::LoggedBefore(_) => "+seq DESC",
        }
    }

    /// Whether the newest comes first.
    pub(crate) fn is_backward(&self) -> bool {
        !matches!(self, Self::After(_))
    }

    /// Where it begins to be read; `None`: at an end.
    pub(crate) fn edge(&self) -> Option<Edge> {
        match self {
            Self::After(place) | Self::Before(place) => place.clone().map(Edge::Place),
            Self::LoggedBefore(position) => position.map(Edge::Position),
        }
    }
}
