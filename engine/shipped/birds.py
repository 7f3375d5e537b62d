"""Birds: songs written as syllables of gliding whistles, sung by single birds at their own distance and place."""

from collections.abc import Callable

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, harmonics, mix, rough

Song = Callable[[Loop], Signal]
SYRINX = (1.0, 0.10, 0.035, 0.012)  # a whistling syrinx is almost a pure tone


def syllable(
    loop: Loop,
    seconds: float,
    hz: tuple[float, ...],
    trill: float = 0.0,
    depth: float = 0.0,
    attack: float = 0.3,
    partials: tuple[float, ...] = SYRINX,
) -> Signal:
    """One note: pitch glides through `hz` (evenly spaced), with a trill of that rate in Hz and depth in parts."""
    frames = loop.frames(seconds)
    t = np.linspace(0, 1, frames)
    points = np.array(hz, float)
    if len(points) > 2:
        coefficients = np.polyfit(np.linspace(0, 1, len(points)), np.log(points), min(len(points) - 1, 3))
        pitch = np.exp(np.polyval(coefficients, t))
    else:
        pitch = np.exp(np.interp(t, np.linspace(0, 1, len(points)), np.log(points)))
    if trill:
        pitch = pitch * (1 + depth * np.sin(2 * np.pi * trill * seconds * t + loop.rng.uniform(0, 6)))
    wobble = 1 + 0.15 * np.interp(t, np.linspace(0, 1, 7), loop.rng.standard_normal(7))
    return (harmonics(pitch, partials, loop.rate) * arch(frames, attack, 0.8) * wobble).astype(np.float32)


def phrase(loop: Loop, notes: list[tuple[float, Signal, float]]) -> Signal:
    """Notes (start in seconds, signal, gain) as one signal."""
    end = max(round(start * loop.rate) + len(x) for start, x, _ in notes)
    out = np.zeros(end, np.float32)
    for start, x, gain in notes:
        at = round(start * loop.rate)
        out[at : at + len(x)] += np.float32(gain) * x
    return out


def blackbird(loop: Loop) -> Signal:
    """Mellow fluted motif of three to six notes around 2 kHz, then a quiet high twitter."""
    notes, t = [], 0.0
    base = loop.rng.uniform(1700, 2300)
    for _ in range(loop.rng.integers(3, 7)):
        start = base * loop.rng.choice([0.84, 0.94, 1.0, 1.12, 1.26, 1.41])
        seconds = loop.rng.uniform(0.09, 0.28)
        turn = start * loop.rng.uniform(0.85, 1.18)
        notes.append(
            (
                t,
                syllable(
                    loop, seconds, (start, turn, start * loop.rng.uniform(0.9, 1.1)), loop.rng.choice([0, 0, 28]), 0.03
                ),
                loop.rng.uniform(0.6, 1),
            )
        )
        t += seconds + loop.rng.uniform(0.01, 0.09)
    for _ in range(loop.rng.integers(2, 7)):
        hz = loop.rng.uniform(4500, 7000)
        notes.append((t, syllable(loop, 0.05, (hz, hz * 1.2, hz * 0.8)), 0.25))
        t += loop.rng.uniform(0.05, 0.09)
    return phrase(loop, notes)


def robin(loop: Loop) -> Signal:
    """Silvery warble: fast thin notes that fall from 7 to 3 kHz, some of them drawn out."""
    notes, t = [], 0.0
    for _ in range(loop.rng.integers(6, 14)):
        hz = np.exp(loop.rng.uniform(np.log(2800), np.log(7000)))
        long = loop.rng.uniform() < 0.2
        seconds = loop.rng.uniform(0.18, 0.35) if long else loop.rng.uniform(0.03, 0.1)
        notes.append(
            (
                t,
                syllable(
                    loop, seconds, (hz * 1.1, hz * loop.rng.uniform(0.8, 1.2), hz * 0.85), 35 if long else 0, 0.05
                ),
                loop.rng.uniform(0.4, 1),
            )
        )
        t += seconds + loop.rng.uniform(0.005, 0.06)
    return phrase(loop, notes)


def great_tit(loop: Loop) -> Signal:
    """The two-note saw, teacher-teacher, repeated."""
    high = loop.rng.uniform(4300, 5200)
    low = high * loop.rng.uniform(0.72, 0.82)
    notes, step = [], loop.rng.uniform(0.34, 0.44)
    for number in range(loop.rng.integers(3, 7)):
        notes.append((number * step, syllable(loop, 0.11, (high, high * 0.98)), 0.9))
        notes.append((number * step + 0.45 * step, syllable(loop, 0.14, (low, low * 1.03)), 1.0))
    return phrase(loop, notes)


def chaffinch(loop: Loop) -> Signal:
    """A rattle that falls in steps and ends in a flourish."""
    notes, t = [], 0.0
    hz = loop.rng.uniform(4800, 5600)
    for length, count in ((0.09, 5), (0.075, 6), (0.06, 6)):
        for _ in range(count):
            notes.append((t, syllable(loop, length * 0.75, (hz * 1.25, hz * 0.75)), 0.5 + 0.4 * t))
            t += length
        hz *= 0.84
    notes.append((t, syllable(loop, 0.13, (hz * 0.8, hz * 1.5)), 1.0))
    notes.append((t + 0.15, syllable(loop, 0.16, (hz * 1.4, hz * 0.7)), 0.9))
    return phrase(loop, notes)


