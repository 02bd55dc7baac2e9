//! The program that the live tests of the inferior debug. Its first argument says what it does; its
//! exit code says whether it saw what it would have seen without a debugger.

use std::process::{Command, exit};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

static TOUCHED: AtomicU64 = AtomicU64::new(0);

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn touch(n: u64) -> u64 {
    TOUCHED.fetch_add(1, SeqCst) + n
}

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn raise(signal: i32) -> i32;
    fn signal(signal: i32, handler: usize) -> usize;
    fn getpid() -> i32;
    fn alarm(seconds: u32) -> u32;
    fn pause() -> i32;
    fn ualarm(first: u32, then: u32) -> u32;
    fn syscall(number: i64, ...) -> i64;
    fn sysconf(name: i32) -> i64;
    fn sched_getaffinity(pid: i32, size: usize, mask: *mut u64) -> i32;
    fn sched_setaffinity(pid: i32, size: usize, mask: *const u64) -> i32;
}

extern "C" fn on_signal(_: i32) {
    TOUCHED.fetch_add(1, SeqCst);
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |n: usize| args.get(n).and_then(|a| a.parse::<u64>().ok()).unwrap_or(0);
    let code = match args.get(1).map_or("", |a| a) {
        "calls" => (0..number(2)).map(|n| touch(n) as i32 & 0).sum(),
        "environment" => environment(),
        "threads" => threads(number(2), number(3)),
        "fork" => forked(),
        "spawn" => i32::from(!Command::new("/bin/true").status().is_ok_and(|s| s.success())),
        "exec" => execute(&args[0]),
        "exec-thread" => std::thread::spawn(move || execute(&args[0])).join().unwrap(),
        "exit-thread" => std::thread::spawn(|| exit(7)).join().unwrap(),
        "leader-exits" => leader_exits(),
        "segv" => unsafe { *std::ptr::with_exposed_provenance::<i32>(0x18) },
        "forever" => loop {
            touch(0);
            unsafe { pause() };
        },
        "busy" => loop {
            touch(0);
        },
        "trap" => own_trap(),
        "stop" => unsafe { raise(19) },
        "alarms" => alarms(number(2)),
        "restart" => restart(),
        "affinity" => affinity(),
        "asm" => instructions(),
        _ => 64,
    };
    exit(code);
}

fn environment() -> i32 {
    let one = std::env::vars().collect::<Vec<_>>() == [("ONE".to_owned(), "1".to_owned())];
    println!("{}", std::env::current_dir().unwrap().display());
    i32::from(!one)
}

fn threads(count: u64, calls: u64) -> i32 {
    let work = move || (0..calls).for_each(|n| drop(touch(n)));
    let all: Vec<_> = (0..count).map(|_| std::thread::spawn(work)).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
    i32::from(TOUCHED.load(SeqCst) != count * calls)
}

fn forked() -> i32 {
    let child = unsafe { fork() };
    if child == 0 {
        // Under a site that was not removed this would be a SIGTRAP.
        (0..10).for_each(|n| drop(touch(n)));
        exit(3);
    }
    let mut status = 0;
    unsafe { waitpid(child, &mut status, 0) };
    touch(0);
    i32::from(status != 3 << 8)
}

fn execute(program: &str) -> i32 {
    use std::os::unix::process::CommandExt;
    touch(0);
    let _failed = Command::new(program).args(["calls", "5"]).exec();
    1
}

fn leader_exits() -> i32 {
    std::thread::spawn(|| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        (0..10).for_each(|n| drop(touch(n)));
        exit(5);
    });
    unsafe { syscall(60, 0) as i32 }
}

fn own_trap() -> i32 {
    unsafe {
        signal(5, on_signal as *const () as usize);
        raise(5);
        touch(0);
        std::arch::asm!("int3");
    }
    i32::from(TOUCHED.load(SeqCst) != 3)
}

extern "C" fn nothing(_: i32) {}

/// Signals that arrive while a site is hit all the time: each call must count once.
fn alarms(calls: u64) -> i32 {
    unsafe {
        signal(14, nothing as *const () as usize);
        ualarm(200, 200);
    }
    for n in 0..calls {
        touch(n);
    }
    unsafe { ualarm(0, 0) };
    i32::from(TOUCHED.load(SeqCst) != calls)
}

/// A system call that is restarted after a signal, and one that is not interrupted at all.
fn restart() -> i32 {
    unsafe {
        signal(14, nothing as *const () as usize);
        alarm(0);
        ualarm(20_000, 0);
    }
    let before = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(100));
    i32::from(before.elapsed().as_millis() < 100)
}

fn mask() -> [u64; 16] {
    let mut mask = [0; 16];
    unsafe { sched_getaffinity(0, 128, mask.as_mut_ptr()) };
    mask
}

