"""The sounds that ship: reproducible, seamless, level, wide, and each recognisable by what defines it."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import signal

import engine.shipped
from engine.errors import UserError
from engine.shipped.synthesis import SOUNDS, loudness, render

RATE = 32000
SECONDS = 4.0
FOLDER = Path(engine.shipped.__file__).parent / "sounds"


@cache
def short(name: str) -> NDArray[np.float32]:
    return render(name, SECONDS, RATE, 3)


def band(x: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    return signal.sosfiltfilt(signal.butter(4, (low, high), "band", fs=RATE, output="sos"), x, axis=0)


def share(name: str, low: float, high: float) -> float:
    """Part of the sound's power between two frequencies."""
    hz, power = signal.welch(short(name).mean(axis=1), RATE, nperseg=4096)
    return float(power[(hz >= low) & (hz < high)].sum() / power.sum())


def envelope(name: str, low: float, high: float, per_second: int = 200) -> NDArray[np.float32]:
    """RMS of a band, relative to its mean."""
    power = np.square(band(short(name).mean(axis=1), low, high)).reshape(-1, RATE // per_second).mean(axis=1)
    return np.sqrt(power) / np.sqrt(power).mean()


@pytest.mark.parametrize("name", SOUNDS)
def test_every_sound_is_level_wide_and_without_seam(name: str) -> None:
    x = short(name)
    assert x.shape == (round(SECONDS * RATE), 2) and x.dtype == np.float32
    assert np.isfinite(x).all()
    assert np.abs(x).max() <= 10 ** (-3 / 20)
    assert np.abs(x.mean(axis=0)).max() < 1e-3
    level = loudness(x, RATE)
    assert SOUNDS[name].loudness - 6 < level < SOUNDS[name].loudness + 0.5
    assert abs(np.corrcoef(x.T)[0, 1]) < 0.9
    # the step over the seam is one that the sound itself makes all the time
    assert np.abs(x[0] - x[-1]).max() <= np.abs(np.diff(x, axis=0)).max()
    assert np.abs(x[1] - 2 * x[0] + x[-1]).max() <= np.abs(np.diff(x, 2, axis=0)).max()
    # and its level jumps no further there than elsewhere
    levels = np.log(np.square(x).reshape(-1, RATE // 20, 2).mean(axis=(1, 2)))
    assert abs(levels[0] - levels[-1]) <= 1.5 * np.abs(np.diff(levels)).max()


@pytest.mark.parametrize("name", ["rain_street", "dawn_chorus", "cafe"])
def test_the_same_arguments_give_the_same_samples_and_another_seed_another_take(name: str) -> None:
    again = render(name, SECONDS, RATE, 3)
    assert np.array_equal(short(name), again)
    other = render(name, SECONDS, RATE, 4)
    assert abs(np.corrcoef(again[:, 0], other[:, 0])[0, 1]) < 0.2


def test_bad_arguments_are_refused_with_the_reason() -> None:
    with pytest.raises(UserError, match="rain_street"):
        render("rain_on_mars", SECONDS, RATE, 1)
    with pytest.raises(UserError, match="at least 1 s"):
        render("gale", 0.1, RATE, 1)


def test_rain_is_broad_and_steady() -> None:
    hz, power = signal.welch(short("rain_street").mean(axis=1), RATE, nperseg=1024)
    heard = power[(hz > 500) & (hz < 12000)]
    flatness = np.exp(np.log(heard).mean()) / heard.mean()
    assert flatness > 0.6
    assert envelope("rain_street", 500, 12000, 20).std() < 0.3


def test_waves_breathe_and_a_waterfall_does_not() -> None:
    assert envelope("sea_rough", 300, 6000, 10).std() > 2 * envelope("waterfall", 300, 6000, 10).std()


def test_crickets_pulse_between_3_and_6_kilohertz() -> None:
    assert share("crickets", 2900, 5900) > 0.6
    assert envelope("crickets", 2900, 5900).std() > 0.35


def test_fire_crackles_above_its_roar() -> None:
    snaps = envelope("campfire", 2000, 12000, 1000)
    roar = envelope("campfire", 60, 250, 100)
    assert snaps.max() > 3 * roar.max()


def test_thunder_and_the_deep_hold_their_power_low() -> None:
    assert share("thunderstorm", 20, 400) > 0.7
    assert share("underwater", 20, 500) > 0.8


def test_bird_song_is_made_of_tones() -> None:
    assert share("birds_forest", 1500, 9000) > 0.6

    def purity(name: str) -> float:
        """How far the strongest bin of the purest frames stands out of its band, in dB."""
        hz, _, frames = signal.spectrogram(short(name).mean(axis=1), RATE, nperseg=1024)
        heard = frames[(hz > 1500) & (hz < 9000)]
        return float(np.quantile(10 * np.log10(heard.max(axis=0) / heard.mean(axis=0)), 0.9))

    assert purity("birds_forest") > purity("wind_trees") + 5


def test_a_bell_has_the_minor_third_of_its_strike_note() -> None:
    x = short("church_bells").mean(axis=1)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    hz = np.fft.rfftfreq(len(x), 1 / RATE)

    def near(frequency: float) -> float:
        return float(spectrum[np.abs(hz - frequency) < 0.006 * frequency].max())

    strike = 293.7  # the largest bell
    assert near(1.19 * strike) > 5 * near(1.26 * strike)
    assert near(0.5 * strike) > 5 * near(0.56 * strike)


def test_a_clock_ticks_once_a_second() -> None:
    ticks = envelope("clock", 1500, 6000, 100)
    spectrum = np.abs(np.fft.rfft(ticks - ticks.mean()))
    per_second = np.fft.rfftfreq(len(ticks), 0.01)
    tick_and_tock = np.isclose(per_second % 0.5, 0)
    assert np.square(spectrum[tick_and_tock]).sum() > 50 * np.square(spectrum[~tick_and_tock]).sum()
    assert per_second[spectrum.argmax()] == 1.0


def test_helicopter_blades_beat_eleven_times_a_second() -> None:
    beat = envelope("helicopter", 150, 2000)
    per_second = np.fft.rfftfreq(len(beat), 1 / 200)
    spectrum = np.abs(np.fft.rfft(beat - beat.mean())) * (per_second > 3)
    assert per_second[spectrum.argmax()] == pytest.approx(11.2, abs=0.4)


def test_murmur_lies_where_voices_lie_and_has_the_rhythm_of_syllables() -> None:
    assert share("crowd", 180, 2500) > 0.8

    def syllables(name: str) -> float:
        """Modulation of the voice band at 2 to 8 Hz."""
        beat = envelope(name, 300, 2500, 100)
        per_second = np.fft.rfftfreq(len(beat), 0.01)
        power = np.abs(np.fft.rfft(beat - beat.mean())) ** 2
        return float(power[(per_second > 2) & (per_second < 8)].sum())

    assert syllables("cafe") > 4 * syllables("wind_trees")


def test_bees_hum_at_their_wings() -> None:
    assert share("bees", 180, 900) > 0.6


def test_the_shipped_files_are_the_catalogue() -> None:
    files = {path.stem: path for path in FOLDER.glob("*/*.ogg")}
    assert files.keys() == SOUNDS.keys()
    assert (FOLDER / "LICENCE.txt").is_file()
    assert sum(path.stat().st_size for path in files.values()) <= 9e6
    for name, path in files.items():
        info = soundfile.info(path)
        assert path.parent.name == SOUNDS[name].category
        assert (info.samplerate, info.channels, info.frames) == (48000, 2, 24 * 48000)


def test_a_shipped_file_sounds_like_its_rendering() -> None:
    name = "stream"
    decoded, rate = soundfile.read(FOLDER / SOUNDS[name].category / f"{name}.ogg", dtype="float32")
    fresh = render(name, 24.0, 48000, 7)
    assert loudness(decoded, rate) == pytest.approx(loudness(fresh, rate), abs=0.5)
    low = signal.butter(4, 2000, fs=rate, output="sos")
    ours, theirs = signal.sosfilt(low, fresh[:, 0]), signal.sosfilt(low, decoded[:, 0])
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_places_are_classes_of_places365(shared_data: Path) -> None:
    lines = (shared_data / "places365" / "categories_places365.txt").read_text().splitlines()
    classes = {line.split()[0][3:] for line in lines if line}
    assert {place for sound in SOUNDS.values() for place in sound.places} <= classes
