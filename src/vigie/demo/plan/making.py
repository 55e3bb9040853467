"""From the world to the plan: which files each exhibit holds, what is handed in, and the answers that must come."""

import hashlib
from dataclasses import replace

from vigie.demo.plan.planting import PLANTINGS, VARIANTS
from vigie.demo.plan.records import (
    Case,
    Exhibit,
    ExpectedAnswer,
    ExpectedRefusal,
    Form,
    Incoming,
    IncomingFile,
    IncomingKind,
    Level,
    Plan,
    PlannedFile,
    Recipe,
    Series,
    Sharing,
    Size,
)
from vigie.demo.plan.world import (
    COUNTRIES,
    DEVICES,
    HOLDINGS,
    PEOPLE,
    SMALL,
    SPARE_COUNTRIES,
    UNHELD,
    UNITS,
    Holding,
    frame,
)

ASKER = "alv-viu"
ENDINGS: dict[Form, str] = {"jpeg": "jpg", "truncated_jpeg": "jpg", "text": "jpg", "tiff": "tif"}
SMALL_FORMS: tuple[Form, ...] = ("png", "webp", "webp", "gif", "webp", "png", "bmp", "webp", "tiff", "webp")
NEAR_COPY_BITS = 31  # the matching rule: Hamming distance over 256 bits, quality 50 or better on both sides
OWN_COPIES = 30


