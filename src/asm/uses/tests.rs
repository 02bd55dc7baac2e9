//! Two functions as rustc 1.95 wrote them without optimisation, and what is known of their variables
//! at each of their calls.

use super::*;
use crate::base::{FileAddr, Range};

/// Moves its variable under a condition, between calls of `mark`.
///
/// ```text
/// fn conditional(flag: bool) {
///     let a = G("ca".into());     // [rsp+0x10], 24 bytes; its drop flag is [rsp+0x66]
///     mark(1);                    // called at 16061
///     if flag {
///         take(a);                // copied to [rsp+0x40], called at 160b9
///         mark(2);                // called at 160c5
///     }
///     mark(3);                    // called at 16094
/// }
/// ```
const CONDITIONAL: &str = "\
    4883ec784088f88844240f240188442467c644246600488d355f37ffff488d0d4c160400488d7c24\
    28ba02000000e85d1c0000c644246601488b44243848894424200f104424280f29442410bf010000\
    00e86a010000eb1df6442466010f8582000000eb764889c189d048894c246889442470ebe38a4424\
    0fa801750eeb00bf03000000e837010000eb33c644246600488b44242048894424500f284424100f\
    29442440488d7c2440e872010000eb00bf02000000e806010000eb00ebc1f644246601750ac64424\
    66004883c478c3488d7c2410e817120000ebea488b7c2468e81b050400488d7c2410e801120000eb\
    eaff15f9360400";

/// Moves one field of its variable, and drops the other at its end.
///
/// ```text
/// fn partial() {
///     let p = Pair { a: G("pa".into()), b: G("pb".into()), n: 3 }; // a: [rsp+0x10], b: [rsp+0x28]
///     mark(1);                    // called at 16bff
///     take(p.a);                  // copied to [rsp+0xb0], called at 16c59
///     mark(2);                    // called at 16c65
///     let n = p.n;
///     mark(n);                    // called at 16c77
/// }
/// ```
const PARTIAL: &str = "\
    4881ece8000000c68424cf00000000488d356f2cffff488d0de30b0400488d7c2468ba0200000048\
    89542408e85f110000488b542408488b44247848894424600f104424680f29442450488d35362cff\
    ff488d0dc00b0400488dbc2498000000e82b110000eb25488d7c2450e87f070000e9340100004889\
    c189d048898c24d0000000898424d8000000ebdb488b8424a800000048898424900000000f108424\
    980000000f29842480000000c68424cf00000001488b44246048894424200f284424500f29442410\
    488b84249000000048894424380f288424800000000f11442428c744244003000000bf01000000e8\
    ccf5ffffeb29f68424cf000000010f8594000000e9830000004889c189d048898c24d00000008984\
    24d8000000ebd7c68424cf00000000488b44242048898424c00000000f284424100f298424b00000\
    00488dbc24b0000000e8d2f5ffffeb00bf02000000e866f5ffffeb008b7c244089bc24e4000000e8\
    54f5ffffeb00488d7c24104883c718e874060000c68424cf000000004881c4e8000000c3488d7c24\
    28e85a060000eb12488d7c2410e84e060000ebe8ff15462b0400488bbc24d0000000e849f90300";

/// `core::ptr::drop_in_place::<G>`, `take`, the stub of `_Unwind_Resume`, and the slot of the
/// function that a panic in a destructor calls.
const DROP: u64 = 0x17300;
const TAKE: u64 = 0x16230;
const RESUME: u64 = 0x56610;
const NEVER: u64 = 0x59800;

struct Case {
    start: u64,
    bytes: Vec<u8>,
    pads: Vec<Pad>,
    /// Bytes of the frame, from the stack pointer up to the canonical frame address.
    frame: i64,
}

impl Case {
    fn conditional() -> Case {
        let pad = |from, to| pad(from, to, 0x16075);
        let pads = vec![pad(0x16061, 0x16066), pad(0x16094, 0x160ca)];
        Case { start: 0x16010, bytes: bytes(CONDITIONAL), pads, frame: 0x80 }
    }

    fn partial() -> Case {
        let pads = vec![pad(0x16b70, 0x16b75, 0x16b86), pad(0x16bff, 0x16c7c, 0x16c19)];
        Case { start: 0x16b10, bytes: bytes(PARTIAL), pads, frame: 0xf0 }
    }

    fn uses(&self) -> Uses {
        let end = FileAddr(self.start + self.bytes.len() as u64);
        let kind = |target| match target {
            Target::Code(FileAddr(DROP)) => CalleeKind::Drops { size: Some(24) },
            Target::Code(FileAddr(RESUME)) => CalleeKind::Resumes,
            Target::Slot(FileAddr(NEVER)) => CalleeKind::Never,
            _ => CalleeKind::Other,
        };
        let code = Code {
            bytes: &self.bytes,
            range: Range::new(FileAddr(self.start), end),
            pads: &self.pads,
            callee: &|target| CalleeKnown::of(kind(target)),
            word: &|_| None,
        };
        Uses::of(&code).expect("it can be followed")
    }

    /// The part of the frame at a distance from the stack pointer.
    fn part(&self, offset: i64, size: u64) -> Part {
        Part { at: Place::Frame(offset - self.frame), size }
    }

