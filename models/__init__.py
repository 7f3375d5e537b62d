"""Learning: data, networks, losses, training, evaluation and export of the model files that the engine loads."""
