"""Traffic, trains, engines and aircraft."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.shipped.dsp import Curve, Loop, Signal, decibels, harmonics, mix, modes

SOUND_SPEED = 343.0


def pass_by(
    loop: Loop, seconds: float, speed: float, closest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A source that drives past on a straight line: distance in metres [frames] and bearing in radians (0 ahead)."""
    along = speed * np.linspace(-seconds / 2, seconds / 2, loop.frames(seconds))
    return np.hypot(along, closest), np.arctan2(along, closest)


def doppler(loop: Loop, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor on every frequency of a source at that distance over time."""
    return 1 - np.gradient(distance) * loop.rate / SOUND_SPEED


def panning(bearing: NDArray[np.float64], direction: int) -> Signal:
    """Equal-power gains [frames, 2] along a bearing; direction 1 goes left to right, -1 right to left."""
    angle = (np.sin(bearing) * 0.9 * direction + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def resampled(loop: Loop, x: Signal, start: int, factor: NDArray[np.float64]) -> Signal:
    """A stretch of the loop x, read at the pace `factor`."""
    where = start + np.cumsum(factor)
    whole = where.astype(np.int64)
    part = (where - whole).astype(np.float32)
    return x[whole % loop.n] * (1 - part) + x[(whole + 1) % loop.n] * part


def firing(count: int, odd: float, tilt: float, rng: np.random.Generator) -> list[float]:
    """Levels of an engine's half orders: the firing order (every fourth of four cylinders) and its multiples lead."""
    return [
        (1.0 if k % 4 == 0 else odd * (1.5 if k % 2 == 0 else 1.0)) * rng.uniform(0.5, 1) / k**tilt
        for k in range(1, count)
    ]


def city_traffic(loop: Loop) -> Signal:
    """A street: cars pass with the hiss of tyres and engines shifted by Doppler, some change gear; town behind."""
    tyres = loop.noise([(60, -18), (250, -9), (700, -2), (1000, 0), (1500, -3), (3500, -14), (9000, -28)], 1)
    body = loop.noise([(30, 0), (80, 1), (180, -3), (400, -9), (1200, -22)], 1)
    road, lows, engines = loop.silence(), loop.silence(), loop.silence()
    for time in loop.beats(0.34, 0.3):
        speed, closest = loop.rng.uniform(9, 17), loop.rng.uniform(4, 11)
        seconds = 130 / speed
        distance, bearing = pass_by(loop, seconds, speed, closest)
        factor = doppler(loop, distance)
        fade = np.hanning(len(distance)) ** 0.5
        sides = panning(bearing, int(loop.rng.choice([-1, 1])))
        start = int(loop.rng.integers(loop.n))
        gain = loop.rng.uniform(0.5, 1.2)
        near = (fade * (closest / distance) ** 1.3 * gain)[:, None] * sides
        loop.add(road, time - seconds / 2, resampled(loop, tyres, start, factor)[:, None] * near)
        gain *= loop.rng.choice([0.5, 1.0, 2.2], p=[0.4, 0.45, 0.15])  # quiet cars, cars, lorries
        near = (fade * (closest / distance) ** 0.8 * gain)[:, None] * sides
        loop.add(lows, time - seconds / 2, resampled(loop, body, start, factor)[:, None] * near)
        revolutions = loop.rng.uniform(24, 42) * np.linspace(1, loop.rng.uniform(0.9, 1.25), len(factor))
        if loop.rng.uniform() < 0.4:
            revolutions[int(len(revolutions) * loop.rng.uniform(0.3, 0.6)) :] *= 0.72
            revolutions = ndimage.uniform_filter1d(revolutions, loop.frames(0.1), mode="nearest")
        engine = harmonics(revolutions / 2 * factor, firing(28, 0.3, 0.7, loop.rng), loop.rate)
        loop.add(engines, time - seconds / 2, engine[:, None] * near)
    walls = loop.reverb(road + 0.5 * engines, 0.9, 0.4, 0.02, (0.03, 0.052, 0.08))
    town = loop.living_noise([(35, 1), (90, 0), (250, -4), (700, -8), (1300, -13), (4000, -30)], 0.2, 8, 0.5)
    return mix((road, -4), (lows, -8), (engines, -12), (walls, -13), (town, -9))


def horn(loop: Loop, seconds: float, hz: float) -> Signal:
    """A car's two-tone horn: a pair of reedy notes a major third apart."""
    frames = loop.frames(seconds)
    t = np.arange(frames) / loop.rate
    edge = np.minimum(t / 0.02, 1) * np.clip((seconds - t) / 0.05, 0, 1)
    steady = np.ones(frames)
    levels = [0.5, 0.9, 1.0, 0.8, 0.75, 0.55, 0.5, 0.4, 0.25, 0.2, 0.15, 0.1, 0.08]
    pair = harmonics(hz * steady, levels, loop.rate) + harmonics(1.253 * hz * steady, levels, loop.rate, 0.3)
    return (pair * edge).astype(np.float32)


def car_horns_far(loop: Loop) -> Signal:
    """A jam some streets away: horns, short and angry or long, that ring between the houses over the roar of town."""
    horns = loop.silence()
    cars = [(loop.rng.uniform(310, 460), loop.rng.uniform(-0.9, 0.9), g) for g in (1.0, 0.6, 0.4, 0.3, 0.22)]
    for time in loop.beats(0.42, 0.3):
        hz, pan, gain = cars[loop.rng.integers(len(cars))]
        for _ in range(loop.rng.integers(1, 4)):
            seconds = float(loop.rng.choice([0.12, 0.25, 0.6, 1.2], p=[0.3, 0.35, 0.25, 0.1]))
            loop.add(horns, time, horn(loop, seconds, hz), gain, pan)
            time += seconds + loop.rng.uniform(0.08, 0.25)
    horns = loop.far(horns, 90)
    streets = loop.reverb(horns, 2.0, 0.4, 0.05, (0.09, 0.17, 0.24, 0.38))
    town = loop.living_noise([(35, 2), (90, 1), (250, -4), (700, -7), (1300, -12), (4000, -28)], 0.25, 7, 0.4)
    return mix((horns, -4), (streets, -7), (town, -10))


def clatter(loop: Loop, seconds: float = 0.16) -> Signal:
    """One wheel on a rail joint: a dull thud of the bogie and the clack of the rail."""
    r = loop.rng
    thud = [(r.uniform(55, 75), 1.0, 0.16), (r.uniform(110, 150), 0.7, 0.12), (r.uniform(230, 300), 0.5, 0.08)]
    clack = [
        (r.uniform(600, 800), 0.5, 0.05),
        (r.uniform(1100, 1500), 0.5, 0.035),
        (r.uniform(2300, 3100), 0.3, 0.02),
    ]
    noise = r.standard_normal(loop.frames(0.02)) * np.exp(-np.linspace(0, 7, loop.frames(0.02)))
    out = modes(thud + clack, seconds, loop.rate, 0.0008)
    out[: len(noise)] += 0.12 * noise.astype(np.float32)
    return out


def train_ride(loop: Loop) -> Signal:
    """Inside a carriage: rail joints in their rhythm of bogie pairs, rolling rumble, ventilation, singing flanges."""
    joints = loop.silence()
    pool = [clatter(loop) for _ in range(14)]
    bogie, coach = 0.105, 0.5  # seconds from axle to axle, and from the first bogie to the second
    for time in loop.beats(1 / 1.15, 0.008):
        for place_in_coach, gain, pan in (
            (0.0, 1.0, -0.15),
            (coach, 0.65, 0.2),
            (-0.31, 0.22, -0.5),
            (coach + 0.3, 0.2, 0.5),
        ):
            for axle in (0.0, bogie):
                loud = gain * float(np.exp(0.18 * loop.rng.standard_normal()))
                loop.add(joints, time + place_in_coach + axle, pool[loop.rng.integers(len(pool))], loud, pan)
    rumble = loop.living_noise(
        [(25, 0), (60, 2), (140, 0), (320, -4), (700, -11), (1500, -19), (5000, -36)], 0.22, 3, 0.08
    )
    rolling = loop.living_noise([(200, -16), (500, -3), (900, 0), (1800, -7), (4500, -17), (10000, -30)], 0.25, 4, 0.12)
    vents = loop.noise([(150, -10), (400, 0), (1000, -7), (4000, -22)])
    song = loop.silence()
    for _ in range(3):
        hz = loop.rng.uniform(1900, 4200)
        side = hz * 0.004
        wail = loop.noise([(hz - 8 * side, -60), (hz - side, 0), (hz + side, 0), (hz + 8 * side, -60)], 1)
        loop.add(song, 0, wail * np.maximum(loop.drift(9, 1.2) - 0.8, 0), 1.0, loop.rng.uniform(-0.8, 0.8))
    cabin = loop.reverb(joints, 0.35, 0.5, 0.004, (0.007, 0.011))
    return mix((joints, -4), (cabin, -9), (rumble, -4), (rolling, -14), (vents, -20), (song, -24))


def train_passing(loop: Loop) -> Signal:
    """A train passes the platform: it hums from far, roars by with every bogie and is gone."""
    speed, closest, coaches, length = 21.0, 5.0, 7, 26.0
    seconds = min(0.85 * loop.seconds, 13.0)
    middle = 0.5 * loop.seconds
    roar = loop.noise([(30, -4), (80, 0), (250, -1), (700, -4), (1500, -8), (3500, -17), (9000, -32)], 1)
    train, knocks = loop.silence(), loop.silence()
    pool = [clatter(loop) for _ in range(12)]
    distance, bearing = pass_by(loop, seconds, speed, closest)
    factor = doppler(loop, distance)
    fade = np.hanning(len(distance)) ** 0.7
    near = ((closest / distance) ** 1.15 * fade)[:, None] * panning(bearing, 1)
    for number in range(2 * coaches):
        offset = ((number // 2 - coaches / 2) * length + (0 if number % 2 else 18)) / speed
        bogie = resampled(loop, roar, int(loop.rng.integers(loop.n)), factor)[:, None] * near
        loop.add(train, middle + offset - seconds / 2, bogie, loop.rng.uniform(0.7, 1.1))
        for joint in np.arange(-60.0, 61.0, 20.0):
            time = middle + offset + joint / speed
            loud = (closest / np.hypot(joint, closest)) ** 1.1
            pan = float(np.clip(joint / 30, -0.9, 0.9))
            for axle in (0.0, 2.5 / speed):
                loop.add(
                    knocks, time + axle, pool[loop.rng.integers(len(pool))], loud * loop.rng.uniform(0.7, 1.1), pan
                )
    motor = harmonics(92 * factor, [1, 0.5, 0.8, 0.3, 0.5, 0.2, 0.3, 0.2, 0.1], loop.rate)
    hum = loop.silence()
    loop.add(hum, middle - seconds / 2 - 2.5, (motor * fade * distance**-0.7)[:, None] * panning(bearing, 1))
    hall = loop.reverb(train + knocks, 1.6, 0.45, 0.03, (0.04, 0.07, 0.11))
    station = loop.living_noise([(40, 0), (120, -1), (400, -6), (1200, -13), (4000, -26)], 0.25, 7, 0.4)
    return mix((train, -3), (knocks, -11), (hum, -15), (hall, -10), (station, -20))


def engine_idling(loop: Loop) -> Signal:
    """A diesel that idles: uneven firing at 700 turns a minute, knock of injectors, fan and rattling metal."""
    fires = loop.beats(23.3, 0.012)
    strength = 1 + 0.16 * np.cos(np.pi * np.arange(len(fires)) / 2) + 0.1 * loop.rng.standard_normal(len(fires))
    boom = [
        modes([(hz, 1, 0.09), (hz * 2.1, 0.6, 0.06), (hz * 3.7, 0.35, 0.04)], 0.1, loop.rate, 0.004)
        for hz in (46, 50, 48, 53)
    ]
    knock = [
        modes([(h * f, 0.8**k, 0.02) for k, f in enumerate((1, 1.7, 2.6, 3.9, 5.3))], 0.03, loop.rate, 0.0006)
        for h in (620, 700, 560, 660)
    ]
    exhaust, block = loop.silence(), loop.silence()
    for number, (time, power) in enumerate(zip(fires, strength, strict=True)):
        loop.add(exhaust, time, boom[number % 4], power, -0.2)
        loop.add(block, time + 0.004, knock[number % 4], power**2 * loop.rng.uniform(0.5, 1.2), 0.25)
    pulse = np.abs(exhaust).mean(axis=1)
    breath = (
        loop.noise([(60, -4), (180, 0), (500, -6), (1500, -12), (5000, -28), (10000, -50)])
        * (0.3 + pulse / pulse.max())[:, None]
    )
    fan = loop.living_noise([(100, -10), (350, -2), (900, 0), (2200, -6), (5000, -20), (10000, -46)], 0.08, 3, 0.1)
    rattle = loop.noise([(1800, -20), (3200, 0), (4800, -6), (9000, -22)]) * (pulse / pulse.max())[:, None] ** 2
    rattle *= loop.swell(4, 0.3, 0.6)[:, None]
    yard = loop.reverb(exhaust + block, 0.5, 0.4, 0.006, (0.012, 0.02))
    return mix((exhaust, -6), (block, -11), (breath, -7), (fan, -14), (rattle, -25), (yard, -14))


def airplane(loop: Loop) -> Signal:
    """A jet high overhead: a deep roar that comes and goes as the air moves, the whine of its fans falling in pitch."""
    roar: Curve = [(25, -2), (60, 1), (140, 0), (300, -4), (600, -10), (1200, -18), (3000, -32), (8000, -60)]
    deep = loop.living_noise(roar, 0.22, 3, 0.25, common=0.8)
    bright = loop.living_noise([(150, -10), (400, 0), (900, -5), (2000, -17), (5000, -38)], 0.3, 2, 0.15, common=0.8)
    t = loop.time / loop.seconds
    closeness = np.exp(-((np.sin(np.pi * (t - 0.45)) / 0.75) ** 2))  # the next aircraft follows on the same path
    ramp = (0.2 + closeness).astype(np.float32)
    angle = (0.8 * np.sin(2 * np.pi * (t - 0.45)) + 1) * np.pi / 4
    pan = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    whine = np.zeros(loop.n, np.float32)
    shift = 1.0 - 0.16 * np.tanh((t - 0.45) * 6)
    for hz, level in ((420, 0), (632, -5), (845, -4), (1268, -10)):
        phase = 2 * np.pi * np.cumsum(hz * shift * (1 + 0.002 * loop.drift(2, 0.2))) / loop.rate
        whine += (decibels(level) * np.sin(phase) * np.sin(np.pi * t) ** 2).astype(np.float32) * loop.swell(
            1.5, 0.2, 0.5
        )
    whine *= closeness.astype(np.float32)
    sky = deep * ramp[:, None] * pan
    near = bright * (ramp**1.8)[:, None] * pan
    ground = loop.living_noise([(60, -2), (200, 0), (800, -8), (3000, -14), (8000, -24)], 0.3, 8, 0.5)
    return mix((sky, -2), (near, -10), (whine[:, None] * pan, -19), (ground, -27))


def helicopter(loop: Loop) -> Signal:
    """A helicopter circles: blade slap eleven times a second, each a thump, rotor wash and turbine whine."""
    blades = loop.silence()
    orbit = loop.drift(20, 5)
    pool = [
        modes(
            [(h, 1, 0.09), (h * 1.9, 0.8, 0.06), (h * 3.3, 0.5, 0.05), (h * 6.1, 0.2, 0.02), (h * 11, 0.08, 0.012)],
            0.1,
            loop.rate,
            0.003,
        )
        for h in (92, 104, 98, 101)
    ]
    for number, time in enumerate(loop.beats(11.2, 0.006)):
        where = orbit[int(time * loop.rate) % loop.n]
        loud = np.exp(0.3 * where) * loop.rng.uniform(0.85, 1.1)
        loop.add(blades, time, pool[number % 4], loud, float(np.clip(0.45 * where, -0.9, 0.9)))
    beat = np.abs(blades).mean(axis=1)
    beat = ndimage.uniform_filter1d(beat, loop.frames(0.02), mode="wrap")
    beat /= beat.max()
    wash = loop.noise([(50, -6), (150, 0), (350, 0), (800, -6), (2000, -13), (6000, -24)]) * (0.25 + beat)[:, None]
    chop = loop.noise([(200, -12), (600, 0), (1500, -5), (4000, -15)]) * (beat**3)[:, None]
    turbine = loop.silence()
    for hz in (1830, 2745, 5490):
        pitch = hz * (1 + 0.003 * loop.drift(5, 0.8).astype(np.float64))
        turns = np.cumsum(pitch) / loop.rate
        turns += (np.round(turns[-1]) - turns[-1]) * np.arange(1, loop.n + 1) / loop.n
        loop.add(turbine, 0, (np.sin(2 * np.pi * turns) * loop.swell(4, 0.4, 0.4)).astype(np.float32), 900 / hz, 0.2)
    land = loop.reverb(blades, 1.2, 0.3, 0.05, (0.09, 0.14))
    return mix((blades, -4), (wash, -6), (chop, -12), (turbine, -25), (land, -13))


def boat(loop: Loop) -> Signal:
    """On deck in a small harbour: water slaps the hull, ropes and wood creak, rigging taps, an engine mutters."""
    lap = loop.living_noise(
        [(60, -8), (200, -2), (500, 0), (1200, -5), (3500, -10), (8000, -20), (13000, -42)], 0.5, 2, 0.08
    )
    swell = np.exp(0.6 * loop.drift(5, 1.2))
    slaps = loop.silence()
    for time in loop.beats(0.55, 0.25):
        pan = loop.rng.uniform(-0.8, 0.8)
        for _ in range(loop.rng.integers(2, 6)):
            hz = loop.rng.uniform(110, 420)
            hollow = modes([(hz, 1, 0.12), (hz * 1.7, 0.5, 0.08), (hz * 2.9, 0.3, 0.05)], 0.16, loop.rate, 0.006)
            loop.add(slaps, time, hollow, loop.rng.uniform(0.3, 1), pan)
            time += loop.rng.uniform(0.04, 0.16)
    creaks = loop.silence()
    for time in loop.times(0.35):
        frames = loop.frames(loop.rng.uniform(0.5, 1.3))
        t = np.linspace(0, 1, frames)
        rate = loop.rng.uniform(24, 60) * (
            1 + 0.6 * np.sin(np.pi * t) + 0.1 * np.interp(t, np.linspace(0, 1, 12), loop.rng.standard_normal(12))
        )
        turns = np.cumsum(rate) / loop.rate
        grain = np.exp(-9 * (turns % 1)) * np.sin(2 * np.pi * loop.rng.uniform(420, 900) * (turns % 1) / rate)
        loop.add(
            creaks,
            time,
            (grain * np.sin(np.pi * t)).astype(np.float32),
            loop.rng.uniform(0.4, 1),
            loop.rng.uniform(-0.7, 0.7),
        )
    taps = loop.silence()
    ring = modes([(1370, 1, 0.25), (2210, 0.7, 0.2), (3630, 0.5, 0.15), (5150, 0.3, 0.1)], 0.3, loop.rate, 0.0006)
    for time in loop.beats(1.4, 0.12):
        loop.add(taps, time, ring, float(np.exp(0.5 * loop.rng.standard_normal())), 0.6)
    mutter = harmonics(
        np.full(loop.n, round(13.0 * loop.seconds) / loop.seconds), firing(24, 0.5, 0.5, loop.rng), loop.rate
    )
    engine = loop.far(np.stack([mutter, np.roll(mutter, 300)], axis=1) * loop.swell(6, 1, 0.3)[:, None], 150)
    wind = loop.living_noise([(40, 0), (120, 0), (400, -6), (1500, -18), (5000, -32), (10000, -54)], 0.35, 7, 0.3)
    return mix((lap * swell[:, None], -4), (slaps, -6), (creaks, -17), (taps, -21), (engine, -14), (wind, -12))
