"""What moves which knob: mapping expressions, the file that holds them, and the mapper that follows them.

grammar, functions, sources -> expression (compiled) -> live (one mapping) -> mapper (all of them, in the instrument);
file reads and checks the mapping file, edit changes it, learning decides which control a hand moved.
"""
