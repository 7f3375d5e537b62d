"""Insects, frogs and the animals of a farm."""

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, harmonics, mix, rough


def crickets(loop: Loop) -> Signal:
    """Field crickets: each sings chirps of three or four pulses between 3.8 and 5 kHz in its own rhythm; tree crickets
    trill without end behind them."""
    near = loop.silence()
    for number in range(9):
        hz, pan = loop.rng.uniform(3800, 5000), loop.rng.uniform(-0.95, 0.95)
        gain = 1.0 if number == 0 else float(np.exp(loop.rng.uniform(np.log(0.06), np.log(0.6))))
        pulses, gap = int(loop.rng.integers(3, 5)), loop.rng.uniform(0.026, 0.036)
        frames = loop.frames(gap * 0.62)
        pitch = np.linspace(hz * 1.01, hz * 0.985, frames)
        pulse = harmonics(pitch, (1, 0.06, 0.03, 0.01), loop.rate) * arch(frames, 0.35, 0.6)
        present = loop.swell(12, 2.5, 0.35)
        for time in loop.beats(loop.rng.uniform(1.3, 3.2), 0.02):
            level = gain * present[int(time * loop.rate) % loop.n]
            for count in range(pulses):
                loop.add(near, time + count * gap, pulse, level * (0.6 + 0.4 * count / pulses), pan)
    trill = loop.silence()
    for _ in range(5):
        hz = round(loop.rng.uniform(3000, 5600) * loop.seconds) / loop.seconds
        pulse_rate = round(loop.rng.uniform(38, 62) * loop.seconds) / loop.seconds
        phase = loop.rng.uniform(0, 1, 2)
        flutter = 0.004 * loop.drift(6, 0.6)
        gate = np.sin(np.pi * (pulse_rate * (loop.time + flutter) + phase[0])) ** 4
        voice = (np.sin(2 * np.pi * (hz * loop.time + phase[1])) * gate * loop.swell(9, 1.5, 0.4)).astype(np.float32)
        loop.add(trill, 0.0, voice, loop.rng.uniform(0.15, 0.7), loop.rng.uniform(-1, 1))
    field = loop.reverb(near, 0.7, 0.5)
    night = loop.living_noise([(40, 0), (150, -2), (500, -9), (2000, -18), (5000, -13), (12000, -28)], 0.25, 8, 0.5)
    return mix((near, -4), (trill, -8), (field, -17), (night, -16))


def cicadas(loop: Loop) -> Signal:
    """Cicadas in the heat: tymbal clicks at 150 to 250 Hz excite a resonance of 4 to 9 kHz; choirs swell and fade."""
    out = loop.silence()
    for number in range(6):
        centre, clicks = loop.rng.uniform(4200, 8200), loop.rng.uniform(140, 260)
        turns = np.cumsum(clicks * (1 + 0.012 * loop.drift(4, 0.2).astype(np.float64))) / loop.rate
        turns += (np.round(turns[-1]) - turns[-1]) * np.arange(1, loop.n + 1) / loop.n
        pulses = np.exp(-5.0 * (turns % 1.0)).astype(np.float32)
        low, high = centre * 0.8, centre * 1.22
        carrier = loop.noise(
            [(low * 0.5, -50), (low, -8), (centre, 0), (high, -8), (min(high * 1.8, 0.49 * loop.rate), -45)], 1
        )
        phrases = np.exp(1.1 * loop.drift(11, 1.8))
        buzz = 1 + 0.5 * np.sin(2 * np.pi * round(loop.rng.uniform(6, 11) * loop.seconds) * loop.time / loop.seconds)
        voice = (carrier * pulses * phrases * (buzz if number % 2 else 1.0)).astype(np.float32)
        loop.add(out, 0.0, voice / np.abs(voice).max(), loop.rng.uniform(0.3, 1), loop.rng.uniform(-0.95, 0.95))
    heat = loop.living_noise([(60, 0), (250, -4), (900, -14), (3000, -14), (6000, -8), (14000, -16)], 0.3, 7, 0.4)
    return mix((out, -2), (loop.reverb(out, 0.9, 0.6), -14), (heat, -17))


