"""SoundNets with random weights, as their authors' scripts build and save them."""

import numpy as np
from numpy.typing import NDArray

from tests.models.torch7 import Closure, Lua, sequential

# out, in, kernel, pooling after it, as in main_train.lua and main_train_small.lua; the heads' kernel, stride, padding
LAYERS = {
    8: ([(16, 1, 64, 8), (32, 16, 32, 8), (64, 32, 16, 1), (128, 64, 8, 1), (256, 128, 4, 4), (512, 256, 4, 1),
         (1024, 512, 4, 1)], (8, 2, 0)),
    5: ([(32, 1, 64, 8), (64, 32, 32, 8), (128, 64, 16, 8), (256, 128, 8, 1)], (16, 12, 4)),
}  # fmt: skip
Arrays = dict[str, NDArray[np.float32]]


def random_weights(layers: int) -> Arrays:
    """Weights that keep the signal's size, drawn at random."""
    random = np.random.default_rng(layers)
    shapes, (kernel, _, _) = LAYERS[layers]

    def normal(*shape: int, scale: float = 0.1, mean: float = 0.0) -> NDArray[np.float32]:
        return random.standard_normal(shape, np.float32) * np.float32(scale) + np.float32(mean)

    arrays = {}
    for i, (out, channels, width, _) in enumerate(shapes, 1):
        arrays[f"conv{i}.weight"] = normal(out, channels, width, 1, scale=(channels * width) ** -0.5)
        arrays[f"conv{i}.bias"] = normal(out)
        arrays[f"bn{i}.weight"], arrays[f"bn{i}.bias"] = normal(out, mean=1), normal(out)
        arrays[f"bn{i}.running_mean"] = normal(out, scale=0.2)
        arrays[f"bn{i}.running_var"] = normal(out, mean=1) ** 2 + 0.3 + 3000 * (i == 1)
    for name, answers in (("objects", 1000), ("places", 401)):
        arrays[f"{name}.weight"] = normal(answers, shapes[-1][0], kernel, 1, scale=0.05)
        arrays[f"{name}.bias"] = normal(answers)
    return arrays


def lua_network(arrays: Arrays, layers: int) -> Lua:
    """The network as the authors' scripts build and save it (on a GPU, by cudnn)."""
    shapes, _ = LAYERS[layers]
    modules: list[Lua] = []
    for i, (_, _, _, pool) in enumerate(shapes, 1):
        own = {key.partition(".")[2]: value for key, value in arrays.items() if key.startswith(f"bn{i}.")}
        modules.append(Lua("cudnn.SpatialConvolution", {"weight": arrays[f"conv{i}.weight"], "kH": shapes[i - 1][2],
                                                        "bias": arrays[f"conv{i}.bias"], "groups": 1}))
        modules.append(Lua("cudnn.SpatialBatchNormalization", own | {"eps": 1e-5}))
        modules.append(Lua("cudnn.ReLU", {"inplace": True, "output": np.empty(0, np.float32)}))
        if pool > 1:
            modules.append(Lua("cudnn.SpatialMaxPooling", {"kH": pool}))
    heads = [Lua("cudnn.SpatialConvolution", {"weight": arrays[f"{name}.weight"], "bias": arrays[f"{name}.bias"]})
             for name in ("objects", "places")]
    modules.append(Lua("nn.ConcatTable", {"modules": heads}))
    modules.append(Lua("nn.FlattenTable", {"hook": Closure(b"\x1bLJ os.exit()")}))
    return sequential(*modules)
