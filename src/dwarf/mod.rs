//! Floor 1: from the bytes of an ELF file to meaning.
//!
//! An [`Image`] is one file: its symbols, its units found by address, its lines, functions with
//! their scopes, types, locations and call frame information. Everything is lazy: opening an image
//! reads its section table and nothing more, and every query parses no more than the units it
//! touches. Nothing here opens files or knows of processes: bytes come in, addresses are
//! [`FileAddr`](crate::base::FileAddr), and whatever needs a register or memory asks for it through
//! a trait.

mod aggregates;
mod asked_function;
mod call_targets;
mod called;
mod callee;
mod cfi;
mod code_of_line;
#[cfg(test)]
mod damaged;
mod detail;
mod dies;
mod drop_code;
mod drop_impls;
mod drop_names;
mod dynamic_pointers;
mod enums;
mod evaluate;
mod find;
#[cfg(test)]
mod fixture;
mod fn_items;
mod functions;
#[cfg(any(test, fuzzing))]
pub mod garbage;
#[cfg(test)]
mod garbled;
mod image;
mod inlined_copies;
mod intervals;
mod landing_pads;
mod last_names;
mod lines;
mod locations;
mod mangled_crate;
mod name_ends;
mod name_index;
mod name_match;
mod name_walk;
mod names;
mod origin;
mod paths;
mod pieces;
mod references;
mod root_die;
#[cfg(test)]
pub(crate) mod sample;
mod scope_reader;
mod statics;
mod symbol_filter;
mod symbols;
mod thread_local_names;
mod type_loader;
mod type_names;
mod type_sugar;
mod types;
mod unit_index;
mod units;
mod visible;
mod vtables;

pub use call_targets::CallTarget;
pub use called::{Called, names_function};
pub use cfi::{CfaRule, RegisterRule, UnwindRow};
pub use code_of_line::{LineCode, LineInFunction, LineSearch, ends_with_path};
pub use detail::Detail;
pub use drop_code::DropCode;
pub use drop_names::{DropPart, dropped_by};
pub use dynamic_pointers::DynamicPointer;
pub use find::Constant;
pub use functions::{Function, InlinedCall, Scope, Variable};
pub use image::{Image, ImageError, ImageKind, Images, Loaded, Section, TlsSegment};
pub use inlined_copies::InlinedCopy;
pub use landing_pads::LandingPad;
pub use last_names::last_names;
pub use lines::{LineRow, SourceLine};
pub use locations::{InFrame, Location, LocationContext, Piece, PieceAt};
pub use name_match::names_type;
pub use names::{crate_of, demangle, without_generics};
pub use origin::Origin;
pub use statics::{Static, StaticAt};
pub use symbol_filter::text_required_by_pattern;
pub use symbols::{Symbol, SymbolKind, Symbols};
pub use type_names::short_type_name;
pub use types::{
    Encoding, Field, PointerFlavour, Type, TypeKind, TypeRef, Types, Variant, VariantPart,
};
pub use units::UnitId;
pub use visible::{InlineFrame, Visible};