def frogs(loop: Loop) -> Signal:
    """A pond at night: tree frogs in alternating choirs, marsh frogs that rattle, a bullfrog, insects far off."""
    pond = loop.silence()

    def croak(hz: float, pulses: int, pulse_rate: float, formants: tuple[float, ...], fall: float) -> Signal:
        frames = loop.frames(pulses / pulse_rate + fall)
        t = np.arange(frames) / loop.rate
        out = np.zeros(frames)
        inside = t % (1 / pulse_rate)
        for strength, formant in zip((1.0, 0.6, 0.35), formants, strict=False):
            out += strength * np.sin(2 * np.pi * formant * inside + 0.3) * np.exp(-inside / fall)
        voiced = np.sin(2 * np.pi * hz * t) * 0.4 + 1
        whole = arch(frames, 0.45, 0.35)
        return (out * voiced * np.minimum(inside / 0.0006, 1) * whole).astype(np.float32)

    for _ in range(9):  # tree frogs: two-part quacks, in a choir
        formant = loop.rng.uniform(1900, 2900)
        pool = [
            croak(
                formant / 2,
                int(loop.rng.integers(7, 12)),
                loop.rng.uniform(60, 85),
                (formant, formant * 0.5, formant * 1.5),
                0.006,
            )
            for _ in range(3)
        ]
        gain, pan = float(np.exp(loop.rng.uniform(-2.3, 0))), loop.rng.uniform(-0.95, 0.95)
        active = loop.swell(10, 2.0, 1.0)
        threshold = np.quantile(active, 0.35)
        for time in loop.beats(loop.rng.uniform(1.6, 2.7), 0.06):
            if active[int(time * loop.rate) % loop.n] > threshold:
                loop.add(pond, time, pool[loop.rng.integers(3)], gain * loop.rng.uniform(0.7, 1), pan)
    for _ in range(3):  # marsh frogs: long rattles
        formant, pan = loop.rng.uniform(1100, 1600), loop.rng.uniform(-0.9, 0.9)
        for time in loop.times(0.22):
            rattle = croak(
                formant / 3, int(loop.rng.integers(14, 30)), loop.rng.uniform(17, 24), (formant, formant * 1.9), 0.012
            )
            loop.add(pond, time, rattle, loop.rng.uniform(0.2, 0.6), pan)
    for time in loop.beats(0.13, 0.2):  # a bullfrog
        low = croak(95, 9, 9.5, (190, 420, 1100), 0.07)
        loop.add(pond, time, low, 0.3, -0.25)
    insects = loop.noise([(3000, -50), (4600, 0), (5400, -3), (7000, -40)])
    insects *= (0.55 + 0.45 * np.sin(2 * np.pi * round(47 * loop.seconds) * loop.time / loop.seconds)).astype(
        np.float32
    )[:, None]
    night = loop.living_noise([(40, 0), (150, -2), (500, -8), (2000, -14), (8000, -18), (14000, -26)], 0.25, 8, 0.5)
    return mix(
        (loop.filter(pond, [(150, -12), (500, -6), (1500, 0)]), -3),
        (loop.reverb(pond, 1.1, 0.5), -13),
        (insects, -16),
        (night, -21),
    )


