//! What the tests of texts show.

use crate::base::{Data, Region, Shown};

/// A value with that text, of which nothing else is told.
pub fn shown(text: impl Into<String>) -> Shown {
    let data = Data {
        type_name: "T".into(),
        address: None,
        region: Region::Stack,
        target: None,
        value: None,
        unreadable: None,
        children: vec![],
        more: 0,
        size: None,
        bytes: None,
    };
    Shown { text: text.into(), data }
}
