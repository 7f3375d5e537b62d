"""Other sides of the outputs, to measure with: what a program that takes the pictures does, and no more.

Each is the module bridge.outputs.receivers.KIND with `pictures(target)`, which waits for the output that has this
target and yields each picture that comes, RGB or RGBA uint8 [height, width, channels], until the output is gone.
`python -m bridge.outputs.receivers KIND TARGET` tells on stdout, line by line, which of the pictures that were stamped
(bridge.outputs.receivers.stamp) came, and at which clock time in seconds.
"""
