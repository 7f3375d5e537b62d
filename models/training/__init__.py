"""Training of eyes and ears: a config (config.py) says which network learns what from which data (collection.py)."""

from .losses import kl as kl
