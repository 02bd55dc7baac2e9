//! What the temporaries of a frame have borrowed: the guard of `lock.lock().unwrap().push(f())`, the
//! iterator of `take(&mut list.iter())`, while `f` and `take` run.
//!
//! In code that was not optimised a temporary has cells of its own, without a name and a type. Its type
//! is that of the function that returned it, or of the parameter of one that it is passed to; it is
//! there if every way to where the frame stands has made it; and it is used if the code ahead says so.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::borrows::Footprint;
use super::callees::{Callees, Passing};
use super::followed::{Followed, Frame, FunctionUses};
use super::outlooks::is_guard;
use super::slots::short_function;
use crate::asm::uses::{CallResult, CellUse, Made, Outlook, Part, Place, Standing, Target, Within};
use crate::base::{FileAddr, Register, ThreadNo, VirtAddr};
use crate::dwarf::{Function, Location, Piece, PieceAt, TypeKind, TypeRef, Types};
use crate::track::{Doubt, Need, PlaceKey};
use crate::value::returned;

/// For how many places of a function its temporaries are kept.
const MAX_KNOWN: usize = 1024;
/// Bytes of a word.
const WORD: u64 = 8;

/// The temporaries of one function, by where a frame of it stands.
pub(super) type KnownTemporaries = HashMap<FileAddr, Rc<Vec<Temporary>>>;

/// A value that lies in cells of a frame that no variable has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Temporary {
    ty: TypeRef,
    /// The cell that it begins with, for one that is whole.
    whole: Option<i64>,
    /// Its parts, by where in the value they begin, each with its size and its cell.
    parts: BTreeMap<u64, (u64, i64)>,
    /// The line that made it.
    line: Option<u32>,
}

impl Followed {
    /// What the temporaries of a frame have borrowed; nothing where its function was optimised.
    pub fn temporaries(&self, frame: &Frame<'_>, thread: ThreadNo) -> Vec<Footprint> {
        self.read_temporaries(frame, thread).unwrap_or_default()
    }

    fn read_temporaries(&self, frame: &Frame<'_>, thread: ThreadNo) -> Option<Vec<Footprint>> {
        let known = self.uses_of(frame)?;
        let at = frame.context.bias_to_file();
        known.uses.has_frame_at(at).then_some(())?;
        let found = known.temporaries.borrow().get(&at).cloned();
        let found = found.unwrap_or_else(|| {
            let search = Search { frame, uses: &known, at, callees: Callees::new(frame.image) };
            let mut found = search.all();
            if let Some(loaded) = &frame.context.frame.loaded {
                found.retain(|one| self.may_lend(&loaded.image, one.ty));
            }
            let found = Rc::new(found);
            let mut known = known.temporaries.borrow_mut();
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(at, found.clone());
            found
        });
        let footprints = found.iter().filter_map(|one| frame.footprint_of(one, &known, thread));
        Some(footprints.collect())
    }
}

