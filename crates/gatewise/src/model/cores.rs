//! The default number of threads: the physical cores of the machine.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Returns the number of physical cores that the process may use.
///
/// Two threads on one core would compete for the arithmetic units that the kernels keep busy. Affinity and,
/// on Linux, cgroup limits are respected. If the system does not report which processors share a core, every
/// processor counts.
pub fn default_threads() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = physical_cores(Path::new("/proc/self/status"), Path::new("/sys/devices/system/cpu"));
    cores.map_or(processors, |cores| processors.min(cores)).max(1)
}

/// Counts the cores of the processors that `status` allows, given the siblings of each processor in `topology`.
fn physical_cores(status: &Path, topology: &Path) -> Option<usize> {
    let status = fs::read_to_string(status).ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    // Processors of one core name the same siblings.
    let siblings = |cpu: usize| {
        fs::read_to_string(topology.join(format!("cpu{cpu}/topology/thread_siblings_list"))).ok()
    };
    let cores: HashSet<String> = list(allowed)?.into_iter().filter_map(siblings).collect();
    (!cores.is_empty()).then_some(cores.len())
}

/// Parses `0-3,8` as 0, 1, 2, 3, 8.
fn list(text: &str) -> Option<Vec<usize>> {
    // More processors than any machine has.
    const MOST: usize = 1 << 16;
    let mut all = Vec::new();
    for range in text.trim().split(',') {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
        if to >= MOST {
            return None;
        }
        all.extend(from..=to);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose processor n shares its core with those that `siblings[n]` lists.
    fn cores(allowed: &str, siblings: &[&str]) -> Option<usize> {
        let folder = tempfile::tempdir().unwrap();
        let status = folder.path().join("status");
        fs::write(&status, format!("Name:\tgatewise\nCpus_allowed_list:\t{allowed}\n")).unwrap();
        for (cpu, siblings) in siblings.iter().enumerate() {
            let topology = folder.path().join(format!("cpu{cpu}/topology"));
            fs::create_dir_all(&topology).unwrap();
            fs::write(topology.join("thread_siblings_list"), format!("{siblings}\n")).unwrap();
        }
        physical_cores(&status, folder.path())
    }

    #[test]
    fn processors_of_one_core_count_once() {
        let twins = ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"];
        assert_eq!(cores("0-7", &twins), Some(4));
        assert_eq!(cores("0,4", &twins), Some(1));
        assert_eq!(cores("0-1,6", &twins), Some(3));
        assert_eq!(cores("0-1", &["0", "1"]), Some(2));
    }

    #[test]
    fn what_cannot_be_read_does_not_count() {
        assert_eq!(cores("0-7", &[]), None);
        assert_eq!(cores("nonsense", &["0"]), None);
        assert_eq!(cores("0-99999999999", &["0"]), None);
        assert_eq!(physical_cores(Path::new("/nowhere"), Path::new("/nowhere")), None);
        assert!(default_threads() >= 1);
    }
}
