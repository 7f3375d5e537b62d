"""Pictures from sounds and sounds from pictures: adversarial training of the generators, and what it needs."""
