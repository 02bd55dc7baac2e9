//! The decimal form of floating point numbers of formats that the debugger itself has no type for:
//! the shortest that no other number of the format shares, as `{:?}` prints those that it has.

use rustc_apfloat::ieee::{Half, Quad, X87DoubleExtended};
use rustc_apfloat::{Category, Float};

/// What `{:?}` prints of a number with these bits: an `f16` of two bytes, an `f128` of sixteen, or
/// the `long double` of C, of ten (psABI, section 3.1.2). None for any other size.
pub(super) fn shortest(bits: u128, size: u64) -> Option<String> {
    Some(match size {
        2 => shown(Half::from_bits(bits & 0xffff), -24),
        10 => shown(X87DoubleExtended::from_bits(bits & (u128::MAX >> 48)), -16_445),
        16 => shown(Quad::from_bits(bits), -16_494),
        _ => return None,
    })
}

/// `smallest` is the exponent of two of the smallest number that the format has.
fn shown<F: Float>(number: F, smallest: i32) -> String {
    let sign = if number.is_negative() { "-" } else { "" };
    match number.category() {
        Category::NaN => "NaN".to_owned(),
        Category::Infinity => format!("{sign}inf"),
        Category::Zero => format!("{sign}0.0"),
        Category::Normal => {
            let number = if number.is_negative() { -number } else { number };
            let (mantissa, exponent) = parts(number, smallest);
            let exact = Decimal::of(mantissa, exponent).digits();
            format!("{sign}{}", layout(&shortened(number, &exact)))
        }
    }
}

/// A positive number as `mantissa * 2^exponent`.
fn parts<F: Float>(number: F, smallest: i32) -> (u128, i32) {
    let precision = i32::try_from(F::PRECISION).unwrap_or(i32::MAX);
    let exponent = number.ilogb().saturating_sub(precision.saturating_sub(1)).max(smallest);
    let mantissa = number.scalbn(exponent.saturating_neg());
    (mantissa.to_u128(128).value, exponent)
}

/// Digits of a number, most significant first, and the power of ten of a point before them.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// A number in limbs of eighteen digits, the least significant first, of which the lowest are given
/// up when there are too many: what is left is exact to seventy digits or more, twice what any
/// format needs.
struct Decimal {
    limbs: Vec<u64>,
    /// The power of ten of the lowest limb.
    exponent: i32,
}

const LIMB: u64 = 1_000_000_000_000_000_000;
const MOST_LIMBS: usize = 5;

impl Decimal {
    fn of(mantissa: u128, exponent: i32) -> Decimal {
        let limb = |value: u128| u64::try_from(value % u128::from(LIMB)).unwrap_or(0);
        let base = u128::from(LIMB);
        let limbs = vec![limb(mantissa), limb(mantissa / base), limb(mantissa / base / base)];
        let mut number = Decimal { limbs, exponent: 0 };
        let (factor, power, tens) = if exponent < 0 { (5, 13, 13) } else { (2, 30, 0) };
        let mut left = exponent.unsigned_abs();
        // A half is five tenths. There are at most 16,494 twos, and so at most 1,269 rounds.
        while left > 0 {
            let step = left.min(power);
            number.multiply(u64::pow(factor, step));
            if tens != 0 {
                number.exponent = number.exponent.saturating_sub_unsigned(step);
            }
            left = left.saturating_sub(step);
        }
        number
    }

    /// By less than 2^31.
    fn multiply(&mut self, by: u64) {
        let mut carry = 0_u128;
        for limb in &mut self.limbs {
            let product = u128::from(*limb).saturating_mul(by.into()).saturating_add(carry);
            *limb = u64::try_from(product % u128::from(LIMB)).unwrap_or(0);
            carry = product / u128::from(LIMB);
        }
        self.limbs.push(u64::try_from(carry).unwrap_or(0));
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
        while self.limbs.len() > MOST_LIMBS {
            self.limbs.remove(0);
            self.exponent = self.exponent.saturating_add(18);
        }
    }

    fn digits(&self) -> Digits {
        let text: String = self.limbs.iter().rev().map(|limb| format!("{limb:018}")).collect();
        let text = text.trim_start_matches('0');
        let len = i32::try_from(text.len()).unwrap_or(0);
        let digits = text.bytes().map(|byte| byte.saturating_sub(b'0')).collect();
        Digits { digits, point: self.exponent.saturating_add(len) }
    }
}

/// The fewest digits that are read back as the number, and of those the nearest to it.
fn shortened<F: Float>(number: F, exact: &Digits) -> Digits {
    let same =
        |digits: &Digits| digits.read::<F>().is_some_and(|n| n.to_bits() == number.to_bits());
    // Enough for every format: Steele and White, "How to Print Floating-Point Numbers Accurately".
    let enough = F::PRECISION.saturating_mul(59).div_ceil(196).saturating_add(2);
    let (mut low, mut high) = (0, enough);
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        match same(&exact.rounded(middle, Round::Nearest)) {
            true => high = middle,
            false => low = middle,
        }
    }
    // Numbers lie twice as far from the next larger as from the next smaller one where the exponent
    // changes: there the farther of two neighbours can be read back, and the nearer cannot.
    let shorter = high.saturating_sub(1).max(1);
    let neighbours = [Round::Up, Round::Down].map(|round| exact.rounded(shorter, round));
    match neighbours.into_iter().find(|digits| high > 1 && same(digits)) {
        Some(digits) => digits,
        None => exact.rounded(high, Round::Nearest),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Nearest,
    Up,
    Down,
}

