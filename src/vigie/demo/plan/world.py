"""Who and what exists in the demonstration: fictional countries, units and people, and which unit holds which place."""

from dataclasses import dataclass

from vigie.demo.plan.records import Certificate, Country, Person, Sharing, Unit

COUNTRIES = (Country("ALV", "Alvania"), Country("BOR", "Borduvia"), Country("CAS", "Cassen"))
SPARE_COUNTRIES = (Country("DRE", "Drevia"), Country("EST", "Estmark"), Country("FEL", "Felland"))

UNITS = (
    Unit("alv-viu", "ALV", "Alvania VIU", "Alvania National Victim Identification Unit", "victim_identification", "viu-desk@alvania.example"),
    Unit("alv-hotline", "ALV", "Alvania Hotline", "Alvania Reporting Hotline", "hotline", "desk@hotline.alvania.example"),
    Unit("bor-cpu", "BOR", "Borduvia CPU", "Borduvia Child Protection Unit", "victim_identification", "cpu-desk@borduvia.example"),
    Unit("bor-north", "BOR", "Borduvia North", "Borduvia Northern Region, Digital Investigations", "regional", "north-desk@borduvia.example"),
    Unit("cas-ncb", "CAS", "Cassen NCB", "Cassen National Central Bureau, Victim Identification", "victim_identification", "ncb-duty@cassen.example"),
    Unit("cas-hotline", "CAS", "Cassen Hotline", "Cassen Internet Hotline", "hotline", "desk@hotline.cassen.example"),
)  # fmt: skip

COURSE = "Victim identification, certified user"

PEOPLE = (
    Person("ines", "Ines Dorval", "alv-viu", ("investigator",), "en", Certificate("ALV-0412", COURSE, 310)),
    Person(
        "tomas",
        "Tomas Wehl",
        "alv-viu",
        ("supervisor", "investigator"),
        "en",
        Certificate("ALV-0127", COURSE, 540),
    ),
    Person("petra", "Petra Lunde", "alv-viu", ("specialist",), "en", Certificate("ALV-0388", COURSE, 5)),
    Person("emil", "Emil Sarn", "alv-hotline", ("analyst",), "es", Certificate("ALV-0455", COURSE, 200)),
    Person("mirela", "Mirela Kost", "bor-cpu", ("investigator",), "en", Certificate("BOR-0093", COURSE, 420)),
    Person("anton", "Anton Rehm", "bor-cpu", ("supervisor",), "en", Certificate("BOR-0031", COURSE, 610)),
    Person(
        "helene", "Hélène Astier", "bor-north", ("investigator",), "fr", Certificate("BOR-0140", COURSE, 150)
    ),
    Person(
        "samir",
        "سمير حدّال",
        "cas-ncb",
        ("investigator", "gateway"),
        "ar",
        Certificate("CAS-0217", COURSE, 365),
    ),
    Person("noor", "Noor Talan", "cas-hotline", ("analyst",), "ar", Certificate("CAS-0230", COURSE, 90)),
    Person("odile", "Odile Brandt", "alv-viu", ("oversight",), "fr", None),
    Person("jonas", "Jonas Felt", "alv-viu", ("administrator",), "en", None),
)

COMMUNITY = Sharing("community")
COUNTRY = Sharing("country")
COUNTRY_SILENT = Sharing("country", answer_outside="silent")
NOT_ALVANIA = Sharing("community", excluded=("ALV",))
UNIT_ONLY = Sharing("unit")


@dataclass(frozen=True)
class Holding:
    """A case to be: its unit, what others may see, its title and the places its exhibits show."""

    unit: str
    sharing: Sharing
    title: str
    places: tuple[str, ...]


