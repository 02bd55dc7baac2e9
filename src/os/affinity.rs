//! On which processors a thread may run.

use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::base::Tid;

/// A set of processors (sched_setaffinity(2)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cpus(CpuSet);

impl Cpus {
    /// The processors that a thread may run on; none names the calling thread.
    ///
    /// # Errors
    /// `ESRCH` where it is gone.
    pub fn of(tid: Option<Tid>) -> io::Result<Cpus> {
        Ok(Cpus(sched_getaffinity(pid(tid))?))
    }

    /// One processor, by its number.
    ///
    /// # Errors
    /// `EINVAL` for a number beyond those that a set can name (1023).
    pub fn only(cpu: usize) -> io::Result<Cpus> {
        let mut set = CpuSet::new();
        set.set(cpu)?;
        Ok(Cpus(set))
    }

    /// Whether a processor is in the set.
    pub fn contains(&self, cpu: usize) -> bool {
        self.0.is_set(cpu).unwrap_or(false)
    }

    /// The first processor that is in both sets.
    pub fn first_common(&self, other: &Cpus) -> Option<usize> {
        (0..CpuSet::count()).find(|cpu| self.contains(*cpu) && other.contains(*cpu))
    }

    /// Lets a thread run on these processors only; none names the calling thread.
    ///
    /// # Errors
    /// `ESRCH` where it is gone, `EINVAL` where none of them exists.
    pub fn apply(&self, tid: Option<Tid>) -> io::Result<()> {
        Ok(sched_setaffinity(pid(tid), &self.0)?)
    }
}

fn pid(tid: Option<Tid>) -> Pid {
    Pid::from_raw(tid.map_or(0, |tid| tid.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_be_put_on_one_processor_and_back() {
        // A thread of its own, so that no other test runs on the narrowed set.
        std::thread::spawn(|| {
            let before = Cpus::of(None).expect("a set");
            let cpu = before.first_common(&before).expect("a processor");
            let one = Cpus::only(cpu).expect("a set");
            one.apply(None).expect("applied");
            assert_eq!(Cpus::of(None).expect("a set"), one);
            before.apply(None).expect("applied");
            assert_eq!(Cpus::of(None).expect("a set"), before);
        })
        .join()
        .expect("no panic");
    }
}
