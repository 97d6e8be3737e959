"""Memory of this machine, or of the container that this process runs in."""

from pathlib import Path

import psutil


def free_bytes() -> int:
    """Memory that is free."""
    free = psutil.virtual_memory().available
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        free = min(free, limit - psutil.Process().memory_info().rss)
    except (OSError, ValueError):
        pass
    return free
