"""Voices: murmurs, a cafe, children. Nobody says a word: syllables are sung by formants and chance."""

import numpy as np

from engine.shipped.dsp import Loop, Signal, arch, mix, modes

# first three formants in Hz of an adult male: G. E. Peterson and H. L. Barney, JASA 24(2), 1952
VOWELS = np.array(
    [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (490, 1350, 1690)]
)
BANDWIDTHS = np.array([80.0, 110.0, 170.0])
STRENGTHS = np.array([1.0, 0.55, 0.3])


def spoken(loop: Loop, hz: float, size: float, seconds: float, effort: float = 0.0) -> Signal:
    """One syllable: harmonics of a glottis through formants that glide from one vowel to the next.

    hz : pitch; size : formants relative to a man's (a child's are 1.4); effort : 0 speaks, 1 shouts.
    """
    rng, frames, points = loop.rng, loop.frames(seconds), 10
    t = np.linspace(0, 1, frames)
    knots = np.linspace(0, 1, points)
    contour = (
        1 + rng.uniform(-0.12, 0.16) * (knots - 0.5) + rng.uniform(-0.02, 0.1 + 0.3 * effort) * np.sin(np.pi * knots)
    )
    pitch = hz * np.interp(t, knots, contour * (1 + 0.01 * rng.standard_normal(points)))
    start, end = VOWELS[rng.integers(len(VOWELS), size=2)] * size * rng.uniform(0.94, 1.06)
    formants = start + (end - start) * knots[:, None] ** 1.5  # [points, 3]
    turn = np.exp(2j * np.pi * (np.cumsum(pitch) / loop.rate + rng.uniform())).astype(np.complex64)
    partial, out = turn.copy(), np.zeros(frames, np.float32)
    for number in range(1, int(min(4800, 0.45 * loop.rate) / hz) + 1):
        distance = (number * hz * contour[:, None] - formants) / BANDWIDTHS
        resonance = (STRENGTHS ** (1 - 0.5 * effort) / np.sqrt(1 + distance**2)).sum(axis=1)
        level = np.interp(t, knots, resonance * number ** (-0.9 + 0.5 * effort))
        out += level.astype(np.float32) * partial.imag
        partial *= turn
    return out * arch(frames, rng.uniform(0.2, 0.4), 0.6)


