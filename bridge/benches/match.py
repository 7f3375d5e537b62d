"""How fast the nearest sounds are found in a large library of made-up embeddings (128 values, unit length).

`exact` looks at every clip, `index` at those that the index proposes, with one thread; recall_at_10 is the part of the
ten nearest that the index finds. The queries are fresh draws, not clips.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.nearest import Nearest

HELP = "speed of the search for the nearest sounds, exact and by index"
_WIDTH = 128
_CENTRES = 500
_QUERIES = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench match`."""
    parser.add_argument("--clips", type=int, default=1_000_000, metavar="N",
                        help="size of the library; default 1,000,000")
    parser.add_argument("--data", choices=("clustered", "random"), default="clustered",
                        help="clouds around 500 centres, or directions without any order, the hardest there are")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="how long to measure each; default 10")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if the library is too small for an index or faiss is missing."""
    import time

    import numpy as np

    from engine.approximate import LEAST_CLIPS, build
    from engine.errors import UserError
    from engine.nearest import COSINE, Nearest

    if args.clips < LEAST_CLIPS:
        raise UserError(f"--clips {args.clips}: expected {LEAST_CLIPS} or more")
    embedding, queries = _made_up(args.clips, args.data)
    log_q, p = np.zeros((args.clips, 1), np.float32), np.ones(1, np.float32)
    begun, cpu = time.perf_counter(), time.process_time()
    index = build(log_q, embedding, COSINE)
    built, built_cpu = time.perf_counter() - begun, time.process_time() - cpu
    exact, approximate = Nearest(log_q, embedding, COSINE), Nearest(log_q, embedding, COSINE, index)
    found = [np.isin(exact.query(p, query, 10).row, approximate.query(p, query, 10).row) for query in queries]
    figures: dict[str, Any] = {"clips": args.clips, "data": args.data}
    for name, search in (("exact", exact), ("index", approximate)):
        figures |= {f"{name}_{key}": value for key, value in _times(search, p, queries, args.seconds).items()}
    return figures | {"ms_per_query": figures["index_p50_ms"], "recall_at_10": round(float(np.mean(found)), 4),
                      "lists_looked_at": f"{index.probes} of {index.lists.nlist}", "rows_measured": index.proposed,
                      "build_s": round(built, 1), "build_cpu_s": round(built_cpu, 1),
                      "embeddings_mb": round(embedding.nbytes / 1e6, 1), "index_mb": round(index.size / 1e6, 1)}


def _times(search: "Nearest", p: "NDArray[np.float32]", queries: "NDArray[np.float32]",
           seconds: float) -> dict[str, float]:
    """Return how long a query takes, as bridge.timing says it."""
    import itertools

    from bridge.timing import timed

    turn = itertools.cycle(queries)
    return timed(lambda: search.query(p, next(turn), 10), seconds)


def _made_up(clips: int, data: str) -> tuple["NDArray[np.float32]", "NDArray[np.float32]"]:
    """Return (embeddings [clips, _WIDTH], queries [_QUERIES, _WIDTH]), drawn alike."""
    import numpy as np

    random = np.random.default_rng(0)
    vectors = random.standard_normal((clips + _QUERIES, _WIDTH), np.float32)
    if data == "clustered":  # the noise is three quarters as long as the centre
        centres = random.standard_normal((_CENTRES, _WIDTH), np.float32)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        vectors *= np.float32(0.75 / _WIDTH ** 0.5)
        vectors += centres[random.integers(0, _CENTRES, len(vectors))]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors[:clips], vectors[clips:]
