"""`python -m engine.sound SESSION`: the SOUND process."""

import sys

# numba loads SciPy's linear algebra where it finds it. The kernels use none, and a third of the start is spent on it.
sys.modules["scipy.linalg.cython_blas"] = None  # type: ignore[assignment]

from engine.sound.player import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1])
