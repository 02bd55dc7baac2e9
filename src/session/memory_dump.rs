//! Memory in units, as gdb's `x` shows it.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use crate::base::{MemoryExt, VirtAddr};
use crate::expr::Operand;
use crate::value::{Place, ValueKind};

/// Units that one dump shows at most.
const MOST_UNITS: usize = 1 << 14;
/// Bytes of a text that `s` shows.
const MOST_TEXT: usize = 200;

/// How memory is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DumpFormat {
    /// How many units.
    pub count: usize,
    /// How each is written.
    pub letter: Letter,
    /// How large each is.
    pub unit: Unit,
}

/// How a unit of memory is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    /// `x`, `z`: hexadecimal.
    Hex,
    /// `d`: decimal, with sign.
    Signed,
    /// `u`: decimal, without sign.
    Unsigned,
    /// `o`: octal.
    Octal,
    /// `t`: binary.
    Binary,
    /// `a`: an address, by name.
    Address,
    /// `c`: a number and the character.
    Char,
    /// `f`: a floating point number.
    Float,
    /// `s`: text up to a zero.
    Text,
    /// `i`: instructions.
    Instruction,
}

/// The size of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// `b`: one byte.
    Byte,
    /// `h`: two.
    Half,
    /// `w`: four.
    Word,
    /// `g`: eight.
    Giant,
}

impl Unit {
    /// Bytes.
    pub fn bytes(self) -> usize {
        match self {
            Unit::Byte => 1,
            Unit::Half => 2,
            Unit::Word => 4,
            Unit::Giant => 8,
        }
    }

    /// How many stand in a row, as in gdb.
    fn a_row(self) -> usize {
        match self {
            Unit::Byte | Unit::Half => 8,
            Unit::Word => 4,
            Unit::Giant => 2,
        }
    }
}

impl DumpFormat {
    /// Reads what stands behind the slash, on top of what was used last: `4xw`, `s`, `8`.
    pub fn parse(text: &str, last: Option<DumpFormat>) -> Option<DumpFormat> {
        let digits =
            text.len().checked_sub(text.trim_start_matches(|c: char| c.is_ascii_digit()).len())?;
        let (count, letters) = text.split_at_checked(digits)?;
        let default = DumpFormat { count: 1, letter: Letter::Hex, unit: Unit::Word };
        let mut format = DumpFormat { count: 1, ..last.unwrap_or(default) };
        if !count.is_empty() {
            format.count = count.parse().ok()?;
        }
        let mut unit = None;
        for letter in letters.chars() {
            match letter {
                'x' | 'z' => format.letter = Letter::Hex,
                'd' => format.letter = Letter::Signed,
                'u' => format.letter = Letter::Unsigned,
                'o' => format.letter = Letter::Octal,
                't' => format.letter = Letter::Binary,
                'a' => format.letter = Letter::Address,
                'c' => format.letter = Letter::Char,
                'f' => format.letter = Letter::Float,
                's' => format.letter = Letter::Text,
                'i' => format.letter = Letter::Instruction,
                'b' => unit = Some(Unit::Byte),
                'h' => unit = Some(Unit::Half),
                'w' => unit = Some(Unit::Word),
                'g' => unit = Some(Unit::Giant),
                _ => return None,
            }
        }
        format.unit = unit.unwrap_or(match format.letter {
            Letter::Address => Unit::Giant,
            Letter::Char if letters.contains('c') => Unit::Byte,
            Letter::Float if format.unit.bytes() < 4 => Unit::Giant,
            _ => format.unit,
        });
        Some(format)
    }
}

/// Memory, in rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Dump {
    /// The rows.
    pub rows: Vec<DumpRow>,
    /// Why it ends before all that was asked for, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
}

/// A row of a dump.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DumpRow {
    /// The name of its first byte's address.
    pub place: String,
    /// That address.
    pub address: VirtAddr,
    /// Its units.
    pub units: Vec<String>,
}