def number(below: int, seed: int, *words: str | int) -> int:
    """A whole number from 0 up to but not including `below` that depends on the seed and the words only."""
    digest = hashlib.sha256(repr((seed, *words)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _taken(seed: int, place: str, index: int) -> str:
    year, month = 2021 + number(4, seed, place, "year"), 1 + number(12, seed, place, "month")
    day, hour = 1 + number(28, seed, place, index), 8 + number(13, seed, place, index, "h")
    return f"{year}:{month:02}:{day:02} {hour:02}:{number(60, seed, place, index, 'm'):02}:{index * 3:02}"


def recipes(place: str, order: int, seed: int, size: Size) -> tuple[Recipe, ...]:
    """The pictures a unit holds of a place: three views by day first, then other light, copies and forms."""
    form = SMALL_FORMS[order % len(SMALL_FORMS)]
    turned = (6, 8, 3)[order % 3]
    wanted = [
        Recipe(place, 0, quality=84),
        Recipe(place, 1, quality=83),
        Recipe(place, 2, quality=82),
        Recipe(place, 0, "evening", quality=78),
        Recipe(place, 1, "lamp", quality=79),
        Recipe(place, 2, "warm", quality=76),
        Recipe(place, 0, quality=35, width=640),
        Recipe(place, 1, "bright", "crop", quality=78),
        Recipe(place, 0, "dim", "band", quality=74),
        Recipe(place, 2, "cool", "mark", quality=75),
        Recipe(place, 1, "day", "noise", quality=58),
        Recipe(place, 0, "warm", "border", form, width=480, quality=80),
        Recipe(place, 2, quality=77, orientation=turned),
    ]
    if order % 2 == 0:
        wanted.append(Recipe(place, 1, "dim", quality=30))
    if order % 3 == 0:
        wanted.append(Recipe(place, 1, form="mp4", frames=20 + 5 * number(5, seed, place, "frames")))
    if size == "small":
        wanted = [wanted[index] for index in (0, 1, 2, 3, 11)]
    return tuple(
        replace(r, taken=_taken(seed, place, k)) if r.form == "jpeg" and r.quality > 60 else r
        for k, r in enumerate(wanted)
    )


def _name(seed: int, recipe: Recipe, exhibit: str, index: int) -> str:
    ending = ENDINGS.get(recipe.form, recipe.form)
    if recipe.form == "mp4":
        return f"Video/clip-{index:02}.mp4"
    if not recipe.taken:
        return f"Downloads/{hashlib.sha256(repr((seed, exhibit, index)).encode()).hexdigest()[:12]}.{ending}"
    start = 100 + number(800, seed, exhibit, "start")
    if number(2, seed, exhibit, "maker"):
        return f"DCIM/100DRAWN/DSC{start + index * 3:05}.JPG"
    return f"Pictures/IMG_{start + index * 2:04}.{ending}"


def _exhibit(folder: str, place: str, seed: int, wanted: tuple[Recipe, ...]) -> Exhibit:
    key = f"{folder.rsplit('/', 1)[-1]}-{_slug(place)}"
    files = tuple(
        PlannedFile(f"{folder}/{_slug(place)}/{_name(seed, r, key, k)}", r) for k, r in enumerate(wanted)
    )
    return Exhibit(key, DEVICES[number(len(DEVICES), seed, key)], _slug(place), files)


def _guests(place: str, seed: int, size: Size) -> tuple[Recipe, ...]:
    """Copies of another unit's pictures among a unit's own: the links that stood before today's exhibit."""
    if size == "small":
        return ()
    if place == "Kilim":
        return (
            Recipe("Wooden panels", 0, quality=40),
            Recipe("Wooden panels", 1, copy="mirrored", quality=70),
        )
    if place == "Dotted nursery":
        return (recipes("Music room", 0, seed, size)[0], Recipe("Music room", 2, quality=44, width=960))
    return ()


def _places(size: Size) -> list[tuple[Holding, tuple[str, ...]]]:
    if size == "full":
        return [(holding, holding.places) for holding in HOLDINGS]
    kept = [(h, tuple(p for p in h.places if p in SMALL)) for h in HOLDINGS]
    return [(holding, places) for holding, places in kept if places]


def _cases(seed: int, size: Size) -> tuple[tuple[Case, ...], tuple[Series, ...]]:
    cases: list[Case] = []
    series: list[Series] = []
    opened: dict[str, int] = {}
    for holding, places in _places(size):
        opened[holding.unit] = opened.get(holding.unit, 10 + number(80, seed, holding.unit)) + 1
        reference = (
            f"{holding.unit.upper()}-{2022 + number(3, seed, holding.title)}-{opened[holding.unit]:04}"
        )
        key = reference.lower()
        exhibits = []
        for place in places:
            order = len(series)
            series.append(Series(order + 1, _slug(place), place, holding.unit, key))
            wanted = (*recipes(place, order, seed, size), *_guests(place, seed, size))
            exhibits.append(_exhibit(f"units/{holding.unit}/{key}", place, seed, wanted))
        cases.append(Case(key, reference, holding.title, holding.unit, holding.sharing, tuple(exhibits)))
    return tuple(cases), tuple(series)


def level(sharing: Sharing, owner_country: str, asker_country: str) -> Level:
    """What somebody of another unit learns: full, contact only, or nothing.

    Excluded is always silent; inside the audience is full; anyone else gets `answer_outside`.
    """
    if asker_country in sharing.excluded:
        return "silent"
    inside = {
        "community": True,
        "country": owner_country == asker_country,
        "listed": asker_country in sharing.listed,
        "unit": False,
    }
    return "full" if inside[sharing.audience] else sharing.answer_outside


def _holder(cases: tuple[Case, ...], recipe: Recipe) -> tuple[Case, PlannedFile]:
    for case in cases:
        for exhibit in case.exhibits:
            for held in exhibit.files:
                if held.recipe == recipe:
                    return case, held
    raise LookupError(f"no exhibit holds {recipe.place!r}, view {recipe.view}")


def _planted(cases: tuple[Case, ...], seed: int, size: Size) -> list[tuple[IncomingFile, ExpectedAnswer]]:
    found = []
    countries = {unit.key: unit.country for unit in UNITS}
    series = [place for _, places in _places(size) for place in places]
    for index, planting in enumerate(PLANTINGS):
        source = recipes(planting.place, series.index(planting.place), seed, size)[planting.view]
        case, held = _holder(cases, source)
        exact = planting.change == "plain" and planting.quality is None
        width = frame(planting.place)[0]
        copy = (
            source
            if exact
            else replace(
                source,
                copy=planting.change,
                quality=planting.quality or 80,
                taken="",
                width=min(960, width * 4 // 5),
            )
        )
        ending = f"{number(10**8, seed, 'planted', index):08}"
        path = f"incoming/WhatsWhen/pic-{ending}.jpg"
        answer = ExpectedAnswer(
            path,
            level(case.sharing, countries[case.unit], countries[ASKER]),
            case.unit,
            "sha256" if exact else "pdq",
            VARIANTS[planting.change],
            0 if exact else NEAR_COPY_BITS,
            held.path,
        )
        found.append((IncomingFile(path, "planted", copy, held.path), answer))
    return found


def _own(cases: tuple[Case, ...], size: Size) -> list[IncomingFile]:
    """Exact copies of pictures the asker's unit already holds, taken in turn from each of its exhibits."""
    exhibits = [exhibit for case in cases if case.unit == ASKER for exhibit in case.exhibits]
    wanted = OWN_COPIES if size == "full" else 8
    files: list[IncomingFile] = []
    for index in range(wanted):
        exhibit = exhibits[index % len(exhibits)]
        stills = [f for f in exhibit.files if f.recipe.form != "mp4"]
        held = stills[index // len(exhibits)]
        files.append(_incoming(f"incoming/DCIM/100DRAWN/DSC{1200 + index:05}", "own", held.recipe, held.path))
    return files


def _incoming(stem: str, kind: IncomingKind, recipe: Recipe, copy_of: str = "") -> IncomingFile:
    return IncomingFile(f"{stem}.{ENDINGS.get(recipe.form, recipe.form)}", kind, recipe, copy_of)


def _new(seed: int, size: Size) -> list[IncomingFile]:
    """Pictures nobody holds: unknown places, known places from an angle nobody has, one clip, two broken files."""
    unknown = UNHELD if size == "full" else UNHELD[:1]
    files = []
    for order, place in enumerate(unknown):
        for view in (0, 1) if size == "full" else (0, 1, 2):
            recipe = Recipe(place, view, quality=80, taken=_taken(seed, place, view))
            files.append(_incoming(f"incoming/été 2024/photo ({order * 3 + view + 1})", "new", recipe))
    for place in ("Harbour", "Blue tiles", "Brick corner") if size == "full" else ("Harbour", "Blue tiles"):
        recipe = Recipe(place, 3, quality=80, taken=_taken(seed, place, 15))
        files.append(_incoming(f"incoming/été 2024/صورة {len(files) + 1}", "new", recipe))
    files.append(_incoming("incoming/Video/clip-001", "clip", Recipe(UNHELD[0], 1, form="mp4", frames=30)))
    files.append(
        _incoming("incoming/lost+found/000412", "broken", Recipe(UNHELD[0], 2, form="truncated_jpeg"))
    )
    files.append(_incoming("incoming/lost+found/000413", "broken", Recipe(UNHELD[0], 2, form="text")))
    return files


def make_plan(seed: int, size: Size) -> Plan:
    """The demonstration's world as pure data; equal arguments give equal plans."""
    cases, series = _cases(seed, size)
    planted = _planted(cases, seed, size)
    fresh = _new(seed, size)
    files = [*_own(cases, size), *[file for file, _ in planted], *fresh]
    broken = [file for file in fresh if file.kind == "broken"]
    refusals = tuple(
        ExpectedRefusal(
            f.path, ("truncated", "corrupt") if f.recipe.form == "truncated_jpeg" else ("unknown_format",)
        )
        for f in broken
    )
    incoming = Incoming(
        "ines",
        ASKER,
        f"ALV-VIU-2025-{100 + number(800, seed, 'incoming'):04}",
        "E-1",
        "Phone, image of 12 May",
        "incoming",
        tuple(files),
    )
    answers = tuple(answer for _, answer in planted)
    return Plan(
        seed, size, COUNTRIES, SPARE_COUNTRIES, UNITS, PEOPLE, series, cases, incoming, answers, refusals
    )
