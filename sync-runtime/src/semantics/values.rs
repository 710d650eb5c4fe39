//! Values: their normal form, their defaults, their order.
//!
//! Two values are equal when their normal forms are. A payload is normalised before it is judged or stored, so that
//! nothing behind the door has to know more than one spelling.

mod defaults;
mod normal;
mod numbers;
mod rules;
mod sets;
#[cfg(test)]
mod tests;
mod unions;

pub use defaults::{complete, complete_fields, default_of, type_default};
pub use normal::{Form, Missing, normal, normal_field, normal_fields, object};
pub use numbers::{decimal_text, int_of, int_value, whole};
pub use sets::{set_order, sorted_set};
