"""Every face to the outside: command line and OSC. Reads and writes the engine only through its shared session."""
