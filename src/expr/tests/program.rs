//! A program at a stop, written by hand: what the tests evaluate expressions in.

use crate::base::{Register, Unreadable, VirtAddr};
use crate::dwarf::{Encoding, Location, PointerFlavour, TypeRef};
use crate::expr::{
    ExprError, Expression, History, Integer, Lookup, Operand, RegisterValue, Scalar, Scope, Which,
    Write,
};
use crate::value::testing::World;
use crate::value::{Part, Reader};

/// The names of the program and its bytes.
pub(super) struct Program {
    pub(super) world: World,
    variables: Vec<(String, u32, Lookup)>,
    items: Vec<(String, Part)>,
    types: Vec<(String, TypeRef)>,
    next: u64,
}

/// A program with its reader.
struct Frame<'a> {
    program: &'a Program,
    reader: Reader<'a>,
}

impl Program {
    pub(super) fn new() -> Program {
        let mut program = Program {
            world: World::new(),
            variables: Vec::new(),
            items: Vec::new(),
            types: Vec::new(),
            next: 0x10_0000,
        };
        program.scalars();
        program.texts();
        program.sequences();
        program.pointers();
        program.enums();
        program.maps();
        program.odd_ones();
        program
    }

    /// Declares a variable with these bytes in memory.
    fn variable(&mut self, name: &str, ty: TypeRef, bytes: &[u8]) -> u64 {
        let at = self.next;
        self.next += 0x1000;
        self.world.put(at, bytes);
        let part = Part { ty, at: Location::Memory(VirtAddr(at)) };
        self.variables.push((name.to_owned(), 0, Lookup::Found(part)));
        at
    }

