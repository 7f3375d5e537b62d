from engine.sight.scenes.sea import SeaAtDusk
from engine.sight.scenes.forest import Forest
from engine.sight.scenes.fire import Campfire
SCENE_TYPES = {"sea_at_dusk": SeaAtDusk, "forest": Forest, "campfire": Campfire}
