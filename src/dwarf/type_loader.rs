//! Type dies to [`Type`]s.
use super::image::Image;
use super::types::{Type, TypeRef, Types};
use crate::base::Unreadable;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Cache {}

impl Types for Image {
    fn get(&self, id: TypeRef) -> Result<Arc<Type>, Unreadable> {
        let _ = (&self.types, id);
        todo!("helper A2")
    }
}
