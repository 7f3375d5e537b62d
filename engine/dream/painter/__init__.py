"""Pictures of what is heard: the newest half second of sound, a walk through the model's latent space, a picture.

The stage (`painter`) is pure: sound, time, beat and camera picture in, picture out, the same live and offline.
"""
