"""What must not go wrong in the mixer: panic, NaN, order of calls, block sizes, full queues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.parameters import INDEX, LAYERS, PARAMETERS
from engine.sound.mixer import METERS, SLOTS, Mixer
from tests.engine.mixing import RATE, noise, parameters, playing, rms


def test_panic_silences_within_50_ms_and_lifts() -> None:
    block = parameters(density=100)
    mixer = playing(block, noise(2, 2))
    mixer.process(RATE + 17)  # a tick is half played
    block[INDEX["master/panic"]] = 1
    fade = mixer.process(round(0.05 * RATE) + mixer.latency)
    assert rms(fade[:1000]) > 0.02
    assert not mixer.process(64).any()
    assert mixer.meters[METERS.index("grains")] == 0
    assert not mixer.process(RATE).any()
    block[INDEX["master/panic"]] = 0
    mixer.process(RATE // 2)
    assert rms(mixer.process(RATE)) > 0.05


def test_panic_before_the_first_clip_stays_silent() -> None:
    block = parameters()
    block[INDEX["master/panic"]] = 1
    mixer = Mixer(RATE, block)
    mixer.process(1024)
    mixer.load(0, noise(1))
    mixer.start(0, 0, 1, 0)
    assert not mixer.process(RATE).any()


def test_a_mixer_without_clips_is_silent_and_meters_say_so() -> None:
    mixer = Mixer(RATE, parameters())
    assert not mixer.process(5000).any()
    assert dict(zip(METERS, mixer.meters, strict=True)) == {
        "grains": 0, "degraded": 0, "refused": 0, "decks": 0, "stolen": 0, "peak": -120, "reduction": 0, "bad": 0,
        "true_peak": -120}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_corrupt_parameters_never_reach_the_output(value: float) -> None:
    block = parameters()
    mixer = playing(block, noise(1, 2))
    mixer.process(RATE)
    block[:] = value
    assert np.isfinite(mixer.process(RATE // 2)).all()
    block[:] = parameters()
    mixer.process(2 * RATE)
    assert rms(mixer.process(RATE)) == pytest.approx(0.1, rel=0.3)


def test_parameters_that_start_corrupt_count_as_defaults() -> None:
    good, bad = (playing(block, noise(1)) for block in (parameters(), np.full(len(PARAMETERS), np.nan)))
    np.testing.assert_array_equal(good.process(RATE), bad.process(RATE))


def test_bad_samples_of_a_clip_are_silence() -> None:
    clip, clean = noise(1, 2), noise(1, 2)
    clip[1000:1010, 0], clip[2000, 1], clip[-1, :], clip[0, 0] = np.nan, np.inf, -np.inf, np.nan
    clean[1000:1010, 0], clean[2000, 1], clean[-1, :], clean[0, 0] = 0, 0, 0, 0
    np.testing.assert_array_equal(playing(parameters(), clip).process(RATE), playing(parameters(), clean).process(RATE))


def test_absurd_samples_become_silence_and_are_counted() -> None:
    clip = noise(1)
    clip[5000:6000] = 3e38
    mixer = playing(parameters(), clip)
    out = mixer.process(3 * RATE)
    assert np.isfinite(out).all() and np.abs(out).max() <= 1
    assert mixer.meters[METERS.index("bad")] > 0
    mixer.load(1, noise(1))
    mixer.start(0, 1, 1, 0.1)
    mixer.process(RATE)
    assert rms(mixer.process(RATE)) > 0.03


def test_same_seed_same_samples_whatever_the_blocks() -> None:
    def render(*blocks: int, seed: int = 4) -> np.ndarray:
        mixer = playing(parameters(pitch_jitter=3, density=50), noise(1, 2), noise(2), seed=seed)
        mixer.start(1, 1, 0.5, 0.3)
        return np.concatenate([mixer.process(n) for n in blocks])[:24_000]

    whole = render(24_000)
    for blocks in ([64] * 375, [256] * 94, [1] * 100 + [23_900], [441] * 55):
        np.testing.assert_array_equal(render(*blocks), whole)
    assert not np.array_equal(render(24_000, seed=5), whole)


def test_a_clip_of_one_frame_plays() -> None:
    out = playing(parameters(pitch=24), np.full((1, 2), 0.1, np.float32)).process(RATE // 4)
    assert np.isfinite(out).all() and out.any()


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_other_rates_play_within_the_ceiling(rate: int) -> None:
    mixer = Mixer(rate, parameters(gain=12))
    mixer.load(0, noise(2, 2, 0.5))
    mixer.start(0, 0, 1, 0.1)
    out = mixer.process(rate)
    assert 0.1 < np.abs(out).max() <= 10 ** (-1 / 20)


def test_a_slot_is_free_only_when_nothing_reads_it() -> None:
    mixer = playing(parameters(), noise(1), noise(1))
    assert not mixer.unload(0)  # the command waits
    mixer.process(4800)
    assert not mixer.unload(0)  # a deck plays it
    mixer.start(0, 1, 1, 0.5)
    mixer.process(4800)
    assert not mixer.unload(0)  # it fades out
    mixer.process(RATE)
    assert mixer.unload(0)
    assert not mixer.unload(1)
    mixer.load(0, noise(0.5, 2))
    mixer.start(0, 0, 1, 0.1)
    assert rms(mixer.process(RATE)) > 0.03


def test_wrong_calls_are_refused() -> None:
    mixer = playing(parameters(), noise(1))
    with pytest.raises(ValueError, match="holds a clip"):
        mixer.load(0, noise(1))
    with pytest.raises(ValueError, match="slot 9 holds no clip"):
        mixer.start(0, 9, 1, 1)
    with pytest.raises(ValueError, match=f"layer {LAYERS}"):
        mixer.start(LAYERS, 0, 1, 1)
    with pytest.raises(ValueError, match="finite"):
        mixer.level(0, float("nan"), 1)
    with pytest.raises(ValueError, match="expected \\[frames, 1 or 2\\]"):
        mixer.load(1, np.zeros((10, 3), np.float32))
    with pytest.raises(ValueError, match=f"slot {SLOTS}"):
        mixer.load(SLOTS, noise(1))
    with pytest.raises(ValueError, match="rate"):
        Mixer(1000, parameters())


def test_a_full_command_ring_says_so_and_loses_nothing() -> None:
    mixer = playing(parameters(density=100), noise(1))
    sent = 0
    while mixer.level(0, 0.9, 0):
        sent += 1
    assert sent > 100
    mixer.process(64)
    assert mixer.level(0, 0, 0)
    mixer.process(RATE)
    assert not mixer.process(RATE).any() and mixer.meters[METERS.index("decks")] == 1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_parameters_and_commands_give_finite_sound_within_the_ceiling(data: st.DataObject) -> None:
    value = st.one_of([st.sampled_from([p.low, p.default, p.high]) for p in PARAMETERS])
    block = parameters()
    mixer = Mixer(RATE, block, seed=data.draw(st.integers(0, 2**64 - 1)))
    for slot, (frames, channels) in enumerate([(1, 1), (100, 2), (48_000, 1), (48_000, 2)]):
        mixer.load(slot, noise(1, channels, 0.5, seed=slot)[:frames])
    for _ in range(data.draw(st.integers(1, 5))):
        for _ in range(data.draw(st.integers(0, 4))):
            mixer.start(data.draw(st.integers(0, LAYERS - 1)), data.draw(st.integers(-1, 3)),
                        data.draw(st.floats(-1, 2)), data.draw(st.floats(0, 0.2)))
        for i in data.draw(st.lists(st.integers(0, len(PARAMETERS) - 1), max_size=12)):
            p = PARAMETERS[i]
            block[i] = data.draw(st.one_of(st.floats(p.low, p.high), st.just(np.nan), value))
        out = mixer.process(data.draw(st.sampled_from([1, 64, 500, 8000])))
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 10 ** (-1 / 20)
