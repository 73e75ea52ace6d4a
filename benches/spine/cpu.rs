//! What processes used, read from `/proc`.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc/<pid>/stat`; Linux fixes it for programs, whatever the kernel's own rate.
const TICKS_PER_S: f64 = 100.0;

/// CPU seconds of a process so far, user and system.
pub fn of_process(pid: u32) -> Result<f64> {
    let stat = Stat::read(pid)?;
    Ok(stat.own / TICKS_PER_S)
}

/// CPU seconds of a process's living threads so far, to the nanosecond.
pub fn of_threads(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let running = text.split(' ').next().context("not a schedstat line")?;
        nanoseconds += running.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}

/// CPU seconds of a PostgreSQL server so far: the postmaster, those of its processes that live and those that ended.
pub fn of_postgres(postmaster: u32) -> Result<f64> {
    let mut ticks = 0.0;
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // A process may end between the listing and the reading; its time is then in the postmaster's.
        let Ok(stat) = Stat::read(pid) else { continue };
        if pid == postmaster {
            ticks += stat.own + stat.ended_children;
        } else if stat.parent == postmaster {
            ticks += stat.own;
        }
    }
    Ok(ticks / TICKS_PER_S)
}

/// The process that started a process.
pub fn parent(pid: u32) -> Result<u32> {
    Ok(Stat::read(pid)?.parent)
}

/// Resident memory of a process in MiB.
pub fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, rest) = text.rsplit_once(") ").context("not a stat line")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| -> Result<f64> { Ok(fields.get(at).context("too short")?.parse()?) };
        Ok(Self {
            parent: fields.get(1).context("too short")?.parse()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}