def bees(loop: Loop) -> Signal:
    """A hive in flower: a cloud of wings near 230 Hz, and single bees that fly past with their Doppler shift."""
    hive = loop.silence()
    wing = [1.0, 0.75, 0.42, 0.3, 0.16, 0.12, 0.07, 0.05, 0.03, 0.02]
    for _ in range(14):
        base = loop.rng.uniform(200, 262)
        pitch = base * np.exp(0.035 * loop.drift(4, 0.15).astype(np.float64))
        pitch += round(pitch.mean() * loop.seconds) / loop.seconds - pitch.mean()
        voice = harmonics(pitch, wing, loop.rate, loop.rng.uniform()) * np.exp(0.6 * loop.drift(6, 0.2))
        loop.add(hive, 0.0, voice.astype(np.float32), loop.rng.uniform(0.3, 1), loop.rng.uniform(-1, 1))
    passing = loop.silence()
    for time in loop.times(0.55):
        seconds, closest, speed = loop.rng.uniform(1.2, 3.0), loop.rng.uniform(0.25, 0.8), loop.rng.uniform(1.2, 3.0)
        t = np.linspace(-seconds / 2, seconds / 2, loop.frames(seconds))
        sway = np.cumsum(loop.rng.standard_normal(9)) * 0.1
        along = speed * t + np.interp(t, np.linspace(t[0], t[-1], 9), sway)
        distance = np.hypot(along, closest)
        pitch = loop.rng.uniform(205, 255) * (1 - np.gradient(distance, 1 / loop.rate) / 343)
        pitch *= 1 + 0.015 * np.interp(t, np.linspace(t[0], t[-1], 40), loop.rng.standard_normal(40))
        voice = harmonics(pitch, wing, loop.rate) * closest / distance * np.minimum(1, 6 * arch(len(t), 0.5, 1))
        angle = (np.clip(along / 1.5, -1, 1) * loop.rng.choice([-1, 1]) + 1) * np.pi / 4
        both = np.stack([voice * np.cos(angle), voice * np.sin(angle)], axis=1).astype(np.float32)
        loop.add(passing, time, both, loop.rng.uniform(0.5, 1))
    rough = loop.noise([(150, -20), (300, -4), (700, 0), (2500, -8), (7000, -22)]) * loop.swell(2, 0.05, 0.5)[:, None]
    garden = loop.living_noise([(50, 0), (200, -4), (700, -12), (3000, -16), (8000, -22)], 0.35, 7, 0.3)
    return mix((hive, -5), (passing, -5), (rough, -17), (garden, -16))


def bark(loop: Loop, hz: float) -> Signal:
    """One bark: a voiced burst that jumps up and falls, with breath."""
    seconds = loop.rng.uniform(0.13, 0.21)
    frames = loop.frames(seconds)
    t = np.linspace(0, 1, frames)
    pitch = hz * (0.75 + 0.6 * np.sin(np.pi * np.minimum(t * 1.15, 1)) ** 0.8) * loop.rng.uniform(0.95, 1.05)
    levels = [1 / (1 + ((hz * k - 750) / 450) ** 2) + 0.35 / (1 + ((hz * k - 1700) / 500) ** 2) for k in range(1, 14)]
    breath = rough(loop.rng, frames, loop.rate, 0.35, 1500)
    return (harmonics(pitch, levels, loop.rate) * breath * arch(frames, 0.22, 0.7)).astype(np.float32)


def dogs_far(loop: Loop) -> Signal:
    """Two dogs bark at each other across a valley; each bark comes back from the houses."""
    yard = loop.silence()
    for hz, pan, gain in ((430, -0.4, 1.0), (560, 0.7, 0.4)):
        for time in loop.beats(0.24, 0.16):
            for _ in range(loop.rng.integers(2, 6)):
                loop.add(yard, time, bark(loop, hz), gain * loop.rng.uniform(0.7, 1), pan)
                time += loop.rng.uniform(0.27, 0.5)
    valley = loop.reverb(yard, 1.5, 0.4, 0.05, (0.13, 0.29, 0.46))
    air = loop.living_noise([(50, 0), (150, -1), (500, -8), (1500, -17), (4000, -30), (9000, -54)], 0.3, 8, 0.4)
    return mix((loop.far(yard, 80), -3), (loop.far(valley, 120), -11), (air, -19))


