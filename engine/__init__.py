"""The live instrument: players, parameters, shared memory. Knows nothing of OSC, MIDI, browsers or screens."""