/// Prints what the program may run on, by every way of asking, before and after it changes it.
fn affinity() -> i32 {
    let own = mask();
    let all = std::thread::available_parallelism().unwrap().get();
    let sum = |mask: [u64; 16]| mask.iter().map(|word| word.count_ones()).sum::<u32>();
    let online = unsafe { sysconf(84) };
    let child = Command::new("/usr/bin/nproc").output().unwrap();
    println!("{} {all} {online} {}", sum(own), String::from_utf8_lossy(&child.stdout).trim());
    let mut first = [0; 16];
    let word = own.iter().position(|word| *word != 0).unwrap();
    first[word] = own[word] & own[word].wrapping_neg();
    unsafe { sched_setaffinity(0, 128, first.as_ptr()) };
    println!("{}", i32::from(mask() == first));
    unsafe { sched_setaffinity(0, 128, own.as_ptr()) };
    println!("{}", sum(mask()));
    let thread = std::thread::spawn(move || sum(mask()));
    println!("{}", thread.join().unwrap());
    0
}

std::arch::global_asm!(
    ".intel_syntax noprefix",
    ".section .data.rel.ro.subject, \"aw\"",
    "a_inner_pointer: .quad a_inner",
    ".text",
    "a_number: .long 42",
    // Returns zero if its return address is the one of its only call in `a_call`.
    "a_inner: mov eax, 9",
    "ret",
    ".globl a_push, a_sub, a_call, a_call_mem, a_call_reg, a_call_sp, a_jcc, a_jmp, a_lea, a_cmp",
    ".globl a_ret, a_syscall, a_loop, a_jrcxz, a_int3",
    "a_push: push rbx",
    "mov rbx, rdi",
    "lea rax, [rbx + 1]",
    "pop rbx",
    "ret",
    "a_sub: sub rsp, 8",
    "lea rax, [rdi + 2]",
    "add rsp, 8",
    "ret",
    "a_call: call 2f",
    "1: ret",
    "2: mov rax, [rsp]",
    "lea rcx, [rip + 1b]",
    "sub rax, rcx",
    "ret",
    "a_call_mem: call [rip + a_inner_pointer]",
    "ret",
    "a_call_reg: call rdi",
    "ret",
    "a_call_sp_outer: lea rax, [rip + a_inner]",
    "push rax",
    "call a_call_sp",
    "pop rcx",
    "ret",
    "a_call_sp: call [rsp + 8]",
    "ret",
    "a_jcc_outer: test edi, edi",
    "call a_jcc",
    "ret",
    "a_jcc: je 3f",
    "mov eax, 1",
    "ret",
    "3: mov eax, 2",
    "ret",
    "a_jmp: jmp a_sub",
    "a_lea: lea rax, [rip + a_number]",
    "mov eax, [rax]",
    "ret",
    "a_cmp: cmp dword ptr [rip + a_number], 42",
    "sete al",
    "movzx eax, al",
    "ret",
    "a_ret_outer: mov eax, 77",
    "call a_ret",
    "inc eax",
    "ret",
    "a_ret: ret",
    "a_getpid: mov eax, 39",
    "a_syscall: syscall",
    "ret",
    "a_loop_outer: mov rcx, rdi",
    "xor eax, eax",
    "4: inc eax",
    "a_loop: loop 4b",
    "ret",
    "a_jrcxz_outer: mov rcx, rdi",
    "a_jrcxz: jrcxz 5f",
    "mov eax, 1",
    "ret",
    "5: mov eax, 2",
    "ret",
    "a_int3: int3",
    "mov eax, 5",
    "ret",
);

unsafe extern "C" {
    fn a_inner() -> u64;
    fn a_push(n: u64) -> u64;
    fn a_sub(n: u64) -> u64;
    fn a_call() -> u64;
    fn a_call_mem() -> u64;
    fn a_call_reg(target: unsafe extern "C" fn() -> u64) -> u64;
    fn a_call_sp_outer() -> u64;
    fn a_jcc_outer(n: u64) -> u64;
    fn a_jmp(n: u64) -> u64;
    fn a_lea() -> u64;
    fn a_cmp() -> u64;
    fn a_ret_outer() -> u64;
    fn a_getpid() -> u64;
    fn a_loop_outer(n: u64) -> u64;
    fn a_jrcxz_outer(n: u64) -> u64;
    fn a_int3() -> u64;
}

/// Runs every hand-written function; the exit code is the number of the first that went wrong.
fn instructions() -> i32 {
    let results = unsafe {
        signal(5, nothing as *const () as usize);
        [
            (a_push(1), 2),
            (a_sub(1), 3),
            (a_call(), 0),
            (a_call_mem(), 9),
            (a_call_reg(a_inner), 9),
            (a_call_sp_outer(), 9),
            (a_jcc_outer(0), 2),
            (a_jcc_outer(1), 1),
            (a_jmp(5), 7),
            (a_lea(), 42),
            (a_cmp(), 1),
            (a_ret_outer(), 78),
            (a_getpid(), getpid() as u64),
            (a_loop_outer(4), 4),
            (a_jrcxz_outer(0), 2),
            (a_jrcxz_outer(3), 1),
            (a_int3(), 5),
        ]
    };
    results.iter().position(|(got, want)| got != want).map_or(0, |index| index as i32 + 1)
}
