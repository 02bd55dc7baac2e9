//! What `break` stops for beside places: `alloc > 1 MiB`, `realloc`, `free #3`, `drop Guard`,
//! `move s`.

use super::words::first;
use super::{CommandError, Context};
use crate::base::BlockId;
use crate::session::{Compared, OwnershipStop, SizeIs, UNITS};

/// What a text behind `break` stops for, where that is no place: a word alone that could be a
/// function's name means what happens to blocks, and `crate::alloc` the function.
///
/// # Errors
/// A size that is none, and what is wrong with the type, the value or the variable.
pub(super) fn ownership(
    context: &mut Context<'_>,
    text: &str,
) -> Result<Option<OwnershipStop>, CommandError> {
    let (word, rest) = first(text);
    Ok(match (word, rest) {
        ("drop", text) if !text.is_empty() => {
            Some(context.session.drop_of(text).map_err(|error| {
                CommandError::about(error, text).hint(
                    "`break drop TYPE` or `break drop VARIABLE`; `break crate::drop` is a function",
                )
            })?)
        }
        ("move", text) if !text.is_empty() => Some(context.session.move_of(text)?),
        _ => of_blocks(word, rest)?,
    })
}

fn of_blocks(word: &str, rest: &str) -> Result<Option<OwnershipStop>, CommandError> {
    Ok(match word {
        "alloc" => Some(OwnershipStop::Alloc(size(rest)?)),
        "realloc" => Some(OwnershipStop::Realloc(size(rest)?)),
        "free" => Some(match rest.strip_prefix('#') {
            Some(ordinal) => OwnershipStop::Free { block: Some(block(ordinal)?), size: None },
            None => OwnershipStop::Free { block: None, size: size(rest)? },
        }),
        _ => None,
    })
}

fn block(ordinal: &str) -> Result<BlockId, CommandError> {
    let wrong =
        |_| CommandError::new(format!("`#{ordinal}` is no block")).hint("as in `break free #3`");
    Ok(BlockId(ordinal.trim().parse().map_err(wrong)?))
}

/// Reads `> 1 MiB`, `<= 100` or `64 KiB`; none of an empty text.
fn size(text: &str) -> Result<Option<SizeIs>, CommandError> {
    if text.is_empty() {
        return Ok(None);
    }
    let signed =
        Compared::ALL.iter().find_map(|(sign, how)| Some((*how, text.strip_prefix(sign)?)));
    let (how, number) = signed.unwrap_or((Compared::Equal, text));
    let bytes = bytes(number.trim()).ok_or_else(|| {
        CommandError::new(format!("`{text}` is no size"))
            .hint("as in `break alloc > 1 MiB`: with >, >=, <, <= or ==, in B, KiB, MiB or GiB")
    })?;
    Ok(Some(SizeIs { how, bytes }))
}

fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: u64 = number.replace('_', "").parse().ok()?;
    let unit = match unit.trim() {
        "" | "B" => 1,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_sign_and_their_unit() {
        let read = |text: &str| size(text).map(|size| size.map(|size| (size.how, size.bytes)));
        assert_eq!(read("> 1 MiB"), Ok(Some((Compared::More, 1 << 20))));
        assert_eq!(read(">=64KiB"), Ok(Some((Compared::AtLeast, 64 << 10))));
        assert_eq!(read("1_000"), Ok(Some((Compared::Equal, 1000))));
        assert_eq!(read("<= 2 B"), Ok(Some((Compared::AtMost, 2))));
        assert_eq!(read(""), Ok(None));
        for wrong in [">", "> x", "1 MB", "-1", "18446744073709551615 GiB", "> 1 MiB y"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_told_of_a_stop_is_read_as_the_same() {
        for text in ["alloc", "alloc > 1 MiB", "realloc <= 1500", "free", "free #12", "free == 0"] {
            let (word, rest) = first(text);
            let read = of_blocks(word, rest).ok().flatten().map(|stop| stop.to_string());
            assert_eq!(read.as_deref(), Some(text));
        }
        assert_eq!(of_blocks("allocate", ""), Ok(None));
        assert!(of_blocks("free", "#x").is_err());
    }
}
