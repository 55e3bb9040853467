"""Bars as SVG, drawn with nothing but text."""

import math
from collections.abc import Iterator, Mapping
from html import escape

_COLOURS = ("#0b6e4f", "#c8553d", "#f2a65a", "#6d6875", "#457b9d")
_WIDTH, _BAR, _GAP, _LEFT, _TOP = 760, 18, 26, 190, 46
_TEXT = 'font-family="sans-serif" font-size="12" fill="#222"'


def bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """An SVG of horizontal bars on a logarithmic scale, one group for each entry, every value written beside its bar."""
    values = [value for group in groups.values() for value in group.values() if value > 0]
    least, most = (min(values) / 2, max(values)) if values else (1.0, 10.0)
    height = _TOP + sum(len(group) * _BAR + _GAP for group in groups.values())
    body = "\n".join(_drawn(groups, least, most))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img">\n<title>{escape(title)}</title>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="10" y="20" {_TEXT} font-weight="bold">{escape(title)}</text>\n{body}\n</svg>\n'
    )


def _drawn(groups: Mapping[str, Mapping[str, float]], least: float, most: float) -> Iterator[str]:
    engines = list(dict.fromkeys(engine for group in groups.values() for engine in group))
    room = _WIDTH - _LEFT - 90
    top = _TOP
    for name, group in groups.items():
        yield f'<text x="10" y="{top}" {_TEXT} font-weight="bold">{escape(name)}</text>'
        top += 6
        for engine, value in group.items():
            length = room * math.log(max(value, least) / least) / math.log(most / least)
            colour = _COLOURS[engines.index(engine) % len(_COLOURS)]
            middle = top + _BAR - 6
            yield f'<text x="{_LEFT - 8}" y="{middle}" {_TEXT} text-anchor="end">{escape(engine)}</text>'
            yield f'<rect x="{_LEFT}" y="{top + 2}" width="{length:.0f}" height="{_BAR - 4}" fill="{colour}"/>'
            yield f'<text x="{_LEFT + length + 6:.0f}" y="{middle}" {_TEXT}>{value:.3g}</text>'
            top += _BAR
        top += _GAP - 6