    /// What is known of a variable of 24 bytes, in scope everywhere, while a call has not returned.
    fn during(&self, call: u64, offset: i64, whole: Part, flag: Option<bool>) -> Verdict {
        let part = self.part(offset, 24);
        let leaf = Leaf::new(part, vec![part], whole, Vec::new());
        let standing = Standing { at: FileAddr(call + 4), flag: &|_| flag };
        self.uses().verdict(&leaf, false, standing)
    }
}

fn pad(from: u64, to: u64, at: u64) -> Pad {
    Pad { calls: Range::new(FileAddr(from), FileAddr(to)), at: FileAddr(at) }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn taken(verdict: &Verdict) -> Vec<(u64, Way)> {
    match verdict {
        Verdict::Gone { by } => by.iter().map(|ending| (ending.at.0, ending.way)).collect(),
        other => panic!("{other:?}"),
    }
}

const BY_TAKE: Way = Way::Passed { to: Some(Target::Code(FileAddr(TAKE))) };

#[test]
fn a_drop_flag_is_found_by_its_test() {
    let case = Case::conditional();
    assert_eq!(case.uses().flags(), [0x66 - case.frame]);
}

#[test]
fn a_variable_that_is_dropped_later_is_live_and_one_that_its_flag_spares_is_gone() {
    let case = Case::conditional();
    let a = case.part(0x10, 24);
    assert_eq!(case.during(0x16061, 0x10, a, Some(true)), Verdict::Live);
    assert_eq!(case.during(0x16094, 0x10, a, Some(true)), Verdict::Live);
    let gone = case.during(0x16094, 0x10, a, Some(false));
    assert_eq!(taken(&gone), [(0x160af, BY_TAKE)], "its last words are copied there");
}

#[test]
fn a_value_is_gone_while_the_function_that_took_it_runs() {
    let case = Case::conditional();
    let a = case.part(0x10, 24);
    for call in [0x160b9, 0x160c5] {
        assert_eq!(taken(&case.during(call, 0x10, a, Some(false))), [(0x160af, BY_TAKE)]);
    }
}

#[test]
fn a_flag_that_cannot_be_read_leaves_the_variable_live() {
    let case = Case::conditional();
    let a = case.part(0x10, 24);
    assert_eq!(case.during(0x16094, 0x10, a, None), Verdict::Live);
}

#[test]
fn the_fields_of_a_variable_have_fates_of_their_own() {
    let case = Case::partial();
    let whole = case.part(0x10, 56);
    for (call, flag) in [(0x16bff, true), (0x16c65, false), (0x16c77, false)] {
        assert_eq!(case.during(call, 0x28, whole, Some(flag)), Verdict::Live, "b at {call:x}");
    }
    assert_eq!(case.during(0x16bff, 0x10, whole, Some(true)), Verdict::Live);
    for call in [0x16c65, 0x16c77] {
        let a = case.during(call, 0x10, whole, Some(false));
        assert_eq!(taken(&a), [(0x16c49, BY_TAKE)], "a at {call:x}");
    }
}

#[test]
fn what_is_used_nowhere_is_not_known() {
    let case = Case::partial();
    let elsewhere = case.part(0xe0, 24);
    let verdict = case.during(0x16c65, 0xe0, elsewhere, Some(true));
    assert!(matches!(verdict, Verdict::Unknown | Verdict::Live), "{verdict:?}");
    let outside = case.part(0x800, 24);
    assert_eq!(case.during(0x16c65, 0x800, outside, Some(true)), Verdict::Unknown);
}

#[test]
fn code_whose_ways_are_not_known_is_not_followed() {
    // jmp rax; sub rsp, rax; a cut instruction.
    for code in [&[0xff, 0xe0][..], &[0x48, 0x29, 0xc4, 0xc3], &[]] {
        let range = Range::new(FileAddr(0), FileAddr(code.len() as u64));
        let code = Code {
            bytes: code,
            range,
            pads: &[],
            callee: &|_| CalleeKnown::of(CalleeKind::Other),
            word: &|_| None,
        };
        assert!(Uses::of(&code).is_none());
    }
}

#[test]
fn a_jump_table_is_followed_up_to_its_end() {
    // 1000: push rax; 1001: lea rax,[rip+table]; 1008: movsxd rcx,[rax+rcx*4]; 100c: add rax,rcx;
    // 100f: jmp rax; 1011: pop rax; 1012: ret; 1013: jmp 1011. The table of two entries is at 2000.
    let code = [
        0x50, 0x48, 0x8d, 0x05, 0xf8, 0x0f, 0, 0, 0x48, 0x63, 0x0c, 0x88, 0x48, 0x01, 0xc8, 0xff,
        0xe0, 0x58, 0xc3, 0xeb, 0xfc,
    ];
    let word = |at: FileAddr| match at.0 {
        0x2000 => Some(-0xfef),
        0x2004 => Some(-0xfed),
        _ => None,
    };
    let code = Code {
        bytes: &code,
        range: Range::new(FileAddr(0x1000), FileAddr(0x1015)),
        pads: &[],
        callee: &|_| CalleeKnown::of(CalleeKind::Other),
        word: &word,
    };
    let uses = Uses::of(&code).expect("its table is there");
    let jump = uses.index_of(FileAddr(0x100f)).expect("a jump");
    let after: Vec<u64> = uses.steps[jump].after.iter().map(|to| uses.steps[*to].at).collect();
    assert_eq!(after, [0x1011, 0x1013]);
}
