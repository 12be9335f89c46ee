"""What this machine has, and the share of it that each serving process may use."""

import os
from pathlib import Path

from openfrs.settings import Settings

CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0))


def processes(settings: Settings) -> int:
    """How many processes serve."""
    return settings.workers or cores()


def cores_each(settings: Settings) -> int:
    """The share of the cores that each of the serving processes has, at least one."""
    return max(1, cores() // processes(settings))


def mirror_budget(settings: Settings) -> int:
    """Bytes that the face sets in one process's memory may take; 0 for no limit."""
    if settings.mirror_bytes is None:
        return _memory() // 2 // processes(settings)
    return -(-settings.mirror_bytes // processes(settings))


def _memory() -> int:
    """The memory of this machine, or of the container that the process is in, in bytes."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(CONTAINER_MEMORY.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit, which says "max"
        return machine
