"""Bells, bowls, chimes and the organ: bodies that ring, and the rooms they ring in."""

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, decibels, harmonics, mix, modes

# partials of a church bell, relative to its strike note: (ratio, level in dB, decay relative to the hum's).
# Names and ratios after T. D. Rossing, "Science of Percussion Instruments", 2000, chapter 11
BELL = (
    (0.5, -3, 1.0),
    (1.0, -2, 0.5),
    (1.19, 0, 0.42),
    (1.506, -9, 0.22),
    (2.0, 0, 0.26),
    (2.52, -12, 0.14),
    (2.66, -13, 0.12),
    (3.01, -6, 0.13),
    (4.16, -9, 0.08),
    (5.43, -13, 0.055),
    (6.79, -17, 0.04),
    (8.21, -20, 0.03),
)


def bell(loop: Loop, hz: float, seconds: float) -> Signal:
    """One stroke [frames, 2]: every partial is a doublet that beats slowly, a little apart for each ear."""
    partials = [(hz * ratio * loop.rng.uniform(0.997, 1.003), level, fall) for ratio, level, fall in BELL]
    ears = []
    for split in (1.0, 1.0009):
        pair = []
        for frequency, level, fall in partials:
            amplitude = decibels(level)
            pair += [
                (frequency * split, 0.6 * amplitude, fall * seconds),
                (frequency + 0.35, 0.4 * amplitude, fall * seconds),
            ]
        ears.append(modes(pair, seconds, loop.rate, 0.0015))
    clapper = modes([(h, 1, 0.03) for h in (2900, 4100, 5300, 6900)], 0.04, loop.rate, 0.0005)
    out = np.stack(ears, axis=1)
    out[: len(clapper)] += 0.12 * clapper[:, None]
    return out


def church_bells(loop: Loop) -> Signal:
    """Four bells swing in a tower, each with its own period; the hum stays over the roofs, pigeons and wind around."""
    tower = loop.silence()
    for hz, period, gain in ((293.7, 2.31, 1.0), (349.2, 2.02, 0.8), (440.0, 1.76, 0.65), (523.3, 1.57, 0.5)):
        strokes = [bell(loop, hz, min(9.0, 0.9 * loop.seconds)) for _ in range(2)]
        for number, time in enumerate(loop.beats(1 / period, 0.012)):
            loop.add(tower, time, strokes[number % 2], gain * loop.rng.uniform(0.75, 1))
    tower = loop.far(tower, 60)
    square = loop.reverb(tower, 2.6, 0.4, 0.06, (0.08, 0.15, 0.22, 0.31))
    air = loop.living_noise([(40, 0), (150, -1), (500, -8), (1500, -16), (5000, -26)], 0.35, 8, 0.4)
    return mix((tower, -3), (square, -9), (air, -21))


PIPE = (1.0, 0.5, 0.3, 0.22, 0.1, 0.08, 0.04, 0.03)


def church_interior(loop: Loop) -> Signal:
    """An empty nave: a distant organ moves through slow chords, every step blooms into six seconds of stone."""
    organ = loop.silence()
    chords = (
        (98.0, 146.8, 196.0, 246.9, 293.7),
        (82.4, 164.8, 196.0, 246.9, 329.6),
        (65.4, 130.8, 196.0, 261.6, 329.6),
        (73.4, 146.8, 185.0, 220.0, 293.7),
    )
    step = loop.seconds / len(chords)
    for number, chord in enumerate(chords):
        for hz in chord:
            for rank, level in ((0.5, 0.5), (1.0, 1.0), (2.0, 0.35)):
                frames = loop.frames(step * 1.04)
                t = np.arange(frames) / loop.rate
                pitch = np.full(frames, hz * rank * (1 + 0.0012 * loop.rng.standard_normal()))
                edge = np.minimum(t / 0.12, 1) * np.clip((t[-1] - t) / 0.2, 0, 1)
                tremulant = 1 + 0.05 * np.sin(2 * np.pi * 5.4 * t + loop.rng.uniform(0, 6))
                pipe = harmonics(pitch, PIPE, loop.rate, loop.rng.uniform()) * edge * tremulant
                loop.add(organ, number * step, pipe.astype(np.float32), level, loop.rng.uniform(-0.6, 0.6))
    wind = loop.noise([(300, -20), (1200, -4), (3000, 0), (7000, -12)]) * np.abs(organ).mean()
    steps = loop.silence()
    for time in np.arange(0.1, 0.55, 0.055) * loop.seconds * loop.rng.uniform(0.9, 1.0):
        heel = modes(
            [(loop.rng.uniform(90, 130), 1, 0.06), (420, 0.5, 0.04), (1500, 0.4, 0.02), (3300, 0.2, 0.012)],
            0.08,
            loop.rate,
            0.001,
        )
        loop.add(steps, time, heel, loop.rng.uniform(0.6, 1), 0.4 - 1.2 * time / loop.seconds)
    for time in loop.times(0.16):
        knock = modes(
            [(loop.rng.uniform(140, 320), 1, 0.1), (loop.rng.uniform(500, 900), 0.6, 0.05)], 0.12, loop.rate, 0.002
        )
        loop.add(steps, time, knock, loop.rng.uniform(0.3, 1.2), loop.rng.uniform(-0.9, 0.9))
    nave_organ = loop.reverb(loop.far(organ + 0.05 * wind, 60), 6.0, 0.35, 0.05, (0.03, 0.06, 0.1))
    nave_steps = loop.reverb(steps, 5.0, 0.35, 0.04, (0.025, 0.05, 0.09))
    air = loop.living_noise([(30, 2), (80, 1), (220, -2), (600, -14), (2000, -30)], 0.25, 9, 0.8)
    return mix((nave_organ, -3), (loop.far(organ, 80), -18), (steps, -27), (nave_steps, -17), (air, -9))