    fn words(&mut self, name: &str, ty: TypeRef, words: &[u64]) -> u64 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.variable(name, ty, &bytes)
    }

    fn int(&mut self, signed: bool, size: u64) -> TypeRef {
        let encoding = if signed { Encoding::Signed } else { Encoding::Unsigned };
        let sign = if signed { 'i' } else { 'u' };
        self.world.base(&format!("{sign}{}", size * 8), encoding, size)
    }

    fn scalars(&mut self) {
        let bool_ = self.world.base("bool", Encoding::Bool, 1);
        let char_ = self.world.base("char", Encoding::Char, 4);
        let (f32_, f64_) = (
            self.world.base("f32", Encoding::Float, 4),
            self.world.base("f64", Encoding::Float, 8),
        );
        let usize_ = self.world.base("usize", Encoding::Unsigned, 8);
        let (i8_, i32_, u8_, u128_) =
            (self.int(true, 1), self.int(true, 4), self.int(false, 1), self.int(false, 16));
        for (name, ty) in [("i32", i32_), ("u8", u8_), ("f64", f64_)] {
            self.types.push((name.to_owned(), ty));
        }
        self.variable("yes", bool_, &[1]);
        self.variable("no", bool_, &[0]);
        self.variable("c", char_, &[0xe9, 0, 0, 0]);
        self.variable("x", i32_, &(-7_i32).to_le_bytes());
        self.variable("n", i32_, &41_i32.to_le_bytes());
        self.variable("small", i8_, &[0x80]);
        self.variable("byte", u8_, &[200]);
        self.variable("big", u128_, &u128::MAX.to_le_bytes());
        self.variable("at", usize_, &2_u64.to_le_bytes());
        self.variable("single", f32_, &0.1_f32.to_le_bytes());
        self.variable("double", f64_, &2.5_f64.to_le_bytes());
        self.variable("nan", f64_, &f64::NAN.to_le_bytes());
        let count = self.variable("hidden", i32_, &5_i32.to_le_bytes());
        self.variables.pop();
        let part = Part { ty: i32_, at: Location::Memory(VirtAddr(count)) };
        self.items.push(("demo::counters::COUNT".to_owned(), part));
        // Two variables of one name: the first is declared on line 10, the inner one on 12.
        let outer = Part { ty: u8_, at: Location::Value(vec![1]) };
        let inner = Part { ty: u8_, at: Location::Value(vec![2]) };
        self.variables.push(("twice".to_owned(), 10, Lookup::Found(outer)));
        self.variables.push(("twice".to_owned(), 12, Lookup::Found(inner)));
        let rax = Part { ty: i32_, at: Location::Register(Register::RAX) };
        self.variables.push(("in_rax".to_owned(), 0, Lookup::Found(rax)));
    }

    fn texts(&mut self) {
        let (string, u8_) = (self.world.string(), self.world.uint(1));
        let str_ = self.world.slice("&str", u8_);
        let path = self.world.slice("&std::path::Path", u8_);
        self.types.push(("alloc::string::String".to_owned(), string));
        self.world.put(0x5000, "grün, blau".as_bytes());
        self.words("s", string, &[16, 0x5000, 11]);
        self.words("t", str_, &[0x5000, 5]);
        self.words("p", path, &[0x5000, 5]);
        self.words("nothing", str_, &[1, 0]);
        self.words("broken", string, &[2, 0x5000, 11]);
        self.words("lost", str_, &[0xdead_0000, 4]);
    }

    fn sequences(&mut self) {
        let (i32_, string) = (self.int(true, 4), self.world.string());
        let numbers: Vec<u8> = [10_i32, 20, 30, 40].iter().flat_map(|n| n.to_le_bytes()).collect();
        self.world.put(0x6000, &numbers);
        let vec = self.world.vec_of(i32_, true);
        self.words("v", vec, &[8, 0x6000, 4]);
        self.words("empty", vec, &[0, 4, 0]);
        self.words("huge", vec, &[1 << 60, 0x6000, 1 << 59]);
        let slice = self.world.slice("&[i32]", i32_);
        self.words("slice", slice, &[0x6004, 2]);
        let array = self.world.array(i32_, 4);
        self.variable("array", array, &numbers);
        let ring = self.world.vec_deque_of(i32_);
        self.words("ring", ring, &[4, 0x6000, 3, 3]);
        self.world.put_words(0x6100, &[8, 0x5000, 5, 8, 0x5000, 4]);
        let strings = self.world.vec_of(string, true);
        self.words("strings", strings, &[2, 0x6100, 2]);
        let list = self.world.linked_list_of(i32_);
        self.world.put(0x6200, &[7, 0, 0, 0, 0, 0x63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.words("list", list, &[0, 0, 0]);
        let vec_of_vecs = self.world.vec_of(vec, true);
        self.world.put_words(0x6300, &[8, 0x6000, 4]);
        self.words("nested", vec_of_vecs, &[1, 0x6300, 1]);
    }

    fn pointers(&mut self) {
        let (i32_, word) = (self.int(true, 4), self.world.uint(8));
        let point = self.world.record("demo::Point", 8, 4, &[("x", i32_, 0), ("y", i32_, 4)]);
        self.types.push(("demo::Point".to_owned(), point));
        self.world.put(0x7000, &[3, 0, 0, 0, 4, 0, 0, 0]);
        self.variable("point", point, &[3, 0, 0, 0, 4, 0, 0, 0]);
        let boxed =
            self.world.pointer("alloc::boxed::Box<demo::Point>", Some(point), PointerFlavour::Box);
        let at = self.words("boxed", boxed, &[0x7000]);
        let reference = self.world.pointer(
            "&alloc::boxed::Box<demo::Point>",
            Some(boxed),
            PointerFlavour::Shared,
        );
        self.words("reference", reference, &[at]);
        let raw = self.world.pointer("*const i32", Some(i32_), PointerFlavour::Const);
        self.types.push(("*const i32".to_owned(), raw));
        self.words("raw", raw, &[0x7004]);
        self.words("null", raw, &[0]);
        self.words("dangling", raw, &[0xdead_0000]);
        let cell = self.world.record("core::cell::Cell<usize>", 8, 8, &[("value", word, 0)]);
        self.words("cell", cell, &[9]);
        let fields = [("strong", cell, 0), ("weak", cell, 8), ("value", point, 16)];
        let inner = self.world.record("alloc::rc::RcInner<demo::Point>", 24, 8, &fields);
        let to_inner = self.world.pointer("*const RcInner", Some(inner), PointerFlavour::Const);
        let non_null =
            self.world.record("core::ptr::NonNull<_>", 8, 8, &[("pointer", to_inner, 0)]);
        let rc = self.world.record("alloc::rc::Rc<demo::Point>", 8, 8, &[("ptr", non_null, 0)]);
        self.world.put_words(0x7100, &[2, 3, 0x0000_0006_0000_0005]);
        self.words("rc", rc, &[0x7100]);
        let unsafe_cell =
            self.world.record("core::cell::UnsafeCell<_>", 8, 4, &[("value", point, 0)]);
        let fields = [("borrow", cell, 0), ("value", unsafe_cell, 8)];
        let ref_cell = self.world.record("core::cell::RefCell<demo::Point>", 16, 8, &fields);
        self.words("ref_cell", ref_cell, &[u64::MAX, 0x0000_0002_0000_0001]);
        let code = self.world.function_type();
        let function = self.world.pointer("fn()", Some(code), PointerFlavour::Function);
        self.words("function", function, &[0x40_1000]);
        self.locks(point);
        let dyn_ = self.world.fat_dyn("&dyn demo::Shape");
        self.world.vtable(0x7800, point, 4);
        self.words("dynamic", dyn_, &[0x7000, 0x7800]);
        self.words("unknown_dynamic", dyn_, &[0x7000, 0x7900]);
        self.unsized_rcs();
        let node = self.world.self_boxing_node().0;
        let at = self.next;
        self.words("circle", node, &[at]);
    }

    /// `Rc<str>` and `Rc<[i32]>`: the counts, and what is counted behind them.
    fn unsized_rcs(&mut self) {
        let (word, byte, i32_) = (self.world.uint(8), self.world.uint(1), self.int(true, 4));
        self.world.put_words(0x7200, &[1, 1, u64::from_le_bytes(*b"counted!")]);
        self.world.put_words(0x7300, &[1, 1, 0x0000_0002_0000_0001]);
        let rows = [("rc_str", "str", byte, [0x7200, 7]), ("rc_slice", "[i32]", i32_, [0x7300, 2])];
        for (name, of, element, words) in rows {
            let fields = [("strong", word, 0), ("weak", word, 8), ("value", element, 16)];
            let inner = self.world.record("alloc::rc::RcInner<_>", 16, 8, &fields);
            let raw = self.world.pointer("*const _", Some(inner), PointerFlavour::Const);
            let fields = [("data_ptr", raw, 0), ("length", word, 8)];
            let fat = self.world.record("*const RcInner<_>", 16, 8, &fields);
            let non_null =
                self.world.record("core::ptr::NonNull<_>", 16, 8, &[("pointer", fat, 0)]);
            let ty = format!("alloc::rc::Rc<{of}>");
            let rc = self.world.record(&ty, 16, 8, &[("ptr", non_null, 0)]);
            self.words(name, rc, &words);
        }
    }

    fn locks(&mut self, point: TypeRef) {
        let (u8_, u32_) = (self.world.uint(1), self.world.uint(4));
        let atomic = self.world.record("core::sync::atomic::AtomicU32", 4, 4, &[("v", u32_, 0)]);
        self.variable("atomic", atomic, &[12, 0, 0, 0]);
        let flag = self.world.record("core::sync::atomic::AtomicBool", 1, 1, &[("v", u8_, 0)]);
        self.variable("flag", flag, &[1]);
        let inner = self.world.record("std::sys::sync::Lock", 4, 4, &[("futex", atomic, 0)]);
        let flag = self.world.record("std::sync::poison::Flag", 1, 1, &[("failed", u8_, 0)]);
        let fields = [("inner", inner, 0), ("poison", flag, 4), ("data", point, 8)];
        let mutex = self.world.record("std::sync::poison::mutex::Mutex<_>", 16, 4, &fields);
        self.variable("mutex", mutex, &[1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0]);
    }

    fn enums(&mut self) {
        let (u32_, u8_, i32_) = (self.world.uint(4), self.world.uint(1), self.int(true, 4));
        let colour = self.world.c_like(
            "demo::Colour",
            Encoding::Signed,
            1,
            &[("Red", 0), ("Green", 1), ("Other", -1)],
        );
        self.types.push(("demo::Colour".to_owned(), colour));
        self.variable("colour", colour, &[1]);
        self.variable("no_colour", colour, &[9]);
        let none = self.world.marker("core::option::Option<i32>::None");
        let some = self.world.tuple_struct("core::option::Option<i32>::Some", 8, 4, &[(i32_, 4)]);
        let option = self.world.enumeration(
            "core::option::Option<i32>",
            8,
            4,
            Some((u32_, 0)),
            &[("None", &[0], Some(none)), ("Some", &[1], Some(some))],
        );
        self.variable("some", option, &[1, 0, 0, 0, 3, 0, 0, 0]);
        self.variable("none", option, &[0; 8]);
        let circle = self.world.tuple_struct("demo::Shape::Circle", 12, 4, &[(i32_, 4)]);
        let fields = [("w", i32_, 4), ("h", i32_, 8)];
        let rectangle = self.world.record("demo::Shape::Rectangle", 12, 4, &fields);
        let shape = self.world.enumeration(
            "demo::Shape",
            12,
            4,
            Some((u8_, 0)),
            &[("Circle", &[0], Some(circle)), ("Rectangle", &[1], Some(rectangle))],
        );
        self.types.push(("demo::Shape".to_owned(), shape));
        self.variable("shape", shape, &[1, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0]);
        self.variable("round", shape, &[0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        let pair = self.world.tuple_struct("(i32, demo::Colour)", 8, 4, &[(i32_, 0), (colour, 4)]);
        self.variable("pair", pair, &[1, 0, 0, 0, 0, 0, 0, 0]);
        let string = self.world.string();
        let owned =
            self.world.tuple_struct("alloc::borrow::Cow<str>::Owned", 32, 8, &[(string, 8)]);
        let cow = self.world.enumeration(
            "alloc::borrow::Cow<str>",
            32,
            8,
            Some((u8_, 0)),
            &[("Owned", &[0], Some(owned))],
        );
        self.words("cow", cow, &[0, 8, 0x5000, 5]);
    }

    fn maps(&mut self) {
        let (string, word, u32_) = (self.world.string(), self.world.uint(8), self.world.uint(4));
        let map = self.world.hash_map_of(string, word);
        // {"grün": 36, "gr": 7}, in the second and third of four buckets.
        self.world.put_words(0x8000, &[0; 4]);
        self.world.put_words(0x8020, &[2, 0x5000, 2, 7, 5, 0x5000, 5, 36, 0, 0, 0, 0]);
        let mut control = [0xff; 20];
        (control[1], control[2]) = (0x11, 0x7f);
        self.world.put(0x8080, &control);
        self.words("map", map, &[0x8080, 3, 1, 2]);
        let set = self.world.hash_set_of(u32_);
        let mut control = vec![0xff, 0x01, 0x02, 0xff];
        control.extend([0xff; 16]);
        let mut table: Vec<u8> = [8_u32, 7, 6, 5].iter().flat_map(|n| n.to_le_bytes()).collect();
        table.extend(control);
        self.world.put(0x8300, &table);
        self.words("set", set, &[0x8310, 3, 1, 2]);
        self.large_map();
        let tree = self.world.btree_map();
        self.world.put_leaf(0x9000, 0, &[1, 3, 5], &[10, 30, 50]);
        self.words("tree", tree, &[0x9000, 0, 3]);
    }

    /// A map of 100,000 numbers, each to its double.
    fn large_map(&mut self) {
        const BUCKETS: u64 = 1 << 17;
        const ENTRIES: u64 = 100_000;
        let word = self.world.uint(8);
        let map = self.world.hash_map_of(word, word);
        let mut block = Vec::new();
        for key in (0..BUCKETS).rev() {
            block.extend(key.to_le_bytes());
            block.extend((2 * key).to_le_bytes());
        }
        // The first buckets are empty, and behind them lie the full ones.
        block.extend((0..BUCKETS + 16).map(
            |at| match (BUCKETS - ENTRIES..BUCKETS).contains(&at) {
                true => 0x11,
                false => 0xff,
            },
        ));
        let start = 0x4000_0000;
        self.world.put(start, &block);
        self.words("large", map, &[start + BUCKETS * 16, BUCKETS - 1, 0, ENTRIES]);
    }

    fn odd_ones(&mut self) {
        let gone = Lookup::Unreadable(Unreadable::OptimisedOut);
        self.variables.push(("gone".to_owned(), 0, gone));
        let moved = Lookup::Withheld("was moved to demo::keep::kept".to_owned());
        self.variables.push(("moved".to_owned(), 0, moved));
    }

    fn frame<T>(&self, f: impl FnOnce(&dyn Scope) -> T) -> T {
        let registers = |register| match register {
            Register::RAX => Some(0xffff_ffff_u128),
            _ => None,
        };
        f(&Frame { program: self, reader: self.world.reader(&registers) })
    }

    pub(super) fn evaluate(&self, text: &str) -> Result<Operand, ExprError> {
        self.frame(|scope| Expression::parse(text)?.evaluate(scope))
    }

    /// The value as it is shown, or the error's message.
    pub(super) fn shown(&self, text: &str) -> String {
        self.frame(|scope| {
            let operand = Expression::parse(text).and_then(|parsed| parsed.evaluate(scope));
            match operand {
                Ok(operand) => self.world.text(&operand.read(scope.reader())),
                Err(error) => format!("error: {}", error.message),
            }
        })
    }

    pub(super) fn type_of(&self, text: &str) -> String {
        self.frame(|scope| {
            let operand = Expression::parse(text).and_then(|parsed| parsed.evaluate(scope));
            operand.map_or_else(|e| e.message, |operand| operand.type_name(scope.reader()))
        })
    }

    pub(super) fn assign(&self, text: &str) -> Result<Write, ExprError> {
        self.frame(|scope| Expression::parse(text)?.evaluate_assignment(scope))
    }

    /// The address of a variable.
    pub(super) fn address(&self, name: &str) -> Location {
        match self.frame(|scope| scope.variable(name, Which::Innermost)) {
            Lookup::Found(part) => part.at,
            other => panic!("{name}: {other:?}"),
        }
    }
}

impl Scope for Frame<'_> {
    fn variable(&self, name: &str, which: Which) -> Lookup {
        let same = self.program.variables.iter().filter(|(of, ..)| of == name);
        let mut same: Vec<_> = same.collect();
        let found = match which {
            Which::Innermost => same.pop(),
            Which::Nth(n) => (n as usize).checked_sub(1).and_then(|n| same.get(n).copied()),
            Which::Line(line) => same.into_iter().find(|(_, at, _)| *at == line),
        };
        found.map_or(Lookup::Missing, |(.., lookup)| lookup.clone())
    }

    fn item(&self, path: &str) -> Lookup {
        let path = path.strip_prefix("crate::").unwrap_or(path);
        let ends = |of: &str| of == path || of.ends_with(&format!("::{path}"));
        let found = self.program.items.iter().find(|(of, _)| ends(of));
        found.map_or(Lookup::Missing, |(_, part)| Lookup::Found(part.clone()))
    }

    fn type_named(&self, path: &str) -> Option<TypeRef> {
        let path = path.strip_prefix("crate::").unwrap_or(path);
        let ends = |of: &str| of == path || of.ends_with(&format!("::{path}"));
        self.program.types.iter().find(|(of, _)| ends(of)).map(|(_, ty)| *ty)
    }

    fn register(&self, name: &str) -> Option<RegisterValue> {
        let general = |value, register| Some(RegisterValue { value, size: 8, register });
        match name {
            "rip" => general(Ok(0x40_1000), Some(Register::RIP)),
            "rax" => general(Ok(0xffff_ffff), Some(Register::RAX)),
            "rbx" => general(Err(Unreadable::RegisterLost { register: "rbx" }), None),
            "eflags" => Some(RegisterValue { value: Ok(0x246), size: 4, register: None }),
            "xmm0" => {
                let (value, register) = (Ok(1 << 64), Some(Register::XMM0));
                Some(RegisterValue { value, size: 16, register })
            }
            _ => None,
        }
    }

    fn history(&self, which: History) -> Option<Operand> {
        let shown = |n: i128| Operand::Scalar(Scalar::Int(Integer::new(n, None).unwrap()));
        match which {
            History::Number(1) => {
                let Lookup::Found(part) = self.variable("pair", Which::Innermost) else {
                    return None;
                };
                Some(Operand::Place(part))
            }
            History::Number(2) | History::Back(1) => Some(shown(22)),
            History::Number(3) | History::Back(0) => Some(shown(33)),
            _ => None,
        }
    }

    fn reader(&self) -> &Reader<'_> {
        &self.reader
    }

    fn names(&self) -> Vec<String> {
        let variables = self.program.variables.iter().map(|(name, ..)| name.clone());
        variables.chain(self.program.items.iter().map(|(name, _)| name.clone())).collect()
    }
}
