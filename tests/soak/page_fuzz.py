"""Ask the page of a playing instrument for everything that its OpenAPI document describes, rightly and wrongly, and
measure what was promised.

    python -m tests.soak.page_fuzz                                  ten minutes
    python -m tests.soak.page_fuzz --minutes 2 --seed 7

Uploads are honest pictures and sounds, broken ones, bombs, and now and then one that is just not too large. No answer
may have a status of 5xx or be another than the document says, no exception may escape, no knob move; the sound must go
on and memory stay bounded. Prints one JSON object; ends with 1 if something of that happened.
"""

import argparse
import json
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from bridge.studio.process import MOST_MEMORY
from tests import bad_uploads
from tests.instrument import DEVICES, playing
from tests.page_fuzz import fuzz
from tests.servers import free_port

EXAMPLES = 10
"""Of each thing in a round."""


def _memory(process: int, what: str) -> float:
    """Return MB."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return round(int(found[1]) * 1024 / 1e6, 1) if found else 0.0


def _studio(parent: int) -> int | None:
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"PPid:\t{parent}\n" in status.read_text() and b"bridge.studio" in (
                    status.parent / "cmdline").read_bytes():
                return int(status.parent.name)
        except OSError:
            continue
    return None


def _upload(address: str, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{address}imagine/picture", body, timeout=600) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    files = [bad_uploads.photograph(), bad_uploads.wav(), *(content for of in (
        bad_uploads.pictures(), bad_uploads.sounds(), bad_uploads.harmless_sounds()) for _, content in of)]
    heavy = list(bad_uploads.heavy_pictures())
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "stderr").open("w+b") as said:
        show = f'[page]\nlisten = "127.0.0.1:{port}"\n'
        with playing(Path(folder), *DEVICES, show=show, stderr=said) as instrument:
            session = instrument.session
            while session.told("sound/blocks") == 0:  # a busy machine may take minutes
                time.sleep(0.5)
            library = _upload(address, bad_uploads.photograph())[1]["fp"]
            before, missed = session.parameters.copy(), session.told("sound/missed")
            begun, rounds, asked = time.monotonic(), 0, 0
            statuses: Counter[int] = Counter()
            failures: list[str] = []
            here: list[float] = []
            there: list[float] = []
            while time.monotonic() - begun < 60 * args.minutes:
                fuzzed = fuzz(address, EXAMPLES, args.seed + rounds, library, files)
                asked, statuses, failures = asked + fuzzed.asked, statuses + fuzzed.statuses, failures + fuzzed.failures
                name, content = heavy[rounds % len(heavy)]
                status, told = _upload(address, content)
                if status >= 500:
                    failures.append(f"{name}: {status}: {told}")
                here.append(_memory(instrument.process.pid, "VmRSS"))
                if (studio := _studio(instrument.process.pid)) is not None:
                    there.append(_memory(studio, "VmHWM"))
                rounds += 1
            seconds = time.monotonic() - begun
            blocks = session.told("sound/blocks")
            time.sleep(1)
            figures: dict[str, Any] = {
                "asked": asked, "rounds": rounds, "seconds": round(seconds, 1), "statuses": dict(statuses),
                "failures": failures[:20], "rejected": session.told("faces/page_rejected"),
                "memory_mb": here[::max(1, len(here) // 10)], "studio_peak_mb": max(there, default=0.0),
                "missed": session.told("sound/missed") - missed,
                "knobs_changed": not np.array_equal(session.parameters, before),
                "still_plays": session.told("sound/blocks") > blocks,
                "still_answers": _upload(address, bad_uploads.photograph())[0] == 200, "exit": instrument.end()}
        said.seek(0)
        text = said.read()
        figures["tracebacks"] = text.count(b"Traceback")
        figures["said"] = text.decode(errors="replace")[-2000:] if figures["tracebacks"] else ""
    print(json.dumps(figures, indent=1))
    well = (not failures and not figures["tracebacks"] and not figures["knobs_changed"] and figures["still_plays"]
            and figures["still_answers"] and figures["exit"] == 0 and figures["studio_peak_mb"] * 1e6 < MOST_MEMORY)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