HOLDINGS = (
    Holding("alv-viu", COMMUNITY, "Flat in the old town", ("Blue tiles", "Green wallpaper")),
    Holding("alv-viu", COUNTRY, "Provider report, spring", ("Toy blocks", "Checked floor")),
    Holding("alv-viu", Sharing("listed", ("BOR",)), "Joint work with Borduvia", ("Attic", "Yellow kitchen")),
    Holding("alv-viu", UNIT_ONLY, "Court file, laptop", ("Reading corner", "White bathroom")),
    Holding("alv-viu", COMMUNITY, "Exchange forum, part two", ("Striped hall", "Garden room")),
    Holding("alv-hotline", COUNTRY, "Hotline reports, March", ("Old square", "Red check")),
    Holding("alv-hotline", UNIT_ONLY, "Hotline reports, April", ("Brick row", "Plant and boxes")),
    Holding("alv-hotline", COMMUNITY, "Hotline reports, May", ("Lamp row", "Two vases")),
    Holding("bor-cpu", COMMUNITY, "Phone found at the port", ("Harbour", "Painted door")),
    Holding("bor-cpu", COUNTRY_SILENT, "Undisclosed work", ("Stairwell", "Cellar")),
    Holding("bor-cpu", COMMUNITY, "Two rooms, one camera", ("Wooden panels", "Rose room")),
    Holding(
        "bor-cpu", Sharing("listed", ("CAS",)), "Joint work with Cassen", ("Grey office", "Clock and books")
    ),
    Holding("bor-cpu", COUNTRY, "Canal district", ("Canal side", "Workshop")),
    Holding("bor-north", Sharing("listed", ("ALV",)), "Market street lead", ("Market street", "Desk lamp")),
    Holding("bor-north", COMMUNITY, "Memory cards, lot four", ("Dotted nursery", "Mosaic table")),
    Holding("bor-north", UNIT_ONLY, "First assessment", ("Narrow alley", "Tea tray")),
    Holding("cas-ncb", COUNTRY, "National referral 58", ("Brick corner", "Diamond paper")),
    Holding("cas-ncb", COMMUNITY, "Drive from an auction", ("Kilim", "Music room")),
    Holding(
        "cas-ncb", Sharing("listed", ("ALV", "BOR")), "Three-country list", ("Container yard", "Toy shelf")
    ),
    Holding("cas-ncb", COMMUNITY, "Cloud account copy", ("Tiled kitchen", "Picture wall")),
    Holding("cas-hotline", NOT_ALVANIA, "Restricted source", ("Long corridor", "Wave paper")),
    Holding("cas-hotline", COUNTRY, "Hotline reports, week 12", ("Green square", "Navy street")),
    Holding("cas-hotline", COMMUNITY, "Hotline reports, week 15", ("Storage room", "Corner shop")),
)
UNHELD = ("Study table", "Round mirror", "Model cars", "Brick alley", "Guest room", "Back yard")
SMALL = (
    "Blue tiles",
    "Toy blocks",
    "Old square",
    "Harbour",
    "Stairwell",
    "Market street",
    "Brick corner",
    "Long corridor",
)

DEVICES = (
    "Laptop, disk image",
    "Phone memory",
    "Memory card",
    "External drive",
    "Cloud account copy",
    "USB stick",
)
FRAMES: dict[str, tuple[int, int]] = {
    "Canal side": (1600, 1200),
    "Music room": (1600, 1200),
    "Lamp row": (1200, 800),
    "Checked floor": (1200, 800),
    "Kilim": (1200, 800),
    "Rose room": (1200, 800),
    "Garden room": (1200, 800),
    "Red check": (1024, 768),
    "Grey office": (1024, 768),
    "Dotted nursery": (1024, 768),
    "Navy street": (1024, 768),
    "Model cars": (1024, 768),
    "Tea tray": (640, 480),
    "Picture wall": (640, 480),
    "Storage room": (640, 480),
}
USUAL_FRAME = (960, 640)


def frame(place: str) -> tuple[int, int]:
    """Width and height in pixels in which a place was photographed."""
    return FRAMES.get(place, USUAL_FRAME)
