"""Rooms and work: clock, office, kitchen, building site, footsteps."""

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, harmonics, mix, modes
from engine.shipped.people import clinks
from engine.shipped.water import bubbles


def clock(loop: Loop) -> Signal:
    """A pendulum clock in a quiet parlour: tick and tock of its escapement, each a flock of clicks in a wooden case."""
    case = loop.silence()
    count = max(2, 2 * round(loop.seconds / 2))
    for number in range(count):
        time = number * loop.seconds / count + (0.012 if number % 2 else 0.0)
        pitch = 0.86 if number % 2 else 1.0
        for delay, gain in ((0.0, 1.0), (0.009, 0.35), (0.031, 0.6), (0.047, 0.18)):
            click = modes(
                [
                    (h * pitch * loop.rng.uniform(0.98, 1.02), a, d)
                    for h, a, d in (
                        (310, 0.25, 0.05),
                        (820, 0.4, 0.035),
                        (2250, 0.8, 0.022),
                        (4350, 1.0, 0.015),
                        (7600, 0.6, 0.008),
                    )
                ],
                0.06,
                loop.rate,
                0.0003,
            )
            loop.add(case, time + delay, click, gain * loop.rng.uniform(0.85, 1), 0.15)
    room = loop.reverb(case, 0.5, 0.6, 0.006, (0.009, 0.014, 0.023))
    air = loop.living_noise([(40, 2), (120, 0), (350, -6), (1200, -16), (5000, -26)], 0.25, 8, 0.6)
    return mix((case, -3), (room, -14), (air, -26))


def office(loop: Loop) -> Signal:
    """Open-plan office: ventilation, hum of machines, keyboards in bursts, mouse clicks, paper, a far telephone."""
    vents = loop.living_noise(
        [(40, 2), (100, 1), (250, -1), (700, -6), (1500, -14), (4000, -30), (10000, -48)], 0.08, 6, 0.4
    )
    hum = loop.silence()
    for hz, gain in ((100, 1.0), (200, 0.5), (300, 0.3), (231.7, 0.4)):
        whole = round(hz * loop.seconds) / loop.seconds
        for side in range(2):
            hum[:, side] += (gain * np.sin(2 * np.pi * (whole * loop.time + loop.rng.uniform()))).astype(np.float32)
    desks = loop.silence()
    for pan, near in ((-0.5, 1.0), (0.65, 0.45), (0.1, 0.2)):
        keys = [
            modes(
                [
                    (loop.rng.uniform(180, 260), 0.6, 0.03),
                    (loop.rng.uniform(900, 1500), 0.5, 0.015),
                    (loop.rng.uniform(2600, 4200), 0.6, 0.008),
                ],
                0.04,
                loop.rate,
                0.0004,
            )
            + _fit(loop.burst(0.012, 1500, 8000), loop.frames(0.04))
            for _ in range(14)
        ]
        time = loop.rng.uniform(0, loop.seconds)
        end = time + 0.95 * loop.seconds
        while time < end:
            for _ in range(loop.rng.integers(4, 28)):
                key = keys[loop.rng.integers(len(keys))]
                gain = near * float(np.exp(0.35 * loop.rng.standard_normal()))
                loop.add(desks, time, key, gain, pan)
                loop.add(desks, time + loop.rng.uniform(0.06, 0.1), key, 0.3 * gain, pan)
                time += loop.rng.gamma(4, 0.035)
            time += loop.rng.exponential(1.2 / near**0.5)
        for time in loop.times(0.25):
            for late, gain in ((0, 1), (0.09, 0.6)):
                loop.add(
                    desks,
                    time + late,
                    modes([(2100, 1, 0.008), (3700, 0.8, 0.006)], 0.02, loop.rate, 0.0003),
                    near * gain,
                    pan,
                )
    paper = loop.noise([(800, -20), (2500, -3), (6000, 0), (12000, -8)])
    rustle = np.zeros(loop.n, np.float32)
    for time in loop.times(0.16):
        for _ in range(loop.rng.integers(2, 6)):
            loop.put(
                rustle,
                round(time * loop.rate),
                loop.rng.uniform(0.2, 1) * arch(loop.frames(loop.rng.uniform(0.06, 0.3)), 0.3),
            )
            time += loop.rng.uniform(0.05, 0.2)
    ring = loop.silence()
    for number in range(2):
        frames = loop.frames(1.1)
        t = np.arange(frames) / loop.rate
        warble = np.where(np.sin(2 * np.pi * 11 * t) > 0, 1020.0, 1260.0)
        loop.add(
            ring,
            0.55 * loop.seconds + 2.4 * number,
            harmonics(warble, (1, 0.1, 0.2), loop.rate) * arch(frames, 0.5, 0.1),
            1,
            0.8,
        )
    room = loop.reverb(desks + 0.1 * ring, 0.6, 0.5, 0.008, (0.01, 0.017, 0.026))
    return mix(
        (vents, -6), (hum, -19), (desks, -10), (room, -16), (paper * rustle[:, None], -21), (loop.far(ring, 30), -26)
    )