def talk(
    loop: Loop,
    out: Signal,
    hz: float,
    size: float,
    share: float,
    gain: float,
    pan: float,
    effort: float = 0.0,
    vocabulary: int = 12,
) -> None:
    """Let one speaker talk during that share of the loop, in phrases of 3 to 12 syllables with falling pitch."""
    rng = loop.rng
    pool = [
        [
            spoken(loop, hz * step * rng.uniform(0.96, 1.05), size, rng.uniform(0.1, 0.26), effort)
            for _ in range(vocabulary // 3)
        ]
        for step in (1.14, 1.0, 0.9)
    ]
    breaths = [loop.burst(rng.uniform(0.04, 0.12), 1800, 7000) for _ in range(5)]
    time = rng.uniform(0, loop.seconds)
    end = time + loop.seconds - 1.0
    while time < end:
        count = int(rng.integers(3, 13))
        pace = rng.uniform(0.17, 0.25)
        loud = gain * float(np.exp(0.3 * rng.standard_normal()))
        for number in range(count):
            if rng.uniform() < 0.55:
                loop.add(out, time - 0.04, breaths[rng.integers(len(breaths))], 0.16 * loud, pan)
            register = pool[min(2, 3 * number // count)]
            loop.add(out, time, register[rng.integers(len(register))], loud * rng.uniform(0.5, 1), pan)
            time += pace * rng.uniform(0.75, 1.4)
        time += rng.exponential(count * pace * (1 - share) / share) + 0.15


def babble(loop: Loop, speakers: int, share: float) -> Signal:
    """People around: men and women, each at a place, near or far."""
    out = loop.silence()
    for number in range(speakers):
        woman = number % 2
        hz = loop.rng.uniform(165, 235) if woman else loop.rng.uniform(95, 145)
        near = float(np.exp(loop.rng.uniform(np.log(0.1), 0)))
        talk(loop, out, hz, 1.16 if woman else 1.0, share, near, loop.rng.uniform(-0.95, 0.95))
    # a chest is heard less than a mouth at some distance
    return loop.filter(out, [(100, -10), (250, -5), (500, 0), (1200, 1), (4000, 1)])


def crowd(loop: Loop) -> Signal:
    """A hall full of people: a dozen voices near, a hundred blurred by the room, chairs and steps."""
    near = babble(loop, 12, 0.45)
    many = loop.reverb(near, 1.9, 0.45, 0.02, (0.017, 0.029, 0.043))
    for shift in (0.31, 0.57, 0.83):
        many = many + np.roll(many, int(shift * loop.n), axis=0)[:, ::-1]
    many = many * loop.swell(7, 0.8, 0.3)[:, None]
    breath = loop.living_noise(
        [(80, -14), (200, -5), (500, 0), (900, -5), (2000, -14), (4500, -30), (9000, -54)], 0.2, 3, 0.12
    )
    steps = loop.silence()
    loop.scatter(
        steps,
        3.0,
        [modes([(loop.rng.uniform(90, 260), 1, 0.08), (900, 0.2, 0.03)], 0.09, loop.rate) for _ in range(12)],
    )
    return mix((near, -3), (many, -6), (breath, -12), (loop.reverb(steps, 1.2), -20))


def clinks(loop: Loop, count: int) -> list[Signal]:
    """A pool of cups, spoons and glasses: three to five high modes that ring briefly."""
    pool = []
    for _ in range(count):
        base = np.exp(loop.rng.uniform(np.log(1700), np.log(5200)))
        ratios = (1, loop.rng.uniform(1.4, 1.8), loop.rng.uniform(2.2, 2.9), loop.rng.uniform(3.2, 4.4))
        fall = float(np.exp(loop.rng.uniform(np.log(0.04), np.log(0.4))))
        pool.append(
            modes(
                [(base * r, 0.75**k * loop.rng.uniform(0.4, 1), fall / r**0.7) for k, r in enumerate(ratios)],
                min(0.5, fall * 1.2),
                loop.rate,
                0.0005,
            )
        )
    return pool


def cafe(loop: Loop) -> Signal:
    """Tables near by: talk, cups and spoons, the hiss and gurgle of an espresso machine, a warm small room."""
    voices = babble(loop, 9, 0.5)
    dishes = loop.silence()
    pool = clinks(loop, 40)
    for time in loop.times(1.1):
        pan, gain = loop.rng.uniform(-0.9, 0.9), float(np.exp(0.7 * loop.rng.standard_normal()))
        for _ in range(loop.rng.integers(1, 5)):
            loop.add(dishes, time, pool[loop.rng.integers(len(pool))], gain * loop.rng.uniform(0.4, 1), pan)
            time += loop.rng.exponential(0.09) + 0.02
    room = loop.reverb(voices + 0.5 * dishes, 0.75, 0.5, 0.008, (0.011, 0.019, 0.027))
    steam = loop.noise([(300, -20), (1200, -8), (4000, 0), (9000, -4), (16000, -14)])
    gate = np.zeros((loop.n, 1), np.float32)
    loop.put(gate[:, 0], int(0.3 * loop.n), arch(loop.frames(4.5), 0.3, 0.4))
    crowd_far = loop.living_noise([(60, -6), (150, -5), (400, 0), (800, -5), (2000, -13), (6000, -28)], 0.2, 3, 0.12)
    return mix((voices, -5), (dishes, -14), (room, -6), (steam * gate, -22), (crowd_far, -11))


def children(loop: Loop) -> Signal:
    """A playground across the street: calls, shrieks and laughter of children, echoing between houses."""
    yard = loop.silence()
    for _ in range(7):
        talk(
            loop,
            yard,
            loop.rng.uniform(290, 420),
            1.38,
            0.4,
            loop.rng.uniform(0.25, 0.8),
            loop.rng.uniform(-0.9, 0.9),
            0.7,
            9,
        )
    for time in loop.times(0.9):  # calls and shrieks
        hz, pan = loop.rng.uniform(480, 950), loop.rng.uniform(-0.9, 0.9)
        seconds = loop.rng.uniform(0.25, 0.7)
        loop.add(yard, time, spoken(loop, hz, 1.4, seconds, 1.0), loop.rng.uniform(0.3, 0.9), pan)
        if loop.rng.uniform() < 0.35:
            loop.add(yard, time + seconds + 0.03, spoken(loop, hz * 0.8, 1.4, seconds, 1.0), 0.6, pan)
    for time in loop.times(0.25):  # laughter
        hz, pan = loop.rng.uniform(350, 520), loop.rng.uniform(-0.8, 0.8)
        for number in range(loop.rng.integers(4, 9)):
            loop.add(
                yard, time + 0.17 * number, spoken(loop, hz * 0.95**number, 1.4, 0.12, 0.6), 0.6 * 0.9**number, pan
            )
    yard = loop.far(yard, 40)
    echo = loop.reverb(yard, 1.2, 0.5, 0.03, (0.07, 0.12, 0.2))
    street = loop.living_noise([(40, 1), (120, 0), (400, -6), (1200, -12), (4000, -28), (9000, -52)], 0.25, 8, 0.5)
    return mix((yard, -3), (echo, -9), (street, -13))