impl Frame<'_> {
    /// What a temporary lends and has borrowed; none for one that holds no reference.
    fn footprint_of(
        &self,
        one: &Temporary,
        known: &FunctionUses,
        thread: ThreadNo,
    ) -> Option<Footprint> {
        let cfa = self.cfa()?;
        let at = |cell: i64| VirtAddr(cfa.0.wrapping_add_signed(cell));
        let size = self.image.get(one.ty).ok()?.size?;
        let location = match one.whole {
            Some(cell) => Location::Memory(at(cell)),
            None => Location::Pieces(one.pieces(size, &at)),
        };
        let loans = self.reader.read(one.ty, &location).loans();
        loans.first()?;
        let need = self.need_of(one, size, known);
        let function = short_function(&self.function.name);
        let name = match one.line {
            Some(line) => format!("a temporary of {function} in line {line}"),
            None => format!("a temporary of {function}"),
        };
        let first = one.whole.or_else(|| one.parts.values().map(|(_, cell)| *cell).next())?;
        // No die has so great an offset.
        let die = usize::MAX.checked_sub(usize::try_from(first.unsigned_abs()).ok()?)?;
        Some(Footprint {
            key: PlaceKey { thread, cfa, die },
            name,
            parameter: false,
            line: one.line,
            bytes: one.whole.map(|cell| (at(cell), size)),
            ty: one.ty,
            image: self.context.frame.loaded.as_ref()?.image.clone(),
            loans: loans.into_iter().map(|loan| (loan, need)).collect(),
            lent_on: Vec::new(),
        })
    }

    /// Whether the code ahead uses a temporary.
    fn need_of(&self, one: &Temporary, size: u64, known: &FunctionUses) -> Need {
        let flag = |at: i64| self.flag(at);
        let standing = Standing { at: self.context.bias_to_file(), flag: &flag };
        let parts: Vec<Part> = match one.whole {
            Some(cell) => vec![Part { at: Place::Frame(cell), size: size.max(1) }],
            None => {
                let cells = one.parts.values();
                cells.map(|(size, cell)| Part { at: Place::Frame(*cell), size: *size }).collect()
            }
        };
        let outlooks = parts.iter().map(|part| known.uses.outlook_of_temporary(*part, standing));
        let needs = outlooks.map(|outlook| match outlook {
            Some(Outlook::Unused) => Need::No,
            Some(Outlook::Used) => Need::Certain,
            Some(Outlook::Dropped) if is_guard(self.image, one.ty) => Need::Certain,
            Some(Outlook::Dropped) => Need::Perhaps(Doubt::Drop),
            _ => Need::Perhaps(Doubt::Ways),
        });
        needs.max().unwrap_or(Need::No)
    }
}

impl Temporary {
    /// Its bytes, with what is not known of them missing.
    fn pieces(&self, size: u64, at: &dyn Fn(i64) -> VirtAddr) -> Vec<Piece> {
        let (mut pieces, mut end) = (Vec::new(), 0u64);
        for (offset, (bytes, cell)) in &self.parts {
            let Some(gap) = offset.checked_sub(end).filter(|_| *offset < size) else { continue };
            let bytes = (*bytes).min(size.saturating_sub(*offset));
            if gap > 0 {
                pieces.push(Piece { size: gap, at: PieceAt::Missing });
            }
            pieces.push(Piece { size: bytes, at: PieceAt::Memory(at(*cell)) });
            end = offset.saturating_add(bytes);
        }
        if let Some(gap @ 1..) = size.checked_sub(end) {
            pieces.push(Piece { size: gap, at: PieceAt::Missing });
        }
        pieces
    }
}

/// A search for the temporaries of a frame.
struct Search<'a> {
    frame: &'a Frame<'a>,
    uses: &'a FunctionUses,
    at: FileAddr,
    callees: Callees<'a>,
}

