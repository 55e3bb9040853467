"""What one unit is shown, with everything masked that differs between any two databases; and a two-sample test."""

import bisect
import math
import re
from collections.abc import Sequence

from django.test import Client

MASKS = [
    (re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+"), "PICTURE"),
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?( UTC)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "TIME"),
    (re.compile(r"[\w.-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+"), "KEY"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b[A-Za-z0-9_-]{32,}\b"), "TOKEN"),
    (re.compile(r"\b[A-Z]-[0-9A-F]{6}\b"), "CODE"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{6,}\b"), "CODE"),
    (re.compile(r">[a-f]{6,8}<"), ">CODE<"),
]
"""Ids, times, tokens and the key of the log, and what is made of them; a picture's veil is compared by its place alone."""


def shown(client: Client, where: str) -> tuple[int, str, str]:
    """Status, place led to and body of one page or answer, masked."""
    answer = client.get(where)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (
        answer.status_code,
        masked(answer.headers.get("Location", "")),
        masked(body.decode("utf-8", "replace")),
    )


def masked(text: str) -> str:
    """The text with ids, times and tokens masked."""
    for mask, word in MASKS:
        text = mask.sub(word, text)
    return text


def same_distribution(first: Sequence[float], second: Sequence[float]) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test: how likely two samples of one distribution differ as much.

    Asymptotic form with Stephens' correction (Press et al., Numerical Recipes, 3rd ed., 14.3.3); exact enough from
    some twenty values on each side, and on the careful side for tied values.
    """
    one, other = sorted(first), sorted(second)
    widest = max(
        abs(bisect.bisect_right(one, value) / len(one) - bisect.bisect_right(other, value) / len(other))
        for value in {*one, *other}
    )
    effective = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (effective + 0.12 + 0.11 / effective) * widest
    if scaled < 0.2:
        return 1.0
    terms = (2 * (-1) ** (n - 1) * math.exp(-2 * n * n * scaled * scaled) for n in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))
