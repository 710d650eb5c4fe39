#![allow(unused_imports, dead_code)]

use serde::{Deserialize, Serialize};
use sync_runtime::{SyncType, Syncable};
use uuid::Uuid;

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, SyncType)]
struct Weight(bool);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, SyncType)]
struct Code(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
struct Shelf {
    good: BTreeMap<Code, Weight>,
    bad: BTreeMap<Weight, Code>,
    set: BTreeSet<(i32, i32)>,
}

fn main() {}
