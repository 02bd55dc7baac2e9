//! What the stack of a function holds, told from its code and debug information alone.
//!
//! A variable's location is computed with made-up registers, far from each other; the address of an
//! operand is computed with the same ones. Where they meet, the operand names the variable.

use std::collections::HashMap;
use std::sync::Arc;

use super::address_names::with_offset;
use crate::asm::Access;
use crate::base::{Bias, Buffer, FileAddr, Memory, Register, VirtAddr};
use crate::dwarf::{
    CfaRule, Function, Image, Location, LocationContext, RegisterRule, TypeKind, TypeRef, Types,
    UnwindRow, Visible,
};

/// How far apart the made-up registers are: farther than any frame is large.
const APART: u32 = 40;

/// Fields within fields that are named.
const DEPTH: usize = 4;

/// Names the operands of one function's instructions.
pub(super) struct StackNames<'a> {
    image: &'a Image,
    function: Option<Arc<Function>>,
    /// The places of variables that have one for all of their life, by die and frame.
    settled: HashMap<(usize, Option<VirtAddr>), Option<VirtAddr>>,
}

impl<'a> StackNames<'a> {
    /// For the function at an address.
    pub fn new(image: &'a Image, at: FileAddr) -> StackNames<'a> {
        StackNames { image, function: image.function_at(at), settled: HashMap::new() }
    }

    /// What an instruction's operands name.
    pub fn names(&mut self, at: FileAddr, accesses: &[Access]) -> Vec<String> {
        if accesses.is_empty() {
            return Vec::new();
        }
        let row = self.image.unwind_row(at);
        let context = MadeUp { row: row.as_deref(), memory: Buffer::default() };
        let mut names = Vec::new();
        for access in accesses {
            let address = made_up(access.base).offset(access.offset);
            let name = self
                .variable(at, address, access.size, &context)
                .or_else(|| saved(row.as_deref(), &context, address));
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names
    }

    fn variable(
        &mut self,
        at: FileAddr,
        address: VirtAddr,
        size: Option<u64>,
        context: &MadeUp<'_>,
    ) -> Option<String> {
        let function = self.function.clone()?;
        let mut best: Option<(u8, String)> = None;
        for seen in function.visible_at(at) {
            let ty = seen.variable.ty;
            let whole = ty.and_then(|ty| self.image.get(ty).ok()?.size).unwrap_or(0);
            let Some(start) = self.place(&function, &seen, at, context) else { continue };
            let Some(offset) = address.0.checked_sub(start.0).filter(|offset| *offset < whole)
            else {
                continue;
            };
            let rank = rank(&seen);
            // Of several in scope the innermost comes last; of those to come the next comes first.
            if best.as_ref().is_some_and(|(known, _)| *known > rank || (rank < 2 && *known == rank))
            {
                continue;
            }
            let (path, rest) =
                ty.map_or((String::new(), offset), |ty| field_path(self.image, ty, offset, size));
            best = Some((rank, with_offset(&format!("{}{path}", seen.variable.name), rest)));
        }
        best.filter(|(rank, _)| *rank > 0).map(|(_, name)| name)
    }

    fn place(
        &mut self,
        function: &Function,
        seen: &Visible<'_>,
        at: FileAddr,
        context: &MadeUp<'_>,
    ) -> Option<VirtAddr> {
        let key = (seen.variable.die, context.cfa());
        if let Some(known) = self.settled.get(&key) {
            return *known;
        }
        let place = match self.image.locate(function, seen.variable, at, context) {
            Ok(Location::Memory(place)) => Some(place),
            _ => None,
        };
        if self.image.stays_in_place(seen.variable) {
            self.settled.insert(key, place);
        }
        place
    }
}

/// How well a variable fits: 2 where it is in scope; 1 where its scope is still to come, because the
/// stores that initialise it stand before it; 0 where it is over.
fn rank(seen: &Visible<'_>) -> u8 {
    match (seen.in_scope, seen.over) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

/// A register that the frame has saved there, or where it returns to.
fn saved(row: Option<&UnwindRow>, context: &MadeUp<'_>, address: VirtAddr) -> Option<String> {
    let (row, cfa) = (row?, context.cfa()?);
    let here = |(_, rule): &&(Register, RegisterRule)| match rule {
        RegisterRule::Offset(offset) => cfa.offset(*offset) == address,
        _ => false,
    };
    let (register, _) = row.registers.iter().find(here)?;
    Some(match *register == row.return_address {
        true => "return address".to_owned(),
        false => format!("saved {}", register.name()),
    })
}

/// The path to the field that some bytes of a value are, and what is left of the offset. Fields of
/// types of std are theirs alone: they are not named. Without a size it is the address that counts,
/// which is that of the largest field that begins there.
fn field_path(types: &dyn Types, ty: TypeRef, offset: u64, size: Option<u64>) -> (String, u64) {
    let (mut path, mut ty, mut offset) = (String::new(), ty, offset);
    for _ in 0..DEPTH {
        let Ok(known) = types.get(ty) else { break };
        let whole = known.size == size || (size.is_none() && offset == 0);
        if matches!(&*known.krate, "std" | "core" | "alloc") || whole {
            break;
        }
        let fields = match &known.kind {
            TypeKind::Struct { fields, .. } => fields,
            _ => break,
        };
        let holds = |field: &&crate::dwarf::Field| {
            let of = types.get(field.ty).ok().and_then(|ty| ty.size).unwrap_or(0);
            offset.checked_sub(field.offset).is_some_and(|within| within < of)
        };
        let Some(field) = fields.iter().find(holds) else { break };
        path.push('.');
        path.push_str(field.name.strip_prefix("__").unwrap_or(&field.name));
        offset = offset.saturating_sub(field.offset);
        ty = field.ty;
    }
    (path, offset)
}

/// The made-up value of a register.
fn made_up(register: Register) -> VirtAddr {
    VirtAddr((u64::from(register.0) + 1) << APART)
}

/// A frame whose registers are made up.
struct MadeUp<'r> {
    row: Option<&'r UnwindRow>,
    memory: Buffer,
}

impl LocationContext for MadeUp<'_> {
    fn register(&self, register: Register) -> Option<u64> {
        (register < Register::RIP).then(|| made_up(register).0)
    }

    fn cfa(&self) -> Option<VirtAddr> {
        match self.row?.cfa {
            CfaRule::RegisterAndOffset(register, offset) if register < Register::RIP => {
                Some(made_up(register).offset(offset))
            }
            _ => None,
        }
    }

    fn bias(&self) -> Bias {
        Bias(0)
    }

    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn entry_value(&self, _: Register) -> Option<u64> {
        None
    }

    fn thread_local(&self, _: u64) -> Option<VirtAddr> {
        None
    }
}
