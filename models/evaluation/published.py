"""What others report for S2I and I2S on Sub-URMP: accuracy of their classifiers on what is generated."""

PUBLISHED: dict[str, dict[str, dict[str, float]]] = {
    "s2i": {
        "Chen et al. 2017, S2I-C": {"accuracy_test": 0.7556},
        "SA-CMGAN": {"accuracy_train": 0.9375, "accuracy_test": 0.8438, "classifier_ceiling": 0.9375},
    },
    "i2s": {
        "Chen et al. 2017, I2S": {"accuracy_test": 0.1117},
        "SA-CMGAN": {"accuracy_train": 0.8750, "accuracy_test": 0.5937, "classifier_ceiling": 0.9063},
    },
}
"""Chen et al.: table 5. SA-CMGAN: the README of github.com/TwistedW/SA-CMGAN. Only figures that are certain."""
