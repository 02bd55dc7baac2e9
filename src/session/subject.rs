//! What a run is about: a process that lives, or what a core file kept of one.

use crate::base::{Memory, MemoryError, Registers, ThreadNo, Tid, Unreadable, VirtAddr};
use crate::inferior::{CoreFile, Inferior, InferiorError, Modules, Step, Stop, Stopped, Watch};

/// A process, or a core file of one. What only looks is answered by both; what needs the process
/// to run is refused for a core file with [`InferiorError::CoreFile`].
pub(super) enum Subject {
    /// A process under control.
    Process(Box<Inferior>),
    /// A core file.
    Core(Box<CoreFile>),
}

impl Subject {
    /// The process, where there is one.
    ///
    /// # Errors
    /// [`InferiorError::CoreFile`].
    pub fn live(&self) -> Result<&Inferior, InferiorError> {
        match self {
            Subject::Process(inferior) => Ok(inferior),
            Subject::Core(_) => Err(InferiorError::CoreFile),
        }
    }

    /// The process, to change it.
    ///
    /// # Errors
    /// [`InferiorError::CoreFile`].
    pub fn live_mut(&mut self) -> Result<&mut Inferior, InferiorError> {
        match self {
            Subject::Process(inferior) => Ok(inferior),
            Subject::Core(_) => Err(InferiorError::CoreFile),
        }
    }

    /// The core file, where it is one.
    pub fn core(&self) -> Option<&CoreFile> {
        match self {
            Subject::Process(_) => None,
            Subject::Core(core) => Some(core),
        }
    }

    /// See [`Inferior::process`].
    pub fn process(&self) -> Tid {
        match self {
            Subject::Process(inferior) => inferior.process(),
            Subject::Core(core) => core.process(),
        }
    }

    /// See [`Inferior::modules`].
    pub fn modules(&self) -> &Modules {
        match self {
            Subject::Process(inferior) => inferior.modules(),
            Subject::Core(core) => core.modules(),
        }
    }

    /// See [`Inferior::memory`].
    pub fn memory(&self) -> &dyn Memory {
        match self {
            Subject::Process(inferior) => inferior.memory(),
            Subject::Core(core) => core.memory(),
        }
    }

    /// See [`Inferior::thread_local`].
    pub fn thread_local(
        &self,
        module: VirtAddr,
        thread: &Registers,
        offset: u64,
    ) -> Result<VirtAddr, Unreadable> {
        match self {
            Subject::Process(inferior) => inferior.thread_local(module, thread, offset),
            Subject::Core(core) => core.thread_local(module, thread, offset),
        }
    }

    /// See [`Inferior::insert_site`].
    pub fn insert_site(&mut self, at: VirtAddr) -> Result<(), InferiorError> {
        self.live_mut()?.insert_site(at)
    }

    /// See [`Inferior::remove_site`].
    pub fn remove_site(&mut self, at: VirtAddr) {
        if let Ok(inferior) = self.live_mut() {
            inferior.remove_site(at);
        }
    }

    /// See [`Inferior::pin`].
    pub fn pin(&mut self, on: bool) -> Result<(), InferiorError> {
        self.live_mut()?.pin(on)
    }

    /// See [`Inferior::wait`].
    pub fn wait(&mut self) -> Result<Stop, InferiorError> {
        self.live_mut()?.wait()
    }

    /// See [`Inferior::poll`].
    pub fn poll(&mut self) -> Result<Option<Stop>, InferiorError> {
        self.live_mut()?.poll()
    }

    /// See [`Inferior::step`].
    pub fn step(&mut self, thread: Stopped, deliver: Option<i32>) -> Result<Step, InferiorError> {
        self.live_mut()?.step(thread, deliver)
    }

    /// See [`Inferior::watches`].
    pub fn watches(&self) -> Vec<Watch> {
        self.live().map(Inferior::watches).unwrap_or_default()
    }

    /// See [`Inferior::watch`].
    pub fn watch(&mut self, watch: Watch) -> Result<(), InferiorError> {
        self.live_mut()?.watch(watch)
    }

    /// See [`Inferior::unwatch`].
    pub fn unwatch(&mut self, watch: Watch) -> Result<(), InferiorError> {
        self.live_mut()?.unwatch(watch)
    }

    /// See [`Inferior::is_scratch`].
    pub fn is_scratch(&self, at: VirtAddr) -> bool {
        self.live().is_ok_and(|inferior| inferior.is_scratch(at))
    }

    /// See [`Inferior::threads`].
    pub fn threads(&self) -> Vec<(ThreadNo, Tid)> {
        match self {
            Subject::Process(inferior) => inferior.threads(),
            Subject::Core(core) => core.threads(),
        }
    }

    /// See [`Inferior::thread_name`]; a core file has none.
    pub fn thread_name(&self, no: ThreadNo) -> Option<String> {
        self.live().ok()?.thread_name(no)
    }

    /// See [`Inferior::resume`].
    pub fn resume(&mut self, thread: Stopped, deliver: Option<i32>) -> Result<(), InferiorError> {
        self.live_mut()?.resume(thread, deliver)
    }

    /// See [`Inferior::stop_all`].
    pub fn stop_all(&mut self) -> Result<Vec<Stopped>, InferiorError> {
        self.live_mut()?.stop_all()
    }

    /// See [`Inferior::run_to_entry`].
    pub fn run_to_entry(&mut self, thread: Stopped) -> Result<Stop, InferiorError> {
        self.live_mut()?.run_to_entry(thread)
    }

    /// See [`Inferior::write_memory`].
    pub fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryError> {
        self.live().map_err(|_| MemoryError::unmapped(at))?.write_memory(at, bytes)
    }

    /// See [`Inferior::detach_all`].
    pub fn detach_all(&mut self) -> Result<(), InferiorError> {
        self.live_mut()?.detach_all()
    }
}
