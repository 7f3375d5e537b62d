"""Wind, thunder, fire: moving air and heat."""

import numpy as np

from engine.shipped.dsp import Curve, Loop, Signal, decibels, mix

LEAVES: Curve = [(200, -34), (700, -18), (1800, -5), (4000, 0), (8000, -5), (16000, -18)]


def wind_trees(loop: Loop) -> Signal:
    """Gusts that pass through trees from side to side: soft lows, and the rush of leaves that swells with the gust."""
    low = loop.living_noise([(30, -3), (80, 0), (250, -2), (600, -8), (1500, -22), (4000, -40)], 0.35, 8, 0.2)
    rush = loop.living_noise([(150, -10), (500, 0), (1200, -8), (3500, -20), (9000, -38)], 0.3, 5, 0.15)
    leaves = loop.living_noise(LEAVES, 0.35, 3, 0.05)
    gust = loop.drift(12, 0.9)
    sway = loop.drift(14, 2.5)
    out = []
    for x, depth, lean in ((low, 0.35, 0.1), (rush, 0.5, 0.2), (leaves, 0.7, 0.3)):
        gain = np.exp(depth * gust[:, None] + lean * sway[:, None] * np.array([1, -1], np.float32))
        out.append(x * gain)
    return mix((out[0], -3), (out[1], -6), (out[2], -18))


def gale(loop: Loop) -> Signal:
    """A storm that howls round corners and wires: noise through narrow resonances whose pitch follows the gusts."""
    push = loop.living_noise([(25, 0), (70, 1), (200, -2), (500, -8), (1500, -22), (5000, -44)], 0.35, 6, 0.15)
    gust = loop.drift(10, 0.6)
    howl = loop.silence()
    for _ in range(5):
        # noise of narrow band around a moving pitch: a sine whose amplitude and phase are slow noise (Rice, 1944)
        base = np.exp(loop.rng.uniform(np.log(170), np.log(820)))
        width = base * loop.rng.uniform(0.035, 0.08)
        own = 0.8 * gust + 0.6 * loop.drift(5, 0.5)
        pitch = base * np.exp(0.16 * own)
        turns = np.cumsum(pitch.astype(np.float64)) / loop.rate
        turns += (np.round(turns[-1]) - turns[-1]) * np.arange(1, loop.n + 1) / loop.n
        inphase, quadrature = (loop.drift(50, 1 / width, 0.0) for _ in range(2))
        voice = inphase * np.cos(2 * np.pi * turns) + quadrature * np.sin(2 * np.pi * turns)
        voice = voice * np.exp(0.9 * own) * loop.rng.uniform(0.4, 1)
        loop.add(howl, 0.0, voice.astype(np.float32), 1.0, loop.rng.uniform(-0.8, 0.8))
    howl = howl + 0.5 * loop.reverb(howl, 1.2, 0.4)
    hiss = loop.living_noise([(500, -20), (1500, -6), (3500, 0), (8000, -8), (15000, -20)], 0.3, 3, 0.08)
    hiss *= np.exp(0.7 * gust)[:, None]
    return mix((push, -2), (howl, -7), (hiss, -24))


def thunder_strokes(loop: Loop, kilometres: float, peals: int) -> Signal:
    """The thunder of one flash [frames, 2], peak 1.

    A. A. Few, "Acoustic radiations from lightning", 1982: the channel is a crooked line of short segments, each
    sends an N-shaped shock; what arrives is their sum, delayed and weakened by the distance of each.
    """
    rng, rate = loop.rng, loop.rate
    segments = 900
    steps = rng.standard_normal((segments, 3)) * (0.011, 0.011, 0.004)
    path = np.cumsum(steps, axis=0) * (1.0, 1.0, 0.6)
    path[:, 2] += np.linspace(0, 4.0, segments)
    path[:, 0] += np.linspace(0, rng.uniform(1.0, 4.0), segments) * rng.choice([-1, 1])
    path[:, 1] += kilometres
    distance = np.sqrt(np.sum(path**2, axis=1))
    delay = (distance - distance.min()) / 0.34
    seconds = float(delay.max()) + 3.0
    frames = loop.frames(seconds)
    out = np.zeros((frames, 2), np.float32)
    bearing = np.arctan2(path[:, 0], path[:, 1])
    shocks = []
    for length in np.exp(rng.uniform(np.log(0.002), np.log(0.006 + 0.003 * kilometres), 24)):
        edge = max(3, loop.frames(0.0012 * kilometres))
        pulse = np.pad(np.linspace(1, -1, loop.frames(length)), edge)
        shocks.append(np.convolve(pulse, np.hanning(edge + 2) / edge, "same").astype(np.float32))
    claps = np.interp(np.linspace(0, 1, segments), np.linspace(0, 1, 14), rng.standard_normal(14))
    weight = np.exp(1.3 * claps + 0.6 * rng.standard_normal(segments)) / distance**2
    for peal in range(peals):
        later = peal * rng.uniform(0.25, 0.8)
        strength = 0.8**peal
        for late, gain, angle in zip(delay, weight, bearing, strict=True):
            if late + later > seconds - 0.5:
                continue
            start = int((late + later) * rate)
            pan = np.clip(angle + 0.15 * rng.standard_normal(), -1.2, 1.2)
            shock = shocks[rng.integers(len(shocks))]
            end = start + len(shock)
            out[start:end, 0] += shock * np.float32(strength * gain * (0.75 - 0.35 * pan))
            shift = int(0.004 * rate * rng.uniform())
            out[start + shift : end + shift, 1] += shock * np.float32(strength * gain * (0.75 + 0.35 * pan))
    return out / np.abs(out).max()