impl Digits {
    /// The first `n` digits, without zeros at the end.
    fn rounded(&self, n: usize, round: Round) -> Digits {
        let mut digits: Vec<u8> = self.digits.iter().copied().take(n).collect();
        let mut point = self.point;
        let up = match round {
            Round::Nearest => self.digits.get(n).is_some_and(|digit| *digit >= 5),
            Round::Up => self.digits.iter().skip(n).any(|digit| *digit != 0),
            Round::Down => false,
        };
        if up {
            while digits.pop_if(|digit| *digit == 9).is_some() {}
            match digits.last_mut() {
                Some(last) => *last = last.saturating_add(1),
                None => {
                    digits.push(1);
                    point = point.saturating_add(1);
                }
            }
        }
        while digits.pop_if(|digit| *digit == 0).is_some() {}
        Digits { digits, point }
    }

    fn read<F: Float>(&self) -> Option<F> {
        let text = format!("0.{}e{}", self.text(), self.point);
        text.parse::<F>().ok()
    }

    fn text(&self) -> String {
        self.digits.iter().map(|digit| char::from(digit.saturating_add(b'0'))).collect()
    }
}

/// As `float_to_general_debug` in `core::fmt::float` does: with an exponent where the number is
/// below a ten-thousandth, or 10^16 and above.
fn layout(number: &Digits) -> String {
    let (text, point) = (number.text(), number.point);
    if (-3..=16).contains(&point) {
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
        let Some((whole, rest)) =
            usize::try_from(point).ok().and_then(|p| text.split_at_checked(p))
        else {
            return match point > 0 {
                true => {
                    let len = i32::try_from(text.len()).unwrap_or(i32::MAX);
                    format!("{text}{}.0", zeros(point.saturating_sub(len)))
                }
                false => format!("0.{}{text}", zeros(point.saturating_neg())),
            };
        };
        let whole = if whole.is_empty() { "0" } else { whole };
        return format!("{whole}.{}", if rest.is_empty() { "0" } else { rest });
    }
    let (first, rest) = text.split_at_checked(1).unwrap_or((&text, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{first}{dot}{rest}e{}", point.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use rustc_apfloat::ieee::{Double, Single};

    use super::*;

    /// Marsaglia's xorshift64: the same numbers in every run.
    fn random() -> impl Iterator<Item = u64> {
        let step = |n: &u64| {
            let n = n ^ (n << 13);
            let n = n ^ (n >> 7);
            Some(n ^ (n << 17))
        };
        std::iter::successors(Some(0x9e37_79b9_7f4a_7c15), step)
    }

    #[test]
    fn formats_that_rust_prints_itself_come_out_as_it_prints_them() {
        let edges = [1, 2, 1 << 52, (1 << 52) - 1, 0x7fef_ffff_ffff_ffff, 0x3ff0 << 48];
        let short = [0.1, 0.3, 1e-4, 9.9999e-5, 1e15, 1e16, 123_456.75, 5e-324, 9007199254740993.0];
        let powers = (0..2046_u64).map(|exponent| exponent << 52).filter(|bits| *bits != 0);
        let all = edges.into_iter().chain(short.map(f64::to_bits)).chain(powers);
        for bits in all.chain(random().take(2000)) {
            let number = f64::from_bits(bits);
            assert_eq!(shown(Double::from_bits(bits.into()), -1074), format!("{number:?}"));
        }
        let powers = (1..255_u32).map(|exponent| exponent << 23);
        for bits in powers.chain(random().take(2000).map(|bits| bits as u32)) {
            let number = f32::from_bits(bits);
            assert_eq!(shown(Single::from_bits(bits.into()), -149), format!("{number:?}"));
        }
    }

    #[test]
    fn halves_are_written_with_as_few_digits_as_tell_them_apart() {
        let half = |bits| shortest(bits, 2).expect("a format");
        // IEEE 754, binary16: one sign bit, five of exponent, ten of fraction.
        assert_eq!(half(0x3c00), "1.0");
        assert_eq!(half(0x2e66), "0.1");
        assert_eq!(half(0xc248), "-3.14");
        // 65504, whose neighbour is 65472: three digits tell them apart.
        assert_eq!(half(0x7bff), "65500.0");
        assert_eq!(half(0x0001), "6e-8");
        assert_eq!(half(0x8000), "-0.0");
        assert_eq!((half(0x7c00), half(0xfc00)), ("inf".to_owned(), "-inf".to_owned()));
        assert_eq!(half(0x7e00), "NaN");
        assert_eq!(shortest(0, 3), None);
    }

    #[test]
    fn quadruples_have_all_their_digits() {
        let quad = |bits| shortest(bits, 16).expect("a format");
        // IEEE 754, binary128: fifteen bits of exponent, 112 of fraction.
        assert_eq!(quad(0x3fff << 112), "1.0");
        assert_eq!(quad(0x3ffb_9999_9999_9999_9999_9999_9999_999a), "0.1");
        assert_eq!(quad(0xc000 << 112 | 1 << 111), "-3.0");
        // The largest number is FLT128_MAX of C, the smallest 2^-16494, which is 6.47…e-4966.
        let largest = quad(0x7ffe_ffff_ffff_ffff_ffff_ffff_ffff_ffff);
        assert_eq!(largest, "1.189731495357231765085759326628007e4932");
        assert_eq!(quad(1), "6e-4966");
        // 2^100 is an integer, whose digits up to the 35th the format tells from its neighbours'.
        assert_eq!(quad((0x3fff + 100) << 112), "1.267650600228229401496703205376e30");
    }

    #[test]
    fn the_long_double_of_c_has_ten_bytes() {
        let long = |bits| shortest(bits, 10).expect("a format");
        assert_eq!(long(0x3fff << 64 | 1 << 63), "1.0");
        assert_eq!(long(0x3ffb << 64 | 0xcccc_cccc_cccc_cccd), "0.1");
    }
}
