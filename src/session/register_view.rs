//! The registers of a frame, as people read them.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use crate::base::{Region, Register, Registers, VirtAddr};

/// The registers of a frame.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RegistersView {
    /// The number of the frame.
    pub frame: usize,
    /// The general ones in gdb's order, then the flags and the base of `fs`.
    pub general: Vec<RegisterView>,
    /// The vector registers; empty where they were not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<VectorView>,
}

/// A register of 64 bits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RegisterView {
    /// The assembler's name.
    pub name: &'static str,
    /// What it holds; none where it is not known in this frame: a call has overwritten it.
    pub value: Option<u64>,
    /// What that is the address of, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// The flags that are set, for the flags register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<String>,
    /// Whether it is another value than at the stop before.
    pub changed: bool,
}

/// A vector register: its low 128 bits.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VectorView {
    /// The assembler's name.
    pub name: &'static str,
    /// Its bits, as `0x` and 32 digits.
    pub bits: String,
    /// As four floats.
    pub floats: [f32; 4],
    /// As two doubles.
    pub doubles: [f64; 2],
}

/// gdb's order of the general registers (its `amd64-core.xml`).
const ORDER: [Register; 17] = [
    Register::RAX,
    Register::RBX,
    Register::RCX,
    Register::RDX,
    Register::RSI,
    Register::RDI,
    Register::RBP,
    Register::RSP,
    Register(8),
    Register(9),
    Register(10),
    Register(11),
    Register(12),
    Register(13),
    Register(14),
    Register(15),
    Register::RIP,
];

/// The bits of the flags register by name (Intel SDM, volume 1, section 3.4.3).
const FLAGS: [(u32, &str); 16] = [
    (0, "CF"),
    (2, "PF"),
    (4, "AF"),
    (6, "ZF"),
    (7, "SF"),
    (8, "TF"),
    (9, "IF"),
    (10, "DF"),
    (11, "OF"),
    (14, "NT"),
    (16, "RF"),
    (17, "VM"),
    (18, "AC"),
    (19, "VIF"),
    (20, "VIP"),
    (21, "ID"),
];

impl Session {
    /// The registers of the frame that is looked at. In the frame of a caller only those are known
    /// that callees have saved or must preserve.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`]; [`SessionError::NoVectors`] where vector registers are asked
    /// for of the frame of a caller, which no callee preserves.
    pub fn registers(&mut self, vectors: bool) -> Result<RegistersView, SessionError> {
        let frame = self.frame()?;
        let innermost = frame.raw == 0;
        let before = self.looks.before(self.selected.thread).copied().filter(|_| innermost);
        let limits = self.settings.limits;
        self.look(limits, |looking| {
            let general = ORDER.iter().map(|register| general(looking, *register, before.as_ref()));
            let mut general: Vec<_> = general.collect();
            if innermost {
                general.extend(flags(looking, before.as_ref()));
                general.extend(segment_base(looking, before.as_ref()));
            }
            let lanes = match vectors {
                true => vector_registers(looking)?,
                false => Vec::new(),
            };
            Ok(RegistersView { frame: frame.no, general, vectors: lanes })
        })?
    }
}

fn general(looking: &Looking<'_>, register: Register, before: Option<&Registers>) -> RegisterView {
    let value = looking.raw.registers.get(register);
    RegisterView {
        name: register.name(),
        value,
        leads_to: value.and_then(|value| lead(looking, VirtAddr(value))),
        flags: None,
        changed: before.is_some_and(|before| before.get(register) != value),
    }
}

/// What a value is the address of. Small numbers and what is mapped nowhere are just numbers.
fn lead(looking: &Looking<'_>, at: VirtAddr) -> Option<String> {
    let region = (at.0 >= 4096).then(|| looking.region(at))?;
    (!matches!(region, Region::Unmapped)).then(|| looking.address_name(at))
}

fn flags(looking: &Looking<'_>, before: Option<&Registers>) -> Option<RegisterView> {
    let value = looking.flags()?;
    Some(RegisterView {
        name: "eflags",
        value: Some(value),
        leads_to: None,
        flags: Some(flag_names(value)),
        changed: before.is_some_and(|before| before.eflags != value),
    })
}

fn flag_names(value: u64) -> String {
    let set = FLAGS.iter().filter(|(bit, _)| value & (1 << bit) != 0);
    let names: String = set.map(|(_, name)| format!("{name} ")).collect();
    format!("[ {names}]")
}

fn segment_base(looking: &Looking<'_>, before: Option<&Registers>) -> Option<RegisterView> {
    let value = looking.run.held(looking.thread)?.registers().fs_base;
    Some(RegisterView {
        name: "fs_base",
        value: Some(value),
        leads_to: None,
        flags: None,
        changed: before.is_some_and(|before| before.fs_base != value),
    })
}

fn vector_registers(looking: &Looking<'_>) -> Result<Vec<VectorView>, SessionError> {
    if !looking.innermost {
        return Err(SessionError::NoVectors);
    }
    let thread = looking.run.held(looking.thread).ok_or(SessionError::NotRunning)?;
    let vectors = thread.vectors().map_err(|_| SessionError::NotRunning)?;
    Ok((Register::XMM0.0..).zip(vectors).map(|(no, bits)| lanes(Register(no), bits)).collect())
}

fn lanes(register: Register, bits: u128) -> VectorView {
    let word = |n: u32| (bits >> (32 * n)) & u128::from(u32::MAX);
    let long = |n: u32| (bits >> (64 * n)) & u128::from(u64::MAX);
    let float = |n| f32::from_bits(u32::try_from(word(n)).unwrap_or(0));
    let double = |n| f64::from_bits(u64::try_from(long(n)).unwrap_or(0));
    VectorView {
        name: register.name(),
        bits: format!("{bits:#034x}"),
        floats: [float(0), float(1), float(2), float(3)],
        doubles: [double(0), double(1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_by_their_names() {
        assert_eq!(flag_names(0x246), "[ PF ZF IF ]");
        assert_eq!(flag_names(0), "[ ]");
    }

    #[test]
    fn a_vector_register_is_read_in_lanes_from_the_lowest() {
        let bits = u128::from(1.5f32.to_bits()) | u128::from(2.5f64.to_bits()) << 64;
        let view = lanes(Register::XMM0, bits);
        assert_eq!(view.floats[0].to_bits(), 1.5f32.to_bits());
        assert_eq!(view.doubles[1].to_bits(), 2.5f64.to_bits());
        assert_eq!((view.name, view.bits.len()), ("xmm0", 34));
    }
}
