//! The flags of the processor, as far as they are known.

use iced_x86::ConditionCode;

/// The flags that conditions look at; none for one that is not known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Flags {
    zero: Option<bool>,
    sign: Option<bool>,
    carry: Option<bool>,
    overflow: Option<bool>,
}

impl Flags {
    /// After an operation of so many bytes that has a result and neither carries nor overflows.
    pub fn of_result(result: u64, size: usize) -> Flags {
        Flags {
            zero: Some(masked(result, size) == 0),
            sign: Some(is_negative(result, size)),
            carry: Some(false),
            overflow: Some(false),
        }
    }

    /// After `a - b`.
    pub fn of_difference(a: u64, b: u64, size: usize) -> Flags {
        let (a, b) = (masked(a, size), masked(b, size));
        let result = a.wrapping_sub(b);
        Flags {
            carry: Some(a < b),
            overflow: Some(is_negative((a ^ b) & (a ^ result), size)),
            ..Flags::of_result(result, size)
        }
    }

    /// After `a + b`.
    pub fn of_sum(a: u64, b: u64, size: usize) -> Flags {
        let (a, b) = (masked(a, size), masked(b, size));
        let result = a.wrapping_add(b);
        Flags {
            carry: Some(masked(result, size) < a),
            overflow: Some(is_negative((a ^ result) & (b ^ result), size)),
            ..Flags::of_result(result, size)
        }
    }

    /// The same without the carry, which `inc` and `dec` leave as it was.
    pub fn but_carry(self, before: Flags) -> Flags {
        Flags { carry: before.carry, ..self }
    }

    /// Whether a condition holds (Intel SDM, volume 1, appendix B).
    pub fn hold(&self, condition: ConditionCode) -> Option<bool> {
        let less = || Some(self.sign? != self.overflow?);
        let below_or_equal = || match (self.carry, self.zero) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (carry, zero) => Some(carry? || zero?),
        };
        let less_or_equal = || match (less(), self.zero) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (less, zero) => Some(less? || zero?),
        };
        match condition {
            ConditionCode::e => self.zero,
            ConditionCode::ne => self.zero.map(|is| !is),
            ConditionCode::b => self.carry,
            ConditionCode::ae => self.carry.map(|is| !is),
            ConditionCode::be => below_or_equal(),
            ConditionCode::a => below_or_equal().map(|is| !is),
            ConditionCode::s => self.sign,
            ConditionCode::ns => self.sign.map(|is| !is),
            ConditionCode::o => self.overflow,
            ConditionCode::no => self.overflow.map(|is| !is),
            ConditionCode::l => less(),
            ConditionCode::ge => less().map(|is| !is),
            ConditionCode::le => less_or_equal(),
            ConditionCode::g => less_or_equal().map(|is| !is),
            _ => None,
        }
    }
}

/// The low bytes of a number.
pub(super) fn masked(value: u64, size: usize) -> u64 {
    match size {
        1 => value & 0xff,
        2 => value & 0xffff,
        4 => value & 0xffff_ffff,
        _ => value,
    }
}

/// Whether the highest bit of so many bytes is set.
pub(super) fn is_negative(value: u64, size: usize) -> bool {
    let bit = match size {
        1 => 7,
        2 => 15,
        4 => 31,
        _ => 63,
    };
    (value >> bit) & 1 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_of_numbers_with_and_without_sign() {
        let flags = Flags::of_difference(1, 0xffff_ffff, 4);
        assert_eq!(flags.hold(ConditionCode::b), Some(true));
        assert_eq!(flags.hold(ConditionCode::g), Some(true), "1 is more than -1");
        assert_eq!(flags.hold(ConditionCode::e), Some(false));
        let same = Flags::of_difference(7, 7, 8);
        assert_eq!(same.hold(ConditionCode::be), Some(true));
        assert_eq!(same.hold(ConditionCode::l), Some(false));
        assert_eq!(Flags::of_sum(0x7f, 1, 1).hold(ConditionCode::o), Some(true));
        assert_eq!(Flags::of_sum(0xff, 1, 1).hold(ConditionCode::ae), Some(false));
        assert_eq!(Flags::default().hold(ConditionCode::e), None);
    }

    #[test]
    fn a_condition_of_two_flags_may_be_known_by_one() {
        let known = Flags { zero: Some(true), ..Flags::default() };
        assert_eq!(known.hold(ConditionCode::be), Some(true));
        assert_eq!(known.hold(ConditionCode::g), Some(false));
        assert_eq!(known.hold(ConditionCode::l), None);
    }
}
