"""What ships: every sound with its category, its title, the places it fits and the function that makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.shipped import air, bells, birds, creatures, people, rooms, transport, water
from engine.shipped.dsp import Loop, Signal


@dataclass(frozen=True)
class Sound:
    """One shipped sound.

    category : folder and label; title : for people; places : classes of Places365 it fits, best first, without the
    leading letter (`church/indoor`); make : synthesis; loudness : target in LUFS (quiet places are left quiet).
    """

    category: str
    title: str
    places: tuple[str, ...]
    make: Callable[[Loop], Signal]
    loudness: float = -23.0

    @property
    def doc(self) -> str:
        """How it is made."""
        return " ".join((self.make.__doc__ or "").split())


SOUNDS: dict[str, Sound] = {
    "rain_street": Sound("rain", "Rain on a street", ("street", "crosswalk", "downtown", "alley"), water.rain_street),
    "rain_leaves": Sound("rain", "Rain on leaves", ("rainforest", "forest_path", "bamboo_forest"), water.rain_leaves),
    "drizzle": Sound(
        "rain", "Drizzle", ("courtyard", "residential_neighborhood", "roof_garden", "cottage"), water.drizzle
    ),
    "thunderstorm": Sound(
        "thunderstorm",
        "Thunderstorm with distant rolls",
        ("sky", "wheat_field", "field/wild", "mountain"),
        air.thunderstorm,
        -22.0,
    ),
    "wind_trees": Sound(
        "wind", "Wind in trees", ("forest/broadleaf", "tree_farm", "orchard", "park", "valley"), air.wind_trees
    ),
    "gale": Sound(
        "wind", "Howling gale", ("mountain_snowy", "tundra", "glacier", "cliff", "snowfield", "desert/sand"), air.gale
    ),
    "sea_beach": Sound(
        "sea_waves", "Waves on a beach", ("beach", "coast", "ocean", "islet", "boardwalk"), water.sea_beach
    ),
    "sea_rough": Sound("sea_waves", "Rough sea", ("wave", "ocean", "cliff", "lighthouse", "coast"), water.sea_rough),
    "stream": Sound(
        "river_stream", "Brook over stones", ("creek", "river", "japanese_garden", "hot_spring"), water.stream
    ),
    "waterfall": Sound("waterfall", "Waterfall", ("waterfall", "dam", "fountain", "canyon"), water.waterfall),
    "drops_cave": Sound(
        "water_drops", "Drops in a cave", ("grotto", "catacomb", "crevasse", "burial_chamber"), water.drops_cave, -25.0
    ),
    "underwater": Sound("underwater", "Under water", ("underwater/ocean_deep", "aquarium"), water.underwater),
    "campfire": Sound(
        "crackling_fire", "Campfire", ("campsite", "cabin/outdoor", "hunting_lodge/outdoor"), air.campfire
    ),
    "dawn_chorus": Sound(
        "birds_forest",
        "Birds at dawn",
        ("forest_path", "formal_garden", "lawn", "yard", "field/wild"),
        birds.dawn_chorus,
    ),
    "birds_forest": Sound(
        "birds_forest",
        "Birds in a wood",
        ("forest/broadleaf", "forest_road", "forest_path", "park", "tree_farm"),
        birds.birds_forest,
    ),
    "seagulls": Sound(
        "seagulls", "Gulls over a harbour", ("harbor", "pier", "coast", "lighthouse", "islet"), birds.seagulls
    ),
    "crows": Sound("crows", "Crows over fields", ("field/cultivated", "corn_field", "cemetery", "ruin"), birds.crows),
    "night_owls": Sound(
        "night_forest",
        "Owls in a night wood",
        ("forest_path", "cemetery", "tree_house", "ruin"),
        birds.night_owls,
        -26.0,
    ),
    "crickets": Sound(
        "night_insects",
        "Crickets at night",
        ("field/wild", "hayfield", "pasture", "patio", "vineyard"),
        creatures.crickets,
    ),
    "cicadas": Sound(
        "night_insects",
        "Cicadas in the heat",
        ("orchard", "desert/vegetation", "vineyard", "pavilion", "pagoda"),
        creatures.cicadas,
    ),
    "frogs": Sound("frogs", "Frogs by a pond", ("swamp", "marsh", "pond", "rice_paddy", "fishpond"), creatures.frogs),
    "bees": Sound(
        "bees",
        "Bees in flower",
        ("botanical_garden", "vegetable_garden", "greenhouse/outdoor", "topiary_garden"),
        creatures.bees,
    ),
    "dogs_far": Sound(
        "dog",
        "Dogs far away",
        ("village", "kennel/outdoor", "residential_neighborhood", "driveway"),
        creatures.dogs_far,
    ),
    "farm": Sound("farm_animals", "Farmyard", ("farm", "barn", "stable", "corral", "pasture"), creatures.farm),
    "city_hum": Sound(
        "city_traffic",
        "City hum at night",
        ("skyscraper", "office_building", "balcony/exterior", "tower"),
        air.city_hum,
        -25.0,
    ),
    "city_traffic": Sound(
        "city_traffic",
        "Street with passing cars",
        ("street", "highway", "downtown", "crosswalk", "gas_station"),
        transport.city_traffic,
    ),
    "car_horns_far": Sound(
        "car_horn", "Car horns far away", ("downtown", "street", "crosswalk", "parking_lot"), transport.car_horns_far
    ),
    "train_ride": Sound("train", "Train ride", ("train_interior", "berth", "railroad_track"), transport.train_ride),
    "train_passing": Sound(
        "train",
        "Train that passes a platform",
        ("train_station/platform", "railroad_track", "subway_station/platform", "viaduct"),
        transport.train_passing,
        -22.0,
    ),
    "engine_idling": Sound(
        "engine_idling",
        "Idling diesel",
        ("engine_room", "loading_dock", "garage/outdoor", "auto_factory"),
        transport.engine_idling,
    ),
    "airplane": Sound(
        "airplane", "Aircraft overhead", ("airfield", "runway", "sky", "airport_terminal"), transport.airplane
    ),
    "helicopter": Sound(
        "helicopter", "Helicopter", ("heliport", "landing_deck", "army_base", "sky"), transport.helicopter
    ),
    "boat": Sound("boat", "Boat in a harbour", ("boat_deck", "harbor", "pier", "boathouse", "raft"), transport.boat),
    "crowd": Sound(
        "crowd_cafe",
        "Crowd in a hall",
        ("food_court", "lobby", "market/indoor", "museum/indoor", "stadium/football"),
        people.crowd,
    ),
    "cafe": Sound("crowd_cafe", "Cafe", ("coffee_shop", "restaurant", "bar", "cafeteria", "dining_hall"), people.cafe),
    "children": Sound(
        "children_playing",
        "Children far away",
        ("playground", "schoolhouse", "kindergarden_classroom", "park"),
        people.children,
    ),
    "church_bells": Sound(
        "church", "Church bells", ("church/outdoor", "tower", "village", "plaza", "castle"), bells.church_bells
    ),
    "church_interior": Sound(
        "church",
        "Inside a church",
        ("church/indoor", "throne_room", "mausoleum", "palace"),
        bells.church_interior,
        -25.0,
    ),
    "wind_chimes": Sound(
        "wind_chimes",
        "Wind chimes",
        ("porch", "japanese_garden", "balcony/exterior", "gazebo/exterior"),
        bells.wind_chimes,
        -24.0,
    ),
    "singing_bowls": Sound(
        "singing_bowls",
        "Singing bowls",
        ("temple/asia", "zen_garden", "pagoda", "art_gallery"),
        bells.singing_bowls,
        -25.0,
    ),
    "clock": Sound(
        "clock_tick", "Pendulum clock", ("living_room", "bedroom", "waiting_room", "library/indoor"), rooms.clock, -27.0
    ),
    "office": Sound(
        "office_indoor",
        "Office",
        ("office", "office_cubicles", "computer_room", "home_office", "classroom"),
        rooms.office,
        -26.0,
    ),
    "kitchen": Sound(
        "kitchen_home", "Kitchen", ("kitchen", "restaurant_kitchen", "galley", "laundromat"), rooms.kitchen, -24.0
    ),
    "construction": Sound(
        "construction",
        "Building site",
        ("construction_site", "excavation", "industrial_area", "repair_shop"),
        rooms.construction,
    ),
    "footsteps_snow": Sound(
        "footsteps",
        "Footsteps in snow",
        ("snowfield", "mountain_snowy", "ski_slope", "mountain_path", "forest_road"),
        rooms.footsteps_snow,
        -25.0,
    ),
}
