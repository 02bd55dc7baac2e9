//! What a walk through the code of a function has seen.

use std::collections::HashSet;

use foldhash::fast::RandomState;

/// What was looked at already. A walk asks this at every instruction, and the hash of the standard
/// library would take longer than all else that is done there.
pub(super) type Visited<T> = HashSet<T, RandomState>;
