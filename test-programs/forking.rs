//! Forks, execs and ends, in the middle of what else a program does. The first argument says which.

use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
    fn raise(signal: i32) -> i32;
    fn signal(signal: i32, handler: usize) -> usize;
    fn kill(process: i32, signal: i32) -> i32;
    fn getppid() -> i32;
}

const SIGUSR1: i32 = 10;
const IGNORED: usize = 1;

static DONE: AtomicBool = AtomicBool::new(false);
static TICKED: AtomicU32 = AtomicU32::new(0);
static HANDLED: AtomicU32 = AtomicU32::new(0);

#[inline(never)]
fn both(who: &str) -> usize {
    std::hint::black_box(who.len()) // #both
}

#[inline(never)]
fn tick(n: &mut u64) {
    *n += 1; // #tick
    TICKED.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn handler(_: i32) {
    HANDLED.fetch_add(1, Ordering::Relaxed); // #handler
}

/// Forks; the child calls `both` and ends with a code. The code that the parent saw.
fn fork_once(code: i32) -> i32 {
    // SAFETY: the child of a process with several threads calls nothing that takes a lock.
    let child = unsafe { fork() };
    if child == 0 {
        TICKED.fetch_add(1, Ordering::Relaxed); // #child-ticks
        let len = both("child");
        exit_now(code + i32::try_from(len).unwrap_or(0) - 5);
    }
    assert!(child > 0);
    let mut status = 0;
    // SAFETY: the status is ours.
    let waited = unsafe { waitpid(child, &mut status, 0) };
    assert_eq!(waited, child);
    status
}

fn exit_now(code: i32) -> ! {
    unsafe extern "C" {
        fn _exit(code: i32) -> !;
    }
    // SAFETY: nothing is to be cleaned up.
    unsafe { _exit(code) }
}

/// Threads that tick until they are told to stop.
fn ticking(count: usize) -> Vec<thread::JoinHandle<u64>> {
    let tick_on = || {
        let mut n = 0;
        while !DONE.load(Ordering::Relaxed) {
            tick(&mut n);
            thread::yield_now();
        }
        n
    };
    (0..count).map(|_| thread::spawn(tick_on)).collect()
}

fn again(word: &str) -> Command {
    let myself = std::env::current_exe().unwrap_or_default();
    let mut command = Command::new(myself);
    command.arg(word);
    command
}

/// Every thread forks, and all its children end as they should.
fn storm() -> bool {
    let forking = |no: i32| {
        let fork_many = move || (0..5).all(|n| fork_once(no * 5 + n) == (no * 5 + n) << 8);
        thread::spawn(fork_many)
    };
    let threads: Vec<_> = (0..4).map(forking).collect();
    threads.into_iter().all(|thread| thread.join().unwrap_or(false))
}

/// Each thread raises signals for itself, between ticks.
fn signals() -> bool {
    // SAFETY: the handler adds to an atomic number.
    unsafe { signal(SIGUSR1, handler as *const () as usize) };
    let raising = || {
        let mut n = 0;
        for _ in 0..50 {
            tick(&mut n);
            // SAFETY: it has a handler.
            unsafe { raise(SIGUSR1) };
        }
        n
    };
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(raising)).collect();
    let ticks: u64 = threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
    ticks == 200 && HANDLED.load(Ordering::Relaxed) == 200
}

fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    let good = match word.as_str() {
        "fork" => {
            let status = fork_once(7);
            both("parent");
            status == 7 << 8
        }
        "fork-in-thread" => {
            let threads = ticking(3);
            let status = thread::spawn(|| fork_once(9)).join();
            DONE.store(true, Ordering::Relaxed);
            let ticked = threads.into_iter().all(|thread| thread.join().is_ok());
            ticked && status.is_ok_and(|status| status == 9 << 8)
        }
        "fork-endless" => {
            // SAFETY: the child calls nothing that takes a lock.
            let child = unsafe { fork() };
            let mut n = 0;
            while child == 0 {
                tick(&mut n); // #endless-tick
                // SAFETY: it takes nothing, and the child is alone.
                unsafe { getppid() };
            }
            // SAFETY: nobody asks for the status.
            unsafe { waitpid(child, std::ptr::null_mut(), 0) == child }
        }
        "allocating" => {
            let _parked = thread::spawn(thread::park);
            loop {
                drop(std::hint::black_box(vec![0_u8; 64])); // #allocates
            }
        }
        "exec-signals" => {
            // SAFETY: the child only sends signals. They are ignored, in the next program too.
            unsafe { signal(SIGUSR1, IGNORED) };
            // SAFETY: as above.
            let child = unsafe { fork() };
            if child == 0 {
                // SAFETY: both take numbers; the parent's end gives the child another one.
                let parent = unsafe { getppid() };
                while unsafe { getppid() } == parent {
                    unsafe { kill(parent, SIGUSR1) };
                }
                exit_now(0);
            }
            let failed = again("executed").exec();
            panic!("{failed}")
        }
        "spawn" => {
            let status = again("executed").status();
            both("parent");
            status.is_ok_and(|status| status.code() == Some(5))
        }
        "exec" => {
            both("before");
            let failed = again("executed").exec();
            panic!("{failed}")
        }
        "exec-threads" => {
            let _threads = ticking(4);
            let thread = thread::spawn(|| {
                while TICKED.load(Ordering::Relaxed) < 20 {
                    thread::yield_now();
                }
                again("executed").exec()
            });
            panic!("{:?}", thread.join())
        }
        "executed" => {
            both("executed");
            exit(5)
        }
        "exit-threads" => {
            let _threads = ticking(4);
            let ending = thread::spawn(|| {
                let mut n = 0;
                (0..20).for_each(|_| tick(&mut n));
                exit(6)
            });
            ending.join().is_ok()
        }
        "storm" => storm(),
        "signals" => signals(),
        _ => false,
    };
    println!("{}", if good { "good" } else { "bad" });
}