def wind_chimes(loop: Loop) -> Signal:
    """Six tubes in a breeze: free bars (1, 2.76, 5.40) struck in flurries when the gust moves the clapper."""
    chimes = loop.silence()
    tubes = []
    for note, hz in enumerate((1568.0, 1760.0, 2093.0, 2349.3, 2637.0, 3136.0)):
        partials = [
            (hz * ratio * (1 + 0.0008 * loop.rng.standard_normal()), level, fall)
            for ratio, level, fall in ((1, 0.4, 3.2), (2.756, 1.0, 2.0), (5.404, 0.2, 0.6))
        ]
        partials += [(hz * 1.0011, 0.25, 3.4), (hz * 2.76, 0.35, 1.9)]
        hard = modes(partials, 3.2, loop.rate, 0.0008)
        soft = modes([(f, a / (1 + (f / 3000) ** 2), d) for f, a, d in partials], 3.2, loop.rate, 0.002)
        tubes.append((hard, soft, -0.7 + 1.4 * note / 5))
    gust = loop.drift(9, 1.0)
    for time in loop.times(7.0):
        force = float(gust[int(time * loop.rate) % loop.n])
        if force < loop.rng.normal(0.2, 0.5):
            continue
        hard, soft, pan = tubes[loop.rng.integers(6)]
        strike = float(np.exp(0.5 * force + 0.4 * loop.rng.standard_normal()))
        loop.add(chimes, time, hard if loop.rng.uniform() < 0.6 else soft, strike, pan)
    garden = loop.reverb(chimes, 0.8, 0.6, 0.01, (0.02, 0.04))
    leaves = loop.living_noise([(80, -6), (250, -3), (800, -6), (2500, -8), (6000, -12), (14000, -26)], 0.3, 6, 0.2)
    return mix((chimes, -2), (garden, -15), (leaves * np.exp(0.5 * gust)[:, None], -42))


def singing_bowls(loop: Loop) -> Signal:
    """Three bronze bowls, struck softly and rubbed: few partials (1, 2.7, 5.1, 8.0) in slowly beating pairs."""
    bowls = loop.silence()
    for hz, beat, pan, offset in ((136.1, 0.7, -0.5, 0.0), (204.2, 1.1, 0.45, 0.36), (272.2, 1.6, 0.0, 0.68)):
        partials = []
        for ratio, level, fall in (
            (1.0, 1.0, 16),
            (2.72, 0.55, 10),
            (5.1, 0.22, 5),
            (8.0, 0.08, 2.5),
            (11.3, 0.03, 1.2),
        ):
            f = hz * ratio * loop.rng.uniform(0.997, 1.003)
            partials += [(f, level, fall), (f + beat * ratio**0.5, 0.7 * level, fall)]
        stroke = modes(partials, min(20.0, 0.85 * loop.seconds), loop.rate, 0.012)
        loop.add(bowls, offset * loop.seconds, stroke, 1.0, pan)
        frames = loop.frames(min(9.0, 0.4 * loop.seconds))
        t = np.arange(frames) / loop.rate
        rub = (
            np.sin(2 * np.pi * hz * t)
            + 0.8 * np.sin(2 * np.pi * (hz + beat) * t)
            + 0.25 * np.sin(2 * np.pi * hz * 2.72 * t)
        )
        loop.add(bowls, (offset + 0.3) * loop.seconds, (rub * arch(frames, 0.65)).astype(np.float32), 0.28, pan)
    temple = loop.reverb(bowls, 3.2, 0.4, 0.03, (0.02, 0.037, 0.06))
    air = loop.living_noise([(40, 0), (150, -2), (500, -10), (2000, -22), (6000, -34)], 0.3, 9, 0.6)
    return mix((bowls, -3), (temple, -9), (air, -31))