def thunderstorm(loop: Loop) -> Signal:
    """Distant rolls and one nearer crack over steady rain and wind, with the long echo of the land."""
    rolls = loop.silence()
    flashes = max(2, round(loop.seconds / 7))
    nearest = loop.rng.integers(flashes)
    for number in range(flashes):
        near = number == nearest
        kilometres = loop.rng.uniform(1.0, 1.6) if near else loop.rng.uniform(3.0, 8.0)
        stroke = thunder_strokes(loop, kilometres, int(loop.rng.integers(1, 4)))
        time = (number + 0.5 * loop.rng.uniform()) * loop.seconds / flashes
        loop.add(rolls, time, stroke, 1.0 if near else loop.rng.uniform(0.3, 0.6))
    rolls = loop.filter(rolls, [(20, -14), (60, -3), (130, 0), (300, -4), (900, -17), (3000, -28), (9000, -44)])
    echo = loop.reverb(rolls, 4.5, 0.3, 0.12, (0.35, 0.62, 0.9))
    rain = loop.living_noise([(80, -16), (400, -10), (1500, -4), (5000, -3), (10000, -6), (18000, -14)], 0.2, 7, 0.2)
    wind = loop.living_noise([(30, 0), (90, 0), (250, -6), (800, -20)], 0.5, 8, 0.4)
    return mix((rolls, -3), (echo, -7), (rain, -23), (wind, -18))


def crackles(loop: Loop, count: int) -> list[Signal]:
    """A pool of snaps of burning wood: a sharp click, a resonance of the log, sometimes a short tear."""
    pool = []
    for _ in range(count):
        seconds = float(np.exp(loop.rng.uniform(np.log(0.003), np.log(0.035))))
        t = np.arange(loop.frames(seconds)) / loop.rate
        snap = loop.rng.standard_normal(len(t)) * np.exp(-9 * t / seconds)
        hz = np.exp(loop.rng.uniform(np.log(500), np.log(6500)))
        ring = np.sin(2 * np.pi * hz * t + loop.rng.uniform(0, 6)) * np.exp(-7 * t / seconds)
        x = (0.7 * snap + loop.rng.uniform(0.3, 1.2) * ring) * np.minimum(t / 0.0002, 1)
        pool.append((x * np.clip((seconds - t) / (0.2 * seconds), 0, 1)).astype(np.float32))
    return pool


def campfire(loop: Loop) -> Signal:
    """Lapping low roar, hiss of escaping steam, and crackles in bursts whose sizes follow a power law."""
    flicker = np.exp(0.35 * loop.drift(3, 0.12) + 0.25 * loop.drift(0.3, 0.07))
    roar = loop.noise([(30, 0), (80, 1), (200, -4), (500, -13), (1500, -26), (5000, -40)]) * flicker[:, None]
    breath = loop.living_noise([(150, -14), (400, -4), (1000, 0), (2500, -9), (8000, -22)], 0.5, 2, 0.06)
    hiss = loop.living_noise([(1500, -24), (4000, -5), (8000, 0), (16000, -4)], 0.7, 5, 0.15)
    pool = crackles(loop, 140)
    activity = loop.swell(6, 0.4, 0.9)
    fine = loop.silence()
    loop.scatter(fine, 70, pool, 0.9, 0.6, when=activity)
    snaps = loop.silence()
    for time in loop.times(3.0):
        size = min(float(0.25 * (1 + loop.rng.pareto(1.6))), 1.2)
        pan = loop.rng.uniform(-0.7, 0.7)
        for _ in range(loop.rng.integers(1, 6)):
            loop.add(snaps, time, pool[loop.rng.integers(len(pool))], size * loop.rng.uniform(0.4, 1), pan)
            time += loop.rng.exponential(0.03)
    thuds = loop.filter(snaps, [(40, 6), (150, 3), (600, -4), (2000, -14), (8000, -30)])
    near = loop.reverb(fine + snaps, 0.25, 0.6, 0.004)
    return mix((roar, -5), (breath, -18), (hiss, -23), (fine, -13), (snaps, -11), (thuds, -15), (near, -19))


def city_hum(loop: Loop) -> Signal:
    """A sleeping city: the far roar of roads that breathes, hum of mains and ventilation, a car far off at times."""
    roar = loop.living_noise([(30, 2), (70, 1), (200, -4), (600, -11), (1200, -17), (4000, -38)], 0.22, 9, 0.8)
    vents = loop.living_noise([(90, -12), (240, 0), (420, -5), (900, -9), (2500, -28)], 0.08, 4, 0.5)
    hum = loop.silence()
    for hz, level in ((50, -8), (100, 0), (150, -12), (200, -9), (300, -16), (178.5, -8), (357, -17)):
        whole = round(hz * loop.seconds) / loop.seconds
        for side in range(2):
            wave = np.sin(2 * np.pi * (whole * loop.time + loop.rng.uniform()))
            hum[:, side] += (decibels(level) * wave * loop.swell(9, 2, 0.15)).astype(np.float32)
    cars = loop.silence()
    for time in loop.times(0.18):
        frames = loop.frames(loop.rng.uniform(5, 9))
        envelope = np.hanning(frames).astype(np.float32) ** 2
        loop.add(cars, time, envelope, loop.rng.uniform(0.4, 1), loop.rng.uniform(-0.9, 0.9))
    passing = loop.noise([(80, -8), (300, -3), (700, 0), (1200, -6), (3000, -24)]) * cars
    return mix((roar, -2), (vents, -13), (hum, -20), (passing, -14))
