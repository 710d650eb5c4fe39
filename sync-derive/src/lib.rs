//! The derives of Syncable.