impl Session {
    /// How the last dump was written.
    pub fn last_dump_format(&self) -> Option<DumpFormat> {
        self.looks.dumped.map(|(format, _)| format)
    }

    /// The address that an expression means: what a pointer or reference leads to, a number itself,
    /// and for any other value where it is. An empty text goes on behind the last dump.
    ///
    /// # Errors
    /// [`SessionError::Expression`]; [`SessionError::NoAddress`] for a value that is in no memory.
    pub fn address_of(&mut self, text: &str) -> Result<VirtAddr, SessionError> {
        if text.is_empty() {
            let last = self.looks.dumped.map(|(_, at)| at);
            return last.ok_or_else(|| SessionError::NoAddress(text.to_owned()));
        }
        let found = self.with_operand(text, address)?;
        found.ok_or_else(|| SessionError::NoAddress(text.to_owned()))
    }

    /// The memory from an address on.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`]; [`SessionError::Unmapped`] where nothing can be read.
    pub fn dump(&mut self, at: VirtAddr, format: DumpFormat) -> Result<Dump, SessionError> {
        let (dump, next) = self.look(self.settings.limits, |looking| {
            let mut dumper = Dumper { looking, at, rows: Vec::new(), cut: None };
            match format.letter {
                Letter::Text => dumper.texts(format.count),
                _ => dumper.units(format),
            }
            (Dump { rows: dumper.rows, cut: dumper.cut }, dumper.at)
        })?;
        if dump.rows.is_empty() {
            return Err(SessionError::Unmapped(at));
        }
        self.looks.dumped = Some((format, next));
        Ok(dump)
    }

    /// Where the next dump without an address begins.
    pub fn dumped_to(&mut self, format: DumpFormat, at: VirtAddr) {
        self.looks.dumped = Some((format, at));
    }
}

fn address(looking: &Looking<'_>, operand: &Operand) -> Option<VirtAddr> {
    let value = operand.read(looking.reader);
    match value.kind {
        ValueKind::Int(n) => u64::try_from(n).ok().map(VirtAddr),
        ValueKind::Uint(n) => u64::try_from(n).ok().map(VirtAddr),
        ValueKind::Pointer(pointer) => Some(pointer.target),
        ValueKind::Function { target } => Some(target),
        _ => match value.place {
            Place::Memory(at) => Some(at),
            Place::Register(_) | Place::Computed => None,
        },
    }
}

struct Dumper<'a> {
    looking: &'a Looking<'a>,
    at: VirtAddr,
    rows: Vec<DumpRow>,
    cut: Option<String>,
}

