"""How long a call takes, on a machine that may have other things to do."""

import time
from collections.abc import Callable

import numpy as np


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
