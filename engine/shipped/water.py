"""Rain, sea, streams and drops.

Bubbles follow K. van den Doel, "Physically based models for liquid sounds", ACM TAP 2(4), 2005: a bubble of radius r
(in metres) rings at 3/r Hz, is damped at 0.13/r + 0.0072 r^-1.5 per second and rises in pitch as it nears the surface.
"""

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, mix


def bubble(loop: Loop, radius: float, rise: float) -> Signal:
    """One bubble of that radius in metres; rise is the slope of its pitch in parts of its damping."""
    damping = 0.13 / radius + 0.0072 * radius**-1.5
    seconds = min(6.0 / damping, 0.35)
    t = np.arange(loop.frames(seconds)) / loop.rate
    phase = 3.0 / radius * (t + 0.5 * rise * damping * t * t)
    end = np.clip((seconds - t) / (0.15 * seconds), 0, 1)
    attack = np.minimum(t * 3.0 / radius, 1)
    return (np.sin(2 * np.pi * phase) * np.exp(-damping * t) * attack * end).astype(np.float32)


def bubbles(loop: Loop, count: int, smallest: float, largest: float, weight: float = 1.0) -> list[Signal]:
    """A pool of bubbles, radii in millimetres, evenly spread over log radius; amplitude grows as radius^weight."""
    radii = np.exp(loop.rng.uniform(np.log(smallest), np.log(largest), count))
    rises = np.where(loop.rng.uniform(size=count) < 0.4, loop.rng.uniform(0.02, 0.12, count), 0.0)
    return [
        bubble(loop, r / 1000, rise) * np.float32((r / largest) ** weight) for r, rise in zip(radii, rises, strict=True)
    ]


def splashes(loop: Loop, count: int, low: float, high: float, seconds: float) -> list[Signal]:
    """A pool of impacts of drops: noise bursts in bands between two frequencies, falling within `seconds`."""
    pool = []
    for _ in range(count):
        frames = loop.frames(seconds * loop.rng.uniform(0.4, 1.4))
        t = np.arange(frames) / loop.rate
        hz = np.exp(loop.rng.uniform(np.log(low), np.log(high)))
        width = hz * loop.rng.uniform(0.15, 0.6)
        carrier = np.sin(
            2 * np.pi * hz * t + np.cumsum(loop.rng.standard_normal(frames)) * np.sqrt(width / loop.rate) * 4
        )
        envelope = np.exp(-7 * t / t[-1]) * np.minimum(t / 0.0004, 1) * np.clip((t[-1] - t) / (0.2 * t[-1]), 0, 1)
        pool.append((carrier * envelope).astype(np.float32))
    return pool


def rain_street(loop: Loop) -> Signal:
    """The far wash of thousands of drops, near impacts on asphalt, and bubbles in puddles and a gutter."""
    wash = loop.living_noise([(60, -12), (250, -9), (1000, -7), (4000, -4), (9000, -4), (18000, -10)], 0.13)
    impacts = loop.silence()
    density = loop.swell(9, 0.8, 0.35)
    loop.scatter(impacts, 900, splashes(loop, 160, 1200, 12000, 0.012), 0.6, when=density)
    puddles = loop.silence()
    loop.scatter(puddles, 220, bubbles(loop, 160, 0.5, 3.0), 0.7, when=density)
    gutter = loop.silence()
    loop.scatter(gutter, 45, bubbles(loop, 80, 2.0, 7.0), 0.5, width=0.3)
    street = loop.living_noise([(40, 0), (150, -3), (600, -14), (2000, -30)], 0.2, 9, 0.5)
    return mix((wash, -3), (impacts, -9), (puddles, -14), (gutter, -19), (street, -13))


def rain_leaves(loop: Loop) -> Signal:
    """Soft pats of drops on leaves, thickening with the wind, over a muffled wash; heavy drops fall from branches."""
    gust = loop.swell(10, 0.7, 0.5)
    wash = loop.living_noise([(80, -22), (400, -12), (1500, -4), (4500, -2), (9000, -9), (18000, -22)], 0.2)
    pats = loop.silence()
    loop.scatter(pats, 700, splashes(loop, 140, 700, 5000, 0.02), 0.65, when=gust)
    heavy = loop.silence()
    loop.scatter(heavy, 14, splashes(loop, 60, 250, 1200, 0.05), 0.7)
    leaves = loop.noise([(500, -30), (2500, -6), (6000, 0), (14000, -12)]) * (gust**2)[:, None]
    return mix((wash, -5), (pats, -5), (heavy, -17), (leaves, -16))


