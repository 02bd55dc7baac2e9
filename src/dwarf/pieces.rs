//! What a DWARF expression results in (DWARF 5, section 2.6), in Freehold's words.

use super::image::Slice;
use super::locations::{Location, LocationContext, Piece, PieceAt};
use super::type_loader::undescribed;
use crate::base::{Register, Unreadable, VirtAddr};

/// The result of an expression. None at all: it was empty.
pub(super) type Pieces = Vec<gimli::Piece<Slice>>;

/// The result of an expression as the location of a variable.
///
/// # Errors
/// [`Unreadable::OptimisedOut`] where nothing of it is left, [`Unreadable::NotDescribed`] for
/// pointers to values that are nowhere and for pieces that are not whole bytes.
pub(super) fn location(pieces: Pieces) -> Result<Location, Unreadable> {
    if let [gimli::Piece { size_in_bits: None, bit_offset: None, location }] = pieces.as_slice() {
        return match place(location)? {
            PieceAt::Memory(at) => Ok(Location::Memory(at)),
            PieceAt::Register(register) => Ok(Location::Register(register)),
            PieceAt::Value(bytes) => Ok(Location::Value(bytes)),
            PieceAt::Missing => Err(Unreadable::OptimisedOut),
        };
    }
    // No piece at all is an empty expression: nothing is left.
    let pieces = pieces.iter().map(piece).collect::<Result<Vec<_>, _>>()?;
    match pieces.iter().all(|piece| piece.at == PieceAt::Missing) {
        true => Err(Unreadable::OptimisedOut),
        false => Ok(Location::Pieces(pieces)),
    }
}

fn piece(piece: &gimli::Piece<Slice>) -> Result<Piece, Unreadable> {
    let bits =
        piece.size_in_bits.filter(|bits| bits % 8 == 0 && piece.bit_offset.unwrap_or(0) == 0);
    let size = bits.ok_or_else(|| undescribed("it is scattered over parts of bytes"))? / 8;
    let mut at = match &piece.location {
        // The other pieces are known all the same.
        gimli::Location::ImplicitPointer { .. } => PieceAt::Missing,
        location => place(location)?,
    };
    if let PieceAt::Value(bytes) = &mut at {
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    }
    Ok(Piece { size, at })
}

fn place(location: &gimli::Location<Slice>) -> Result<PieceAt, Unreadable> {
    Ok(match location {
        gimli::Location::Empty => PieceAt::Missing,
        gimli::Location::Register { register } => PieceAt::Register(Register(register.0)),
        gimli::Location::Address { address } => PieceAt::Memory(VirtAddr(*address)),
        gimli::Location::Value { value } => PieceAt::Value(bytes_of(*value)),
        gimli::Location::Bytes { value } => PieceAt::Value(value.slice().to_vec()),
        gimli::Location::ImplicitPointer { .. } => {
            return Err(undescribed("it points to a value that was optimised out"));
        }
    })
}

/// The result of an expression as a number: the address or value on top of the stack, or what the
/// register that it names holds.
pub(super) fn value_of(
    pieces: &[gimli::Piece<Slice>],
    context: &dyn LocationContext,
) -> Result<u64, Unreadable> {
    match pieces {
        [gimli::Piece { location: gimli::Location::Address { address }, .. }] => Ok(*address),
        [gimli::Piece { location: gimli::Location::Register { register }, .. }] => {
            let register = Register(register.0);
            let lost = Unreadable::RegisterLost { register: register.name() };
            context.register(register).ok_or(lost)
        }
        [gimli::Piece { location: gimli::Location::Value { value }, .. }] => {
            value.to_u64(u64::MAX).map_err(malformed)
        }
        _ => Err(undescribed("the expression gives no address")),
    }
}

fn bytes_of(value: gimli::Value) -> Vec<u8> {
    use gimli::Value;
    match value {
        Value::Generic(value) | Value::U64(value) => value.to_le_bytes().to_vec(),
        Value::I8(value) => value.to_le_bytes().to_vec(),
        Value::U8(value) => vec![value],
        Value::I16(value) => value.to_le_bytes().to_vec(),
        Value::U16(value) => value.to_le_bytes().to_vec(),
        Value::I32(value) => value.to_le_bytes().to_vec(),
        Value::U32(value) => value.to_le_bytes().to_vec(),
        Value::I64(value) => value.to_le_bytes().to_vec(),
        Value::F32(value) => value.to_le_bytes().to_vec(),
        Value::F64(value) => value.to_le_bytes().to_vec(),
    }
}

pub(super) fn malformed(error: gimli::Error) -> Unreadable {
    undescribed(format_args!("its location is malformed: {error}"))
}
