"""What `phonoscope bench` measures, one module each: HELP, add_arguments(parser), run(args) -> figures by name.

Figures are numbers or words, or a table of numbers; a number's name ends in its unit (`p50_ms`). Imports that take time
belong inside run().
"""