def drizzle(loop: Loop) -> Signal:
    """Fine rain: a bright thin hiss, few single drops, and water ticking from an edge."""
    hiss = loop.living_noise([(100, -30), (800, -13), (3000, -6), (8000, -2), (16000, -6)], 0.18, 8, 0.3)
    drops = loop.silence()
    loop.scatter(drops, 90, splashes(loop, 120, 2000, 11000, 0.008), 0.8)
    edge = loop.silence()
    pool = bubbles(loop, 12, 1.2, 2.6)
    for rate in (1.1, 0.73):
        pan = loop.rng.uniform(-0.7, 0.7)
        for time in loop.beats(rate, 0.06):
            loop.add(edge, time, pool[loop.rng.integers(len(pool))], loop.rng.uniform(0.4, 1), pan)
    edge = edge + 0.4 * loop.reverb(edge, 0.5)
    town = loop.living_noise([(40, 0), (120, -3), (500, -18), (1500, -40)], 0.25, 9, 0.7)
    return mix((hiss, -5), (drops, -12), (edge, -18), (town, -12))


def sea_beach(loop: Loop) -> Signal:
    """Long breathing swells: each wave rumbles in, breaks bright across the beach and draws back as hissing foam."""
    return _surf(loop, period=8.5, roughness=0.25, rumble=-6, foam=-5)


def sea_rough(loop: Loop) -> Signal:
    """Heavy surf: waves come close and break over each other, with booming lows, spray and wind."""
    surf = _surf(loop, period=4.2, roughness=0.6, rumble=-1, foam=-8)
    wind = loop.living_noise([(50, -6), (250, 0), (700, -8), (2500, -26)], 0.45, 7, 0.3)
    return mix((surf, -1), (wind, -10))


def _surf(loop: Loop, period: float, roughness: float, rumble: float, foam: float) -> Signal:
    body = loop.living_noise([(40, 2), (120, 1), (350, -2), (900, -8), (3000, -24)], 0.25, 3, 0.1)
    crash = loop.living_noise([(80, -14), (300, -4), (900, 0), (2500, -4), (6000, -11), (14000, -22)], 0.3, 1, 0.04)
    hiss = loop.living_noise([(400, -30), (1500, -9), (4000, 0), (9000, -2), (16000, -8)], 0.3, 1.5, 0.05)
    gains = [np.full((loop.n, 2), level, np.float32) for level in (0.22, 0.05, 0.07)]
    for time in loop.beats(1 / period, 0.12 + 0.3 * roughness):
        size = float(np.exp(0.45 * loop.rng.standard_normal()))
        travel, side = loop.rng.uniform(-1.2, 1.2), loop.rng.uniform(-0.7, 0.7)
        for ear in range(2):
            late = time + travel * (ear - 0.5)
            near = size * (1 + 0.4 * side * (2 * ear - 1))
            stages = ((-0.35, 0.75, 0.6, 1.0), (0.0, 0.42, 0.3, 1.2), (0.1, 0.75, 0.28, 0.8))
            for gain, (start, length, attack, power) in zip(gains, stages, strict=True):
                frames = loop.frames(max(length * period, 1.6))
                loop.put(
                    gain[:, ear],
                    round((late + start * period) * loop.rate),
                    np.float32(near**power) * arch(frames, attack, 1.2),
                )
    fizz = loop.silence()
    loop.scatter(fizz, 500, bubbles(loop, 150, 0.35, 1.6), 0.7, when=gains[2].mean(axis=1) ** 2)
    return mix((body * gains[0], rumble), (crash * gains[1], -3), (hiss * gains[2], foam), (fizz, -22))