def wren(loop: Loop) -> Signal:
    """A long loud song with a fast trill in its middle."""
    notes, t = [], 0.0
    for count, step in ((5, 0.11), (int(loop.rng.integers(14, 24)), 0.045), (4, 0.13)):
        hz = loop.rng.uniform(3900, 6400)
        for _ in range(count):
            notes.append((t, syllable(loop, step * 0.75, (hz * 1.2, hz * 0.8)), loop.rng.uniform(0.7, 1)))
            t += step
    return phrase(loop, notes)


def sparrow(loop: Loop) -> Signal:
    """Plain chirps, rich in overtones."""
    notes, t = [], 0.0
    for _ in range(loop.rng.integers(1, 5)):
        hz = loop.rng.uniform(2800, 3900)
        notes.append(
            (
                t,
                syllable(
                    loop,
                    loop.rng.uniform(0.07, 0.13),
                    (hz * 0.8, hz * 1.25, hz * 0.85),
                    60,
                    0.06,
                    partials=(1.0, 0.4, 0.2),
                ),
                loop.rng.uniform(0.6, 1),
            )
        )
        t += loop.rng.uniform(0.25, 0.6)
    return phrase(loop, notes)


def wood_pigeon(loop: Loop) -> Signal:
    """Five soft coos near 480 Hz."""
    hz = loop.rng.uniform(440, 520)
    notes, t = [], 0.0
    for seconds, pitch, gain in (
        (0.3, 1.0, 0.7),
        (0.62, 1.07, 1.0),
        (0.5, 1.0, 0.9),
        (0.25, 0.97, 0.6),
        (0.3, 0.95, 0.7),
    ):
        x = syllable(
            loop,
            seconds,
            (hz * pitch * 0.95, hz * pitch * 1.03, hz * pitch * 0.96),
            22,
            0.015,
            partials=(1.0, 0.12, 0.05),
        )
        notes.append((t, x, gain))
        t += seconds + 0.09
    return phrase(loop, notes)


def cuckoo(loop: Loop) -> Signal:
    """A falling third, twice or three times."""
    hz = loop.rng.uniform(640, 690)
    notes = []
    for number in range(loop.rng.integers(2, 4)):
        notes.append((1.35 * number, syllable(loop, 0.2, (hz, hz * 1.02), partials=(1, 0.12, 0.05)), 0.8))
        notes.append((1.35 * number + 0.36, syllable(loop, 0.32, (hz * 0.82, hz * 0.8), partials=(1, 0.12, 0.05)), 1.0))
    return phrase(loop, notes)


def tawny_owl(loop: Loop) -> Signal:
    """A long hoot, a pause, a broken wavering hoot."""
    hz = loop.rng.uniform(760, 860)
    voice = (1.0, 0.18, 0.1, 0.03)
    last = syllable(loop, 1.5, (hz * 0.92, hz * 1.02, hz, hz * 0.86), 13, 0.035, 0.25, voice)
    last *= 0.65 + 0.35 * np.sin(2 * np.pi * 13 * np.arange(len(last)) / loop.rate + 1).astype(np.float32)
    return phrase(
        loop,
        [
            (0.0, syllable(loop, 0.85, (hz * 0.9, hz, hz * 0.9), 5, 0.005, 0.3, voice), 0.9),
            (1.9, syllable(loop, 0.12, (hz * 0.9, hz * 0.95), partials=voice), 0.4),
            (2.25, last, 1.0),
        ],
    )


def gull(loop: Loop) -> Signal:
    """The long call: harsh yelps whose pitch jumps up and slides down, faster towards the end."""
    partials = (0.5, 1.0, 0.9, 0.75, 0.4, 0.22, 0.1, 0.05)
    hz = loop.rng.uniform(620, 900)
    notes, t = [], 0.0
    for number in range(loop.rng.integers(2, 9)):
        bend = loop.rng.choice([1.08, 1.15, 1.3])
        seconds = loop.rng.uniform(0.22, 0.5) * 0.95**number
        x = syllable(loop, seconds, (hz * 0.9, hz * bend, hz * (0.3 + 0.7 * bend), hz * 0.86), 42, 0.02, 0.25, partials)
        notes.append((t, x * rough(loop.rng, len(x), loop.rate, 0.4), loop.rng.uniform(0.7, 1)))
        t += seconds + loop.rng.uniform(0.03, 0.15)
    return phrase(loop, notes)