def _fit(x: Signal, frames: int) -> Signal:
    return np.pad(x, (0, max(0, frames - len(x))))[:frames]


def kitchen(loop: Loop) -> Signal:
    """A pot boils with its lid rattling, something fries, plates and cutlery clink, a fridge hums."""
    boil = loop.silence()
    loop.scatter(boil, 130, bubbles(loop, 120, 3, 13), 0.5, 0.3, when=loop.swell(2, 0.15, 0.6))
    boil = loop.filter(boil, [(150, 0), (900, -2), (2000, -12), (6000, -30)])
    rumble = loop.living_noise([(60, -8), (160, 0), (350, -4), (900, -14), (3000, -28)], 0.35, 1, 0.06)
    lid = loop.silence()
    shaking = loop.swell(3, 0.3, 1.0)
    rattle = [
        modes(
            [(h, 1, 0.09), (h * 1.53, 0.8, 0.07), (h * 2.31, 0.6, 0.05), (h * 3.4, 0.4, 0.03)], 0.1, loop.rate, 0.0006
        )
        for h in (980, 1010, 1120)
    ]
    loop.scatter(lid, 16, rattle, 0.5, 0.2, when=shaking**2)
    frying = loop.living_noise([(1000, -26), (3000, -6), (7000, 0), (14000, -4)], 0.25, 2, 0.04)
    spits = loop.silence()
    loop.scatter(spits, 90, [loop.burst(loop.rng.uniform(0.002, 0.012), 2500, 12000) for _ in range(60)], 0.9, 0.5)
    dishes = loop.silence()
    pool = clinks(loop, 30)
    plates = [
        modes([(h * f, 0.8**k, 0.16 / f) for k, f in enumerate((1, 1.62, 2.38, 3.3, 4.5))], 0.2, loop.rate, 0.0006)
        for h in loop.rng.uniform(700, 1500, 8)
    ]
    for time in loop.times(0.7):
        pan = loop.rng.uniform(-0.8, 0.8)
        kind = plates if loop.rng.uniform() < 0.45 else pool
        for _ in range(loop.rng.integers(1, 6)):
            loop.add(
                dishes, time, kind[loop.rng.integers(len(kind))], float(np.exp(0.6 * loop.rng.standard_normal())), pan
            )
            time += loop.rng.exponential(0.12) + 0.03
    fridge = loop.silence()
    for hz, gain in ((50, 1.0), (100, 0.9), (150, 0.3), (200, 0.35), (300, 0.15)):
        whole = round(hz * loop.seconds) / loop.seconds
        fridge += (gain * np.sin(2 * np.pi * whole * loop.time + loop.rng.uniform(0, 6))).astype(np.float32)[:, None]
    room = loop.reverb(dishes + lid + boil, 0.55, 0.6, 0.006, (0.008, 0.013, 0.021))
    vent = loop.living_noise([(50, 2), (120, 1), (300, -2), (800, -6), (2500, -16), (8000, -30)], 0.1, 6, 0.4)
    return mix(
        (boil, -8),
        (rumble, -9),
        (lid, -19),
        (frying, -19),
        (spits, -21),
        (dishes, -11),
        (fridge, -14),
        (vent, -9),
        (room, -15),
    )


