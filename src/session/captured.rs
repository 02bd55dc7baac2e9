//! What a closure that runs has captured by reference: it borrows that until it returns.

use super::borrows::Footprint;
use super::followed::Frame;
use crate::base::BorrowKind;
use crate::dwarf::{Image, Location, TypeKind, TypeRef, Types};
use crate::frame::slots::Placed;
use crate::track::{Need, PlaceKey};
use crate::value::Loan;

/// Types of the name of a closure's that are looked at: one for each instance of its function.
const MOST: usize = 16;

/// The reference by which the closure of a frame has captured a variable; none where it has captured
/// the value, or that is not described.
pub(super) fn captured(
    frame: &Frame<'_>,
    variable: &Placed,
    key: PlaceKey,
    name: String,
) -> Option<Footprint> {
    let (Ok(Location::Memory(target)), Some(ty)) = (&variable.location, variable.ty) else {
        return None;
    };
    let kind = frame.captured_by(&variable.name)?;
    let of = frame.image.get(ty).ok().map(|ty| ty.name.clone());
    let loan = Loan { at: None, target: *target, size: variable.size.max(1), kind, of };
    Some(Footprint {
        key,
        name,
        parameter: true,
        line: variable.line,
        bytes: None,
        ty,
        image: frame.context.frame.loaded.as_ref()?.image.clone(),
        loans: vec![(loan, Need::Certain)],
        lent_on: Vec::new(),
    })
}

impl Frame<'_> {
    /// What kind of reference the closure of the frame keeps to a variable of a name: what its type
    /// says in every instance of the function that made it.
    fn captured_by(&self, name: &str) -> Option<BorrowKind> {
        let start = self.function.ranges.first()?.start;
        let label = self.image.function_label(start)?;
        let (around, closure) = label.rsplit_once("::{closure#")?;
        let env = format!("{around}::{{closure_env#{closure}");
        let types = self.image.types_named(&env, Some(self.function.unit));
        let mut kinds = types.into_iter().take(MOST).map(|ty| kind_of(self.image, ty, name));
        let first = kinds.next()??;
        kinds.all(|kind| kind == Some(first)).then_some(first)
    }
}

/// The kind of the reference to a variable that a closure of a type keeps.
fn kind_of(image: &Image, closure: TypeRef, name: &str) -> Option<BorrowKind> {
    let ty = image.get(closure).ok()?;
    let TypeKind::Struct { fields, .. } = &ty.kind else { return None };
    let its = |field: &&crate::dwarf::Field| field.name.strip_prefix("_ref__") == Some(name);
    let reference = image.get(fields.iter().find(its)?.ty).ok()?;
    match reference.name.starts_with("&mut ") {
        true => Some(BorrowKind::Unique),
        false => reference.name.starts_with('&').then_some(BorrowKind::Shared),
    }
}
