"""A JACK client that plays a recording with claps into the instrument's input and says when each clap sounded.

    python -m tests.soak.musician RECORDING [--claps SECONDS]

Prints one line a clap: the monotonic time in seconds at which its first sample reached the server.
"""

import argparse
import ctypes
import ctypes.util
import time

import jack
import llvmlite.binding
import numpy as np
import soundfile
import soxr
from numba import carray, cfunc, types

from engine.atomics import address_to_pointer

GAP_S = (0.45, 1.1)
PLAYED, LENGTH, SAMPLES, PORT, TIME = range(5)  # slots of the callback's state

_library = ctypes.util.find_library("jack") or "libjack.so.0"
llvmlite.binding.load_library_permanently(_library)
_port_buffer = types.ExternalFunction("jack_port_get_buffer", types.voidptr(types.voidptr, types.uint32))
_server_time = types.ExternalFunction("jack_get_time", types.uint64())


# Compiled, so that this client never makes the server late: its deadlines are the instrument's too.
@cfunc(types.int32(types.uint32, types.CPointer(types.int64)))
def play(frames, state):  # type: ignore[no-untyped-def]
    s = carray(state, (5,))
    samples = carray(address_to_pointer(s[SAMPLES]), (s[LENGTH],), np.float32)
    out = carray(_port_buffer(address_to_pointer(s[PORT]), frames), (frames,), np.float32)
    start = s[PLAYED] % s[LENGTH]
    for i in range(frames):
        out[i] = samples[(start + i) % s[LENGTH]]
    s[TIME] = _server_time()
    s[PLAYED] += frames
    return 0


def clap(rate: int, generator: np.random.Generator) -> np.ndarray:
    """Return a burst of noise of 60 ms with an instantaneous attack, float32 [n]."""
    n = int(0.06 * rate)
    return (0.8 * generator.standard_normal(n) * np.exp(-np.arange(n) / (0.012 * rate))).clip(-1, 1).astype(np.float32)


def score(recording: str, rate: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (samples [n], frames at which claps begin): the recording, quietly, with claps at irregular times."""
    generator = np.random.default_rng(5)
    material, own_rate = soundfile.read(recording, dtype="float32", always_2d=True)
    bed = soxr.resample(material.mean(axis=1), own_rate, rate)
    n = int(seconds * rate)
    samples = np.resize(0.05 * bed / (np.abs(bed).max() + 1e-9), n).astype(np.float32)
    starts = np.cumsum(generator.uniform(*GAP_S, int(seconds / GAP_S[0])) * rate).astype(int)
    starts = starts[starts < n - rate]
    for start in starts:
        burst = clap(rate, generator)
        samples[start:start + len(burst)] += burst
    return samples.clip(-1, 1), starts


def main() -> None:
    """Play until killed; the score of 120 s repeats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording")
    args = parser.parse_args()
    client = jack.Client("musician", no_start_server=True)
    samples, starts = score(args.recording, client.samplerate, 120.0)
    out = client.outports.register("out")
    pointer = int(jack._ffi.cast("intptr_t", out._ptr))
    state = np.array([0, len(samples), samples.ctypes.data, pointer, 0], np.int64)
    jack._lib.jack_set_process_callback(client._ptr, jack._ffi.cast("JackProcessCallback", play.address),
                                        jack._ffi.cast("void*", state.ctypes.data))
    # The server's time is the monotonic clock of this system in microseconds; measured, not assumed.
    now = ctypes.CDLL(_library).jack_get_time
    now.restype = ctypes.c_uint64
    offset = time.monotonic() - now() * 1e-6
    claps = 0
    with client:
        connected: set[str] = set()
        while True:
            ports = {port.name for port in client.get_ports("^PortAudio", is_input=True)}
            for name in ports - connected:
                client.connect(out, name)
            connected = ports
            played, block_time = int(state[PLAYED]), offset + int(state[TIME]) * 1e-6
            while (frame := claps // len(starts) * len(samples) + int(starts[claps % len(starts)])) < played:
                print(f"{block_time + (frame - played + client.blocksize) / client.samplerate:.6f}", flush=True)
                claps += 1
            time.sleep(0.05)


if __name__ == "__main__":
    main()