def construction(loop: Loop) -> Signal:
    """A building site: two hammers on wood and steel, a drill in bursts, a digger's engine, a reversing beep."""
    site = loop.silence()
    for base, period, pan, fall in ((420, 0.62, -0.6, 0.09), (1150, 0.81, 0.5, 0.3)):
        blows = [
            modes(
                [
                    (base * f * loop.rng.uniform(0.98, 1.02), 0.8**k, fall / f**0.6)
                    for k, f in enumerate((1, 1.58, 2.41, 3.62, 5.2, 7.1))
                ],
                0.35,
                loop.rate,
                0.0005,
            )
            for _ in range(4)
        ]
        active = loop.drift(9, 3.5) > -0.3
        for time in loop.beats(1 / period, 0.05):
            if active[int(time * loop.rate) % loop.n]:
                loop.add(site, time, blows[loop.rng.integers(4)], loop.rng.uniform(0.6, 1.1), pan)
    drill = loop.silence()
    hit = modes([(95, 1, 0.04), (410, 0.8, 0.03), (1250, 0.7, 0.02), (2700, 0.5, 0.012)], 0.045, loop.rate, 0.0005)
    hit[: loop.frames(0.03)] += 0.8 * loop.burst(0.03, 500, 4500)
    for start in (0.12, 0.45, 0.52, 0.8):
        for number in range(int(loop.rng.uniform(1.0, 2.6) * 24)):
            time = start * loop.seconds + number / 24 + loop.rng.normal(0, 0.0012)
            loop.add(drill, time, hit, loop.rng.uniform(0.8, 1.1), 0.2)
    load = np.exp(0.35 * loop.drift(6, 1.0).astype(np.float64))
    turns = 30 * load
    turns += round(turns.mean() * loop.seconds) / loop.seconds - turns.mean()
    levels = [(1.0 if k % 2 == 0 else 0.5) * loop.rng.uniform(0.5, 1) / k**0.6 for k in range(1, 26)]
    digger = (harmonics(turns, levels, loop.rate) * load).astype(np.float32)
    digger_wide = np.stack([digger, np.roll(digger, loop.frames(0.004))], axis=1)
    exhaust = loop.living_noise(
        [(40, 2), (90, 2), (220, -1), (600, -8), (1800, -13), (4500, -24), (9000, -44)], 0.15, 4, 0.2
    )
    exhaust *= load.astype(np.float32)[:, None]
    beeps = loop.silence()
    frames = loop.frames(0.45)
    beep = harmonics(np.full(frames, 1240.0), (1, 0.05, 0.12), loop.rate) * arch(frames, 0.5, 0.12)
    for number in range(5):
        loop.add(beeps, 0.25 * loop.seconds + 0.95 * number, beep, 1.0, 0.75)
    site, drill = loop.far(site, 40), loop.far(drill, 60)
    street = loop.reverb(site + drill, 1.1, 0.4, 0.03, (0.05, 0.09, 0.13))
    return mix((site, -8), (drill, -8), (digger_wide, -8), (exhaust, -4), (loop.far(beeps, 60), -21), (street, -14))


def footsteps_snow(loop: Loop) -> Signal:
    """Someone walks through dry snow: each step presses, crunches as crystals break, and squeaks a little."""
    snow = loop.silence()
    crystals = [loop.burst(loop.rng.uniform(0.0015, 0.007), 1200, 9000) for _ in range(80)]
    for number, time in enumerate(loop.beats(1.55, 0.025)):
        pan = 0.25 if number % 2 else -0.25
        weight = loop.rng.uniform(0.8, 1.1)
        for phase, length, crunches in ((0.0, 0.17, 90), (0.22, 0.14, 40)):
            for at in loop.rng.beta(1.6, 2.4, crunches):
                gain = 0.35 * weight * float(np.exp(0.8 * loop.rng.standard_normal())) * (1 - 0.5 * at)
                loop.add(
                    snow,
                    time + phase + at * length,
                    crystals[loop.rng.integers(80)],
                    gain,
                    pan + loop.rng.normal(0, 0.12),
                )
            frames = loop.frames(length)
            squeak = loop.rng.uniform(480, 700) * np.linspace(1, 1.25, frames)
            squeak *= 1 + 0.1 * np.interp(np.linspace(0, 39, frames), np.arange(40), loop.rng.standard_normal(40))
            loop.add(
                snow,
                time + phase,
                harmonics(squeak, (1, 0.7, 0.5, 0.4, 0.3, 0.2), loop.rate) * arch(frames, 0.4),
                0.16,
                pan,
            )
        loop.add(
            snow,
            time,
            modes([(62, 1, 0.1), (115, 0.6, 0.07), (210, 0.3, 0.04)], 0.12, loop.rate, 0.008),
            0.9 * weight,
            pan,
        )
    field = loop.reverb(snow, 0.3, 0.5, 0.01)
    wind = loop.living_noise([(40, 0), (120, 0), (350, -5), (900, -12), (3000, -26)], 0.45, 7, 0.3)
    return mix((snow, -3), (field, -20), (wind, -9))
