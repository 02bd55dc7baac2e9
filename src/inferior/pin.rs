//! Keeping the program and the debugger on one processor, without the program knowing.
//!
//! A stop then costs a switch instead of waking another processor: about 11 microseconds instead
//! of 80. What the program could notice is taken care of: its children and threads get the set of
//! processors that it would have without Freehold, and while it asks for its own, or changes it, it
//! has it. It asks through libc; a system call written out in the program itself would see one
//! processor.

use super::Inferior;
use super::error::InferiorError;
use super::sites::For;
use crate::base::{MemoryExt, Register, Tid, VirtAddr};
use crate::dwarf::Loaded;
use crate::os::{Cpus, RawRegisters, procfs};

/// The functions of libc by which a program learns of its processors, or chooses them.
const ASKING: [&str; 7] = [
    "sched_getaffinity",
    "sched_setaffinity",
    "pthread_getaffinity_np",
    "pthread_setaffinity_np",
    "get_nprocs",
    "get_nprocs_conf",
    SYSCONF,
];

/// Asks for many things; only two of them are about processors.
const SYSCONF: &str = "sysconf";

/// `_SC_NPROCESSORS_CONF` and `_SC_NPROCESSORS_ONLN` (glibc, bits/confname.h; musl has the same).
const SYSCONF_PROCESSORS: [u64; 2] = [83, 84];

/// Whether, and how, debugger and program are pinned.
#[derive(Default)]
pub(super) struct Pin(Option<Pinned>);

struct Pinned {
    /// What the program may run on, as far as it knows.
    program: Cpus,
    /// What the debugger's thread ran on before.
    debugger: Cpus,
    /// Entries of [`ASKING`]; whether it is `sysconf`.
    entries: Vec<(VirtAddr, bool)>,
    lent: Option<Lent>,
}

/// The program has its own set for the length of a call.
#[derive(Clone, Copy)]
struct Lent {
    return_to: VirtAddr,
    sp: VirtAddr,
}

impl Inferior {
    pub(super) fn start_pinning(&mut self) -> Result<(), InferiorError> {
        let alone = self.threads.count() == 1 && self.threads.guests().next().is_none();
        if self.pin.0.is_some() || !alone {
            return Ok(());
        }
        let (Ok(program), Ok(debugger)) = (Cpus::of(Some(self.process)), Cpus::of(None)) else {
            return Ok(());
        };
        let mut entries = Vec::new();
        for (at, is_sysconf) in self.asking_functions() {
            // A function that cannot be watched is one that cannot be called either.
            if self.insert_for(at, For::Inferior).is_ok() {
                entries.push((at, is_sysconf));
            }
        }
        self.pin.0 = Some(Pinned { program, debugger, entries, lent: None });
        self.narrow()
    }

    /// Whether the program is kept on a processor with us.
    pub(super) fn is_pinned(&self) -> bool {
        self.pin.0.is_some()
    }

    pub(super) fn stop_pinning(&mut self) -> Result<(), InferiorError> {
        let lent = self.pin.0.as_ref().and_then(|pinned| pinned.lent);
        let entries = self.pin.0.as_ref().map(|pinned| pinned.entries.clone()).unwrap_or_default();
        self.end_pinning();
        let returns = lent.map(|lent| (lent.return_to, false));
        for (at, _) in entries.into_iter().chain(returns) {
            self.memory.remove_site(at, For::Inferior);
        }
        Ok(())
    }

    /// Gives both their own processors back, and leaves the memory of the program alone.
    pub(super) fn end_pinning(&mut self) {
        let Some(pinned) = self.pin.0.take() else { return };
        // A failure means that the program is gone, or that processors were taken offline.
        if pinned.lent.is_none() {
            let _ = pinned.program.apply(Some(self.process));
        }
        let _ = pinned.debugger.apply(None);
    }

    /// Gives a child that was born pinned the processors that it would have had.
    pub(super) fn unpin_child(&self, child: Tid) {
        if let Some(pinned) = &self.pin.0
            && pinned.lent.is_none()
        {
            let _ = pinned.program.apply(Some(child));
        }
    }

    /// A site was hit that may be one of those that make the pinning invisible.
    pub(super) fn pin_hit(
        &mut self,
        tid: Tid,
        raw: &RawRegisters,
        at: VirtAddr,
    ) -> Result<(), InferiorError> {
        let Some(pinned) = &self.pin.0 else { return Ok(()) };
        match pinned.lent {
            // The stack pointer tells the return of this call from that of a nested one.
            Some(lent) if lent.return_to == at && raw.sp() > lent.sp => {
                self.memory.remove_site(at, For::Inferior);
                self.take_back(tid)
            }
            Some(_) => Ok(()),
            None => {
                let argument = raw.to_registers().get(Register::RDI).unwrap_or(0);
                let asks = pinned.entries.iter().any(|(entry, is_sysconf)| {
                    *entry == at && (!is_sysconf || SYSCONF_PROCESSORS.contains(&argument))
                });
                if asks && tid == self.process { self.lend(raw) } else { Ok(()) }
            }
        }
    }

    /// Gives the program its own set for the length of the call that it has just entered.
    fn lend(&mut self, raw: &RawRegisters) -> Result<(), InferiorError> {
        let return_to = self.memory.read_u64(raw.sp()).map(VirtAddr);
        let watched = return_to.ok().filter(|at| self.insert_for(*at, For::Inferior).is_ok());
        let Some(return_to) = watched else { return self.stop_pinning() };
        if let Some(pinned) = &mut self.pin.0 {
            let _ = pinned.program.apply(Some(self.process));
            pinned.lent = Some(Lent { return_to, sp: raw.sp() });
        }
        Ok(())
    }

    /// The call has returned. It may have changed the set, which is then the program's own.
    fn take_back(&mut self, tid: Tid) -> Result<(), InferiorError> {
        if let Some(pinned) = &mut self.pin.0 {
            pinned.lent = None;
            if let Ok(now) = Cpus::of(Some(tid)) {
                pinned.program = now;
            }
        }
        self.narrow()
    }

    /// Puts both on one processor: the one that the program runs on, if the debugger may too.
    fn narrow(&mut self) -> Result<(), InferiorError> {
        let Some(pinned) = &self.pin.0 else { return Ok(()) };
        let usable = |cpu: &usize| pinned.program.contains(*cpu) && pinned.debugger.contains(*cpu);
        let cpu = procfs::last_cpu(self.process)
            .ok()
            .filter(usable)
            .or_else(|| pinned.program.first_common(&pinned.debugger));
        let one = cpu.and_then(|cpu| Cpus::only(cpu).ok());
        let pinned_both =
            one.is_some_and(|one| one.apply(Some(self.process)).is_ok() && one.apply(None).is_ok());
        if pinned_both { Ok(()) } else { self.stop_pinning() }
    }

    /// Where the functions are: in libc, or in the executable itself if it is linked statically.
    fn asking_functions(&self) -> Vec<(VirtAddr, bool)> {
        let is_libc = |path: &std::path::Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("ld-musl")
        };
        let libc = self.modules.iter().find(|module| is_libc(module.path()));
        let Loaded { image, bias } =
            libc.and_then(|module| module.loaded()).unwrap_or_else(|| self.modules.main());
        let symbols = image.symbols();
        let found = ASKING.iter().flat_map(|name| {
            let starts = symbols.by_linkage_name(name).map(|symbol| symbol.range.start);
            starts.map(|at| (bias.to_virt(at), *name == SYSCONF)).collect::<Vec<_>>()
        });
        found.collect()
    }
}