def crow(loop: Loop) -> Signal:
    """Hoarse caws: a low buzz, rough with noise, through a throat that favours 1 to 2 kHz."""
    notes, t = [], 0.0
    hz = loop.rng.uniform(430, 560)
    for _ in range(loop.rng.integers(2, 5)):
        seconds = loop.rng.uniform(0.25, 0.42)
        x = syllable(
            loop,
            seconds,
            (hz * 0.9, hz * 1.08, hz * 0.85),
            70,
            0.05,
            0.25,
            (0.35, 0.8, 1.0, 0.85, 0.5, 0.35, 0.3, 0.2, 0.12, 0.08, 0.05),
        )
        notes.append((t, x * rough(loop.rng, len(x), loop.rate, 1.2, 900), loop.rng.uniform(0.7, 1)))
        t += seconds + loop.rng.uniform(0.15, 0.35)
    return phrase(loop, notes)


def flock(loop: Loop, singers: list[tuple[Song, float, float]]) -> Signal:
    """Birds that sing in turns. singers: (song, songs per minute, nearness 0 to 1); a far bird is soft and echoes."""
    near, distant = loop.silence(), loop.silence()
    for song, per_minute, nearness in singers:
        pan = loop.rng.uniform(-0.95, 0.95)
        for time in loop.beats(per_minute / 60, 0.22):
            x = song(loop)
            gain = nearness * loop.rng.uniform(0.7, 1) / (float(np.abs(x).max()) + 1e-9)
            loop.add(near, time, x, gain, pan)
            loop.add(distant, time, x, gain * (1.1 - nearness), pan)
    echo = loop.reverb(loop.far(distant, 60), 1.3, 0.5, 0.03, (0.06, 0.11, 0.17))
    return near + 0.8 * echo


def dawn_chorus(loop: Loop) -> Signal:
    """A dawn chorus: blackbirds near, robins, wrens, finches and tits around, a wood pigeon, a far cuckoo."""
    birds = flock(
        loop,
        [
            (blackbird, 14, 1.0),
            (blackbird, 11, 0.45),
            (robin, 12, 0.5),
            (robin, 10, 0.25),
            (wren, 7, 0.3),
            (chaffinch, 8, 0.35),
            (great_tit, 9, 0.45),
            (wood_pigeon, 6, 0.3),
            (cuckoo, 6, 0.2),
            (robin, 11, 0.7),
            (blackbird, 9, 0.3),
            (sparrow, 16, 0.25),
        ],
    )
    air = loop.living_noise([(50, -4), (150, 0), (500, -6), (1800, -12), (5000, -20), (12000, -34)], 0.3, 9, 0.4)
    return mix((birds, -3), (air, -27))


def birds_forest(loop: Loop) -> Signal:
    """A wood by day: few birds, each with its own song and pauses, under moving leaves."""
    birds = flock(
        loop,
        [
            (chaffinch, 8, 0.9),
            (great_tit, 7, 0.6),
            (robin, 7, 0.4),
            (wren, 4, 0.3),
            (wood_pigeon, 5, 0.2),
            (blackbird, 5, 0.5),
            (sparrow, 10, 0.3),
        ],
    )
    leaves = loop.living_noise([(100, -12), (400, -8), (1500, -3), (4000, 0), (9000, -8), (16000, -20)], 0.5, 7, 0.1)
    return mix((birds, -3), (leaves, -17))


def seagulls(loop: Loop) -> Signal:
    """Gulls that call over a harbour, near and far, above a soft swell."""
    birds = flock(
        loop, [(gull, 9, 1.0), (gull, 8, 0.6), (gull, 9, 0.4), (gull, 12, 0.3), (gull, 14, 0.2), (gull, 14, 0.2)]
    )
    swell = (
        loop.noise([(40, 0), (150, -1), (500, -5), (1500, -11), (4000, -24), (10000, -50)])
        * loop.swell(7, 2, 0.5)[:, None]
    )
    return mix((birds, -4), (swell, -12))


def crows(loop: Loop) -> Signal:
    """Crows over bare fields in the wind."""
    birds = flock(loop, [(crow, 12, 0.9), (crow, 9, 0.4), (crow, 14, 0.2)])
    wind = loop.living_noise([(40, 2), (120, 0), (400, -6), (1200, -13), (4000, -32), (9000, -56)], 0.4, 7, 0.3)
    return mix((birds, -3), (wind, -6))


def night_owls(loop: Loop) -> Signal:
    """Two tawny owls answer each other across a night wood; one cricket, leaves, darkness."""
    calls = loop.silence()
    for start, pan, gain in ((0.06, -0.5, 1.0), (0.37, 0.75, 0.45), (0.62, -0.5, 0.85), (0.86, 0.75, 0.35)):
        loop.add(calls, (start + loop.rng.uniform(-0.02, 0.02)) * loop.seconds, tawny_owl(loop), gain, pan)
    wood = loop.reverb(calls, 2.4, 0.4, 0.05, (0.09, 0.16, 0.27))
    cricket = loop.silence()
    pulse = syllable(loop, 0.016, (4150, 4120), partials=(1, 0.03))
    for time in loop.beats(1.6, 0.02):
        for number in range(3):
            loop.add(cricket, time + 0.034 * number, pulse, 0.6 + 0.2 * number, 0.6)
    leaves = loop.living_noise([(60, -3), (200, 0), (700, -8), (2500, -12), (6000, -16), (14000, -30)], 0.4, 8, 0.3)
    return mix((calls, -4), (wood, -10), (cricket, -24), (leaves, -19))
