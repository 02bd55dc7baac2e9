//! Entries and exits of the chosen functions: which calls are open, and which are over.

use super::functions::Chosen;
use super::run::Run;
use super::threads::Activation;
use crate::asm::{Exit, ExitKind, takes_branch};
use crate::base::{EventKind, Evidence, MemoryExt, Register, ReturnEnd, ThreadNo, VirtAddr};
use crate::frame::innermost_cfa;
use crate::inferior::{Modules, Stopped};

impl Run {
    pub(super) fn entered(&mut self, thread: &Stopped, index: usize) {
        self.plant_exits(index);
        let registers = *thread.registers();
        let no = thread.no();
        let sp = registers.sp();
        let cfa = innermost_cfa(self.inferior.modules(), self.inferior.memory(), &registers);
        let cfa = cfa.unwrap_or(sp + 8);
        if self.threads.of(no).is_open(index, cfa)
            && self.functions.get(index).is_some_and(Chosen::jumps_to_its_entry)
        {
            return;
        }
        // Where one frame lies there is no room for another: one at the same place is gone too.
        self.end_gone(no, cfa + 1);
        self.owners.call_begins(no, cfa);
        let depth = u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX);
        let too_deep = self.options.max_depth.is_some_and(|limit| depth >= limit);
        let kin = self.kin.get(index).copied().unwrap_or(index);
        let shown = self.folding.enter(no, index, kin) && !too_deep;
        let frame_bytes = cfa.0.saturating_sub(sp.0);
        self.threads.of(no).enters(Activation { function: index, cfa, frame_bytes, shown });
        self.peak_stack = self.peak_stack.max(self.stack_bytes(no, sp).unwrap_or(0));
        if shown {
            self.tell_enter(thread, depth);
        }
    }

    pub(super) fn scope_ended(&mut self, thread: &Stopped, index: usize) {
        let sp = thread.registers().sp();
        self.end_gone(thread.no(), sp + 1);
        let open = &self.threads.of(thread.no()).open;
        let depth = open.len().saturating_sub(1);
        let current = open.last().filter(|call| call.function == index && call.cfa > sp);
        if current.is_some_and(|call| call.shown) {
            self.tell_scope_end(thread, u32::try_from(depth).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn left(&mut self, thread: &Stopped, index: usize, exit: Exit) {
        let no = thread.no();
        if exit.conditional && !self.is_taken(thread) {
            return;
        }
        // At a `ret`, and at the jump that takes its place, the frame holds the return address alone.
        let cfa = thread.registers().sp() + 8;
        self.end_gone(no, cfa);
        let Some(call) = self.threads.of(no).take_returning(index, cfa) else { return };
        self.folding.leave(no);
        if call.shown {
            let end = match exit.kind {
                ExitKind::Ret => ReturnEnd::Ret,
                ExitKind::TailCall { .. } => ReturnEnd::TailCall,
            };
            self.tell_return(thread, call, end);
        }
    }

    /// Whether the conditional jump at which a thread stands will jump.
    pub(super) fn is_taken(&self, thread: &Stopped) -> bool {
        let registers = thread.registers();
        let rcx = registers.get(Register::RCX).unwrap_or(0);
        // The longest instruction has 15 bytes (Intel SDM, volume 2, 2.3.11).
        let code = self.inferior.memory().read_bytes(registers.pc(), 15);
        code.is_ok_and(|code| takes_branch(&code, registers.eflags, rcx))
    }

    /// Ends the calls whose frames began below an address where there is a frame now.
    pub(super) fn end_gone(&mut self, no: ThreadNo, bound: VirtAddr) {
        let modules = self.inferior.modules();
        let near = |cfa| same_stack(modules, cfa, bound);
        for (call, depth) in self.threads.of(no).take_gone(bound, near) {
            self.end(no, &call, depth, ReturnEnd::Unwound);
        }
    }

    /// Ends all calls of a thread that has ended.
    pub(super) fn end_all(&mut self, no: ThreadNo) {
        let open = std::mem::take(&mut self.threads.of(no).open);
        for (depth, call) in open.iter().enumerate().rev() {
            self.end(no, call, depth, ReturnEnd::ThreadEnded);
        }
    }

    fn end(&mut self, no: ThreadNo, call: &Activation, depth: usize, end: ReturnEnd) {
        self.folding.leave(no);
        if !call.shown {
            return;
        }
        self.flush_repeated(no);
        let name = self.functions.get(call.function).map_or("?", |function| &function.name);
        let kind = EventKind::Return {
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            function: name.to_owned(),
            frame_bytes: call.frame_bytes,
            value: None,
            end,
            stack: None,
        };
        self.emit(no, Evidence::Inferred, None, None, kind);
    }

    /// Bytes of a thread's stack down to an address, where that is on it, and not on another one
    /// that a signal handler or a coroutine runs on.
    pub(super) fn stack_bytes(&mut self, no: ThreadNo, sp: VirtAddr) -> Option<u64> {
        let top = self.threads.of(no).top?;
        let own = same_stack(self.inferior.modules(), sp, top);
        own.then(|| top.0.saturating_sub(sp.0))
    }
}

/// Addresses that are closer than this are of one stack: the smallest that anybody makes is larger.
const NEAR: u64 = 2048;

/// Whether two addresses lie on one stack, as far as the map of the process tells: two stacks have
/// guard pages between them, or are mapped by different calls. A canonical frame address can be the
/// end of a stack, so what counts is the word below.
pub(super) fn same_stack(modules: &Modules, a: VirtAddr, b: VirtAddr) -> bool {
    let below = |at: VirtAddr| VirtAddr(at.0.saturating_sub(8));
    a.0.abs_diff(b.0) < NEAR || modules.in_one_mapping(below(a), below(b))
}
