"""How well the models do: retrieval of sounds by pictures, sound classification, agreement with a teacher."""