def stream(loop: Loop) -> Signal:
    """A brook over stones: thousands of bubbles from several spouts that babble on their own, and a light rush."""
    rush = loop.living_noise([(150, -26), (400, -10), (1000, -3), (2500, -4), (6000, -8), (15000, -15)], 0.25, 3, 0.05)
    babble = loop.silence()
    for _ in range(4):
        spout = loop.silence()
        middle = np.exp(loop.rng.uniform(np.log(1.6), np.log(4.5)))
        pool = bubbles(loop, 90, middle * 0.4, middle * 1.6, 0.5)
        loop.scatter(spout, 260, pool, 0.6, 0.4, when=loop.swell(1.5, 0.06, 0.8))
        babble += spout * loop.rng.uniform(0.5, 1.0, 2).astype(np.float32)
    low = loop.silence()
    loop.scatter(low, 9, bubbles(loop, 50, 5, 12, 0.8), 0.5)
    return mix((rush, -6), (babble, -4), (low, -17))


def waterfall(loop: Loop) -> Signal:
    """A wide fall: a deep steady roar, mid-band plunge that shifts with the wind, and spray above."""
    roar = loop.living_noise([(30, -2), (90, 1), (250, 0), (700, -7), (2000, -17), (6000, -28)], 0.08, 6, 0.3)
    plunge = loop.living_noise([(200, -16), (600, 0), (1800, -5), (5000, -14), (12000, -24)], 0.14, 2, 0.04)
    spray = loop.living_noise([(1500, -26), (5000, -3), (10000, 0), (18000, -6)], 0.2, 5, 0.1)
    gulps = loop.silence()
    loop.scatter(gulps, 160, bubbles(loop, 120, 2.5, 11), 0.6)
    return mix((roar, -2), (plunge, -9), (spray, -17), (gulps, -19))


def drops_cave(loop: Loop) -> Signal:
    """Single drops falling into still pools of a cave: impact, bubble, and seconds of reverberation off stone."""
    drops = loop.silence()
    for _ in range(6):
        pan, gain = loop.rng.uniform(-0.9, 0.9), loop.rng.uniform(0.25, 1.0)
        radius = np.exp(loop.rng.uniform(np.log(1.3), np.log(3.6)))
        pool = [
            bubble(loop, radius * loop.rng.uniform(0.93, 1.07) / 1000, loop.rng.uniform(0.05, 0.2)) for _ in range(5)
        ]
        ticks = splashes(loop, 5, 2500, 8000, 0.006)
        for time in loop.beats(loop.rng.uniform(0.25, 1.1), 0.1):
            size = gain * loop.rng.uniform(0.6, 1)
            loop.add(drops, time, ticks[loop.rng.integers(5)], 0.35 * size, pan)
            loop.add(drops, time + loop.rng.uniform(0.012, 0.03), pool[loop.rng.integers(5)], size, pan)
    trickle = loop.silence()
    loop.scatter(trickle, 25, bubbles(loop, 60, 0.8, 2.5), 0.6, 0.4, when=loop.swell(4, 0.3, 0.8))
    wet = drops + 0.25 * trickle
    space = loop.reverb(wet, 3.4, 0.45, 0.03, (0.019, 0.031, 0.047, 0.071))
    air = loop.living_noise([(40, 0), (150, -4), (500, -16), (2000, -30)], 0.3, 8, 1)
    return mix((wet, -4), (space, -9), (air, -30))


def underwater(loop: Loop) -> Signal:
    """The dull weight of water: lows that sway, muffled surges, strings of bubbles that rise past the listener."""
    weight = loop.living_noise([(25, 0), (90, 1), (200, 0), (320, -6), (600, -24), (1500, -48)], 0.3, 7, 0.3, (90, 250))
    surge = loop.noise([(60, -8), (250, 0), (450, -6), (900, -30), (3000, -60)]) * loop.swell(5, 0.6, 0.7)[:, None]
    rising = loop.silence()
    for time in loop.times(0.4):
        pan, middle = loop.rng.uniform(-0.8, 0.8), loop.rng.uniform(5, 12)
        for _ in range(loop.rng.integers(5, 22)):
            time += loop.rng.exponential(0.07)
            radius = middle * np.exp(0.35 * loop.rng.standard_normal()) / 1000
            loop.add(rising, time, bubble(loop, radius, 0.06), loop.rng.uniform(0.2, 1), pan)
    rising = loop.filter(rising, [(300, 0), (700, -6), (1500, -26), (4000, -60)])
    return mix((weight, -3), (surge, -8), (rising, -9), (loop.reverb(rising, 1.6, 0.3), -16))