impl Search<'_> {
    fn all(&self) -> Vec<Temporary> {
        let named = self.frame.places_of_variables();
        let is_named = |cell: i64| named.iter().any(|part| part.contains(Place::Frame(cell)));
        let used = self.uses.uses.cells_used(self.at);
        let used = used.into_iter().filter(|(cell, _)| !is_named(*cell));
        let (mut found, mut returned) = (Vec::new(), BTreeMap::new());
        for (cell, used) in used {
            match used {
                CellUse::Passed { register, target } => {
                    let one = self.passed(cell, register, target);
                    found.extend(one.filter(|one| !found.contains(one)));
                }
                CellUse::Read => {
                    let Some((of, made)) = self.result_in(cell) else { continue };
                    let (offset, size) = match self.part_returned(&of) {
                        Some(part) => part,
                        None => continue,
                    };
                    let parts = returned.entry(of.call).or_insert((of, made, BTreeMap::new()));
                    parts.2.entry(offset).or_insert((size, cell));
                }
            }
        }
        let whole = returned.into_values().filter_map(|(of, made, parts)| {
            let ty = self.function(of.target)?.returns?;
            Some(Temporary { ty, whole: None, parts, line: self.line(made.at) })
        });
        found.extend(whole);
        found
    }

    /// A temporary whose address is passed to a function.
    fn passed(&self, cell: i64, register: usize, target: Target) -> Option<Temporary> {
        let made = self.made(cell, false)?;
        let whole = |ty, made: Made| {
            let (parts, line) = (BTreeMap::new(), self.line(made.at));
            Some(Temporary { ty, whole: Some(cell), parts, line })
        };
        // What a function has returned there is of its type, and else of the parameter's.
        let result = self.made(cell, true).and_then(|made| Some((made.result?, made)));
        if let Some((of, made)) = result
            && let Some(ty) = self.function(of.target).and_then(|function| function.returns)
            && self.holds_whole(cell, &of, ty)
        {
            return whole(ty, made);
        }
        // A part of another temporary need not be there.
        made.begins.then_some(())?;
        let ty = match self.callees.called(target)?.at {
            Some(at) => {
                self.frame.image.dropped_type(at).or_else(|| self.pointee(register, target))
            }
            None => None,
        };
        whole(ty?, made)
    }

    /// Whether all of what a function has returned lies from a cell on.
    fn holds_whole(&self, cell: i64, of: &CallResult, ty: TypeRef) -> bool {
        let Some(size) = self.frame.image.get(ty).ok().and_then(|ty| ty.size) else { return false };
        if self.part_returned(of).map(|(offset, _)| offset) != Some(0) {
            return false;
        }
        let mut words = (1..size / WORD).map(|word| word.saturating_mul(WORD));
        words.all(|distance| {
            let Some(cell) = cell.checked_add_unsigned(distance) else { return false };
            let its = self.result_in(cell).filter(|(its, _)| its.call == of.call);
            its.and_then(|(its, _)| self.part_returned(&its)).map(|(offset, _)| offset)
                == Some(distance)
        })
    }

    /// The type that a parameter leads to, where it is a reference that has no more than an address.
    fn pointee(&self, register: usize, target: Target) -> Option<TypeRef> {
        let function = self.function(target)?;
        let passing = Passing::of(self.frame.image, &function)?;
        let passed = passing.parameters.iter().find(|passed| passed.register == Some(register))?;
        let ty = self.frame.image.get(passed.ty).ok()?;
        match ty.kind {
            TypeKind::Pointer { to, .. } if ty.name.starts_with('&') => to,
            _ => None,
        }
    }

    fn made(&self, cell: i64, follow: bool) -> Option<Made> {
        let size = |target| {
            let returns = self.function(target).and_then(|function| function.returns);
            let ty = returns.and_then(|ty| self.frame.image.get(ty).ok());
            ty.and_then(|ty| ty.size).unwrap_or(0)
        };
        self.uses.uses.made(self.at, cell, follow, &size)
    }

    /// What a function has returned that lies in a cell, and where the cell got it.
    fn result_in(&self, cell: i64) -> Option<(CallResult, Made)> {
        let made = self.made(cell, true)?;
        Some((made.result?, made))
    }

    /// Where in a value a part of it begins that was returned, and how many of its bytes a cell holds.
    fn part_returned(&self, of: &CallResult) -> Option<(u64, u64)> {
        let register = match of.within {
            Within::Memory(offset) => return Some((offset, WORD)),
            Within::Rax => Register::RAX,
            Within::Rdx => Register::RDX,
        };
        let function = self.function(of.target)?;
        let convention = returned::Convention::of_linkage_name(function.linkage_name);
        let passing = returned::passing(self.frame.image, function.returns?, convention).ok()?;
        let returned::Passing::Registers(parts) = passing else { return None };
        let part = parts.iter().find(|part| part.register == register)?;
        Some((part.offset, part.size))
    }

    fn function(&self, target: Target) -> Option<Arc<Function>> {
        self.frame.image.function_at(self.callees.called(target)?.at?)
    }

    fn line(&self, at: FileAddr) -> Option<u32> {
        self.frame.own_line(at).map(|line| line.line)
    }
}
