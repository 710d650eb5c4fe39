//! The rules.
use crate::{ctxt::Ctxt, infer::Event, input::Model, types::Declared};
pub(crate) fn model(_cx: &Ctxt, _model: &Model<'_>, _events: &[Event<'_>]) {}
pub(crate) fn sync_type(_cx: &Ctxt, _declared: &Declared<'_>) {}