impl Dumper<'_> {
    fn row(&self, units: Vec<String>) -> DumpRow {
        DumpRow { place: self.looking.address_name(self.at), address: self.at, units }
    }

    fn units(&mut self, format: DumpFormat) {
        let size = format.unit.bytes();
        let mut left = format.count.min(MOST_UNITS);
        while left > 0 && self.cut.is_none() {
            let wanted = left.min(format.unit.a_row());
            let mut units = Vec::new();
            let start = self.at;
            for index in 0..wanted {
                let at = start + (index.saturating_mul(size)) as u64;
                match self.looking.reader.memory.read_bytes(at, size) {
                    Ok(bytes) => units.push(self.unit(&bytes, format)),
                    Err(_) => {
                        self.cut = Some("nothing is mapped behind this".to_owned());
                        break;
                    }
                }
            }
            let read = units.len();
            if read > 0 {
                self.rows.push(self.row(units));
            }
            self.at = start + (read.saturating_mul(size)) as u64;
            left = left.saturating_sub(wanted);
        }
        if format.count > MOST_UNITS {
            self.cut = Some(format!("one dump shows {MOST_UNITS} units at most"));
        }
    }

    fn unit(&self, bytes: &[u8], format: DumpFormat) -> String {
        match format.letter {
            Letter::Address => {
                let target = VirtAddr(number(bytes));
                match target.0 {
                    0 => "0".to_owned(),
                    _ => self.looking.address_name(target),
                }
            }
            letter => scalar(bytes, letter),
        }
    }

    /// Texts that end with a zero.
    fn texts(&mut self, count: usize) {
        for _ in 0..count.min(MOST_UNITS) {
            let mut bytes = Vec::new();
            let mut byte = [0];
            let mut ended = false;
            while bytes.len() < MOST_TEXT {
                let at = self.at + bytes.len() as u64;
                if self.looking.reader.memory.read(at, &mut byte).is_err() {
                    self.cut = Some("nothing is mapped behind this".to_owned());
                    break;
                }
                if byte == [0] {
                    ended = true;
                    break;
                }
                bytes.extend(byte);
            }
            if bytes.is_empty() && !ended {
                return;
            }
            let more = if ended || self.cut.is_some() { "" } else { "…" };
            let text = format!("\"{}\"{more}", String::from_utf8_lossy(&bytes).escape_debug());
            self.rows.push(self.row(vec![text]));
            self.at = self.at + bytes.len() as u64 + u64::from(ended);
            if self.cut.is_some() {
                return;
            }
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A unit as gdb writes it: hexadecimal and binary numbers with all their digits.
fn scalar(bytes: &[u8], letter: Letter) -> String {
    let value = number(bytes);
    let bits = bytes.len().saturating_mul(8);
    let unused = 64_usize.saturating_sub(bits);
    let signed = (value << unused).cast_signed() >> unused;
    match letter {
        Letter::Signed => signed.to_string(),
        Letter::Unsigned => value.to_string(),
        Letter::Octal if value == 0 => "0".to_owned(),
        Letter::Octal => format!("0{value:o}"),
        Letter::Binary => format!("{value:0bits$b}"),
        Letter::Float => float(bytes),
        Letter::Char => {
            let shown = u8::try_from(value & 0xff).unwrap_or(0);
            format!("{signed} '{}'", shown.escape_ascii())
        }
        _ => format!("{value:#0width$x}", width = bits / 4 + 2),
    }
}

fn float(bytes: &[u8]) -> String {
    let value = number(bytes);
    match bytes.len() {
        8 => format!("{:?}", f64::from_bits(value)),
        4 => format!("{:?}", f32::from_bits(u32::try_from(value).unwrap_or(0))),
        // There are no floating point numbers of that size.
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_keep_what_is_not_said_from_the_last_one() {
        let parse = |text| DumpFormat::parse(text, None);
        let format = |count, letter, unit| Some(DumpFormat { count, letter, unit });
        assert_eq!(parse("8gx"), format(8, Letter::Hex, Unit::Giant));
        assert_eq!(parse("a"), format(1, Letter::Address, Unit::Giant));
        assert_eq!(parse("3c"), format(3, Letter::Char, Unit::Byte));
        assert_eq!(parse("2f"), format(2, Letter::Float, Unit::Word));
        assert_eq!(parse("q"), None);
        assert_eq!(parse("99999999999999999999x"), None);
        let again = DumpFormat::parse("4", parse("2gd"));
        assert_eq!(again, format(4, Letter::Signed, Unit::Giant));
    }

    #[test]
    fn units_are_written_as_gdb_writes_them() {
        assert_eq!(scalar(&[0xfe, 0xff], Letter::Hex), "0xfffe");
        assert_eq!(scalar(&[0xfe, 0xff], Letter::Signed), "-2");
        assert_eq!(scalar(&[0xfe, 0xff], Letter::Unsigned), "65534");
        assert_eq!(scalar(&[9], Letter::Octal), "011");
        assert_eq!(scalar(&[0], Letter::Octal), "0");
        assert_eq!(scalar(&[5], Letter::Binary), "00000101");
        assert_eq!(scalar(b"h", Letter::Char), "104 'h'");
        assert_eq!(scalar(&1.5f64.to_le_bytes(), Letter::Float), "1.5");
        assert_eq!(scalar(&0.1f32.to_le_bytes(), Letter::Float), "0.1");
        assert_eq!(scalar(&[0x2a, 0, 0, 0], Letter::Hex), "0x0000002a");
    }
}
