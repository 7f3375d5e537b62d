"""How long a call or a process takes, on a machine that may have other things to do."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


def processor_s(pid: int) -> float | None:
    """Return the processor time that a process has used, user and system; None where the system doesn't say."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    ticks = line.rpartition(")")[2].split()[11:13]  # proc(5): the command's name may hold anything
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def timed(call: Callable[[], object], seconds: float, least: int = 5) -> dict[str, float]:
    """Call again and again for `seconds`, `least` times at least, after one call that doesn't count.

    Returns `p50_ms` and `p95_ms`, by the clock, and `cpu_ms`, the median processor time of all threads, which other
    programs disturb less.
    """
    call()
    walls: list[float] = []
    cpus: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(walls) < least:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"p50_ms": round(float(np.percentile(walls, 50)) * 1e3, 3),
            "p95_ms": round(float(np.percentile(walls, 95)) * 1e3, 3),
            "cpu_ms": round(float(np.median(cpus)) * 1e3, 3)}
