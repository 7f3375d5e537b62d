"""The index of a large library finds what exact search finds, lies beside the library, and is made anew when stale."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import approximate
from engine.approximate import STORED, build, store_index, stored_index
from engine.library import Clip, Library
from engine.nearest import COSINE, KL, Nearest, Ranking
from tests.engine.test_nearest_exact import distributions, units

pytest.importorskip("faiss", reason="faiss, the extra `scale`, is not installed")
CLIPS = 12_000
MIXTURE = Ranking(1, 2)


def clustered(n: int, seed: int, spread: float = 0.1) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Clips (log_q, embedding) around forty centres, the same for each seed."""
    kind = np.random.default_rng(seed).integers(0, 40, n)
    embedding = units(40, 16, 0)[kind] + spread * units(n, 16, seed)
    log_q = distributions(40, 30, 0, 3.0)[kind] + distributions(n, 30, seed, spread)
    log_q -= np.log(np.exp(log_q).sum(axis=1, keepdims=True))
    return log_q, np.asarray(embedding / np.linalg.norm(embedding, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("ranking", [KL, MIXTURE])
def test_the_index_finds_the_nearest_of_clustered_clips(ranking: Ranking) -> None:
    log_q, embedding = clustered(CLIPS, 1)
    index = build(log_q, embedding, ranking)
    exact, approximately = Nearest(log_q, embedding, ranking), Nearest(log_q, embedding, ranking, index)
    asked = clustered(100, 2)
    found = []
    for q, e in zip(*asked, strict=True):
        truth, answer = exact.query(np.exp(q), e, 10), approximately.query(np.exp(q), e, 10)
        assert (np.diff(answer.distance) >= 0).all() and len(set(answer.row.tolist())) == 10
        found.append(np.isin(truth.row, answer.row).mean())
    assert np.mean(found) >= 0.99
    assert index.probes < index.lists.nlist / 4, "clusters spare it most of the clips"
    p = np.exp(asked[0][0])
    everything = approximately.query(p, asked[1][0], CLIPS)
    assert sorted(everything.row.tolist()) == list(range(CLIPS)), "who asks for all gets all"
    radius = float(everything.distance[500])
    near = (nearest.within(p, asked[1][0], radius).row.tolist() for nearest in (approximately, exact))
    assert next(near) == next(near)


def test_the_index_looks_at_more_where_the_clips_have_no_order() -> None:
    log_q, embedding = np.zeros((CLIPS, 1), np.float32), units(CLIPS, 32, 1)
    index = build(log_q, embedding, COSINE)
    exact, approximately = Nearest(log_q, embedding, COSINE), Nearest(log_q, embedding, COSINE, index)
    p = np.ones(1, np.float32)
    found = [np.isin(exact.query(p, e, 10).row, approximately.query(p, e, 10).row) for e in units(100, 32, 2)]
    assert np.mean(found) >= 0.99


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library that is too large for exact search, as far as the index is concerned."""
    folder = tmp_path_factory.mktemp("large")
    log_q, embedding = clustered(CLIPS, 1)
    clip = Clip(folder / "a.wav", "a", "a", "0" * 64, 1, 1, 1.0, 1, "", "", True, folder / "a.wav")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(approximate, "EXACT_CLIPS", CLIPS - 1)
        yield Library(folder, folder, "ear", "0" * 64, tuple(map(str, range(30))), (clip,) * CLIPS, log_q, embedding)


def test_a_stored_index_is_used_until_the_clips_change(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    assert stored_index(library, MIXTURE) is None and "it has no index" in caplog.text
    made = store_index(library, MIXTURE)
    written = (library.folder / STORED).stat().st_mtime_ns
    again = stored_index(library, MIXTURE)
    assert made is not None and again is not None
    p, e = np.exp(library.log_q[5]), library.embedding[9]
    assert made.propose(p, e, 10).tolist() == again.propose(p, e, 10).tolist()
    assert store_index(library, MIXTURE) is not None
    assert (library.folder / STORED).stat().st_mtime_ns == written, "it was good as it was"
    moved = library.embedding.copy()
    moved[77, 3] += 0.01
    caplog.clear()
    assert stored_index(replace(library, embedding=moved), MIXTURE) is None
    assert stored_index(library, KL) is None
    assert caplog.text.count("the clips have changed") == 2


def test_a_damaged_index_is_never_used(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    store_index(library, MIXTURE)
    whole = (library.folder / STORED).read_bytes()
    random = np.random.default_rng(0)
    damaged = [b"", whole[:100], whole[:-1], whole + b"0"]
    for place in (*random.integers(0, len(whole), 12).tolist(), 0, 9, 20, 60, 200, whole.index(b"probes") + 11):
        damaged.append(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1:])
    good = stored_index(library, MIXTURE)
    assert good is not None
    for content in damaged:
        (library.folder / STORED).write_bytes(content)
        caplog.clear()
        assert stored_index(library, MIXTURE) is None and "can't be used" in caplog.text


def test_a_small_library_needs_no_index(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approximate, "EXACT_CLIPS", CLIPS)
    small = replace(library, folder=tmp_path)
    assert store_index(small, MIXTURE) is None and stored_index(small, MIXTURE) is None
    assert not (tmp_path / STORED).exists()