def rooster(loop: Loop) -> Signal:
    """The cock's crow in four parts: cock-a-doodle-doo, the last one long and falling."""
    hz = loop.rng.uniform(760, 880)
    frames = loop.frames(2.15)
    points = np.array(
        [
            (0, 0.75),
            (0.06, 0.95),
            (0.11, 0.85),
            (0.16, 1.12),
            (0.26, 1.16),
            (0.3, 0.98),
            (0.37, 1.05),
            (0.42, 1.2),
            (0.62, 1.14),
            (0.85, 0.98),
            (1, 0.68),
        ]
    )
    loud = np.array(
        [
            (0, 0),
            (0.03, 0.7),
            (0.08, 0.5),
            (0.11, 0.02),
            (0.15, 0.9),
            (0.26, 0.85),
            (0.295, 0.03),
            (0.33, 0.6),
            (0.38, 0.5),
            (0.4, 0.75),
            (0.5, 1),
            (0.75, 0.8),
            (0.93, 0.35),
            (1, 0),
        ]
    )
    t = np.linspace(0, 1, frames)
    pitch = hz * np.interp(t, *points.T) * (1 + 0.012 * np.sin(2 * np.pi * 14 * t + loop.rng.uniform(0, 6)))
    levels = [np.exp(-(((hz * k - 1900) / 1300) ** 2)) + 0.25 / k for k in range(1, 12)]
    return (
        harmonics(pitch, levels, loop.rate) * np.interp(t, *loud.T) * rough(loop.rng, frames, loop.rate, 0.3, 900)
    ).astype(np.float32)


def farm(loop: Loop) -> Signal:
    """A yard in the morning: cocks near and far, hens that cluck, a cow, sparrows, wind over the fields."""
    yard = loop.silence()
    for time in loop.beats(0.09, 0.12):
        loop.add(yard, time, rooster(loop), loop.rng.uniform(0.8, 1), 0.3)
    for time in loop.beats(0.13, 0.15):
        loop.add(yard, time, loop.far(_padded(loop, rooster(loop)), 150)[: loop.frames(2.3)], 0.16, -0.7)
    for time in loop.times(1.1):
        seconds, hz, pan = loop.rng.uniform(0.06, 0.13), loop.rng.uniform(420, 620), loop.rng.uniform(-0.6, 0.1)
        for number in range(loop.rng.integers(1, 5)):
            frames = loop.frames(seconds * (3 if number == 3 else 1))
            pitch = hz * np.linspace(1, 1.35 if number == 3 else 0.8, frames)
            levels = [np.exp(-(((hz * k - 1100) / 700) ** 2)) + 0.1 for k in range(1, 9)]
            loop.add(yard, time + 0.23 * number, harmonics(pitch, levels, loop.rate) * arch(frames, 0.25), 0.16, pan)
    for time in loop.beats(0.085, 0.15):
        frames = loop.frames(loop.rng.uniform(1.3, 2.0))
        t = np.linspace(0, 1, frames)
        pitch = loop.rng.uniform(125, 155) * np.interp(t, [0, 0.25, 0.7, 1], [0.8, 1.05, 1.12, 0.85])
        levels = [
            np.exp(-(((pitch.mean() * k - 420) / 250) ** 2)) + 0.3 * np.exp(-(((pitch.mean() * k - 950) / 300) ** 2))
            for k in range(1, 14)
        ]
        loop.add(yard, time, harmonics(pitch, levels, loop.rate) * arch(frames, 0.3, 0.5), 0.4, -0.6)
    land = loop.reverb(yard, 1.1, 0.4, 0.04, (0.08, 0.15))
    air = loop.living_noise([(50, 0), (150, -1), (500, -7), (1500, -16), (4000, -28), (9000, -54)], 0.35, 8, 0.4)
    return mix((yard, -3), (land, -14), (air, -16))


def _padded(loop: Loop, x: Signal) -> Signal:
    out = np.zeros(loop.n, np.float32)
    loop.put(out, 0, x)
    return out
