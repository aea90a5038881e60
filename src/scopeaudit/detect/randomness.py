"""Whether text was drawn by a generator or thought up by a person.

Words show in their pairs of letters: `th` is common in names and prose, `qx` is not, and in random text all
pairs are alike. Each pair scores the logarithm (base 2, cut to -5..4) of how much more often it occurs in
the words of Python's standard library than by chance; the mean is about 1.5 for words and names, -1.6 for
random letters.
"""

import string
from functools import lru_cache

from scopeaudit.detect.lazy import lazy

_PAIRS = (
    "46764463624878261878554552",
    "64446421631632530553511040",
    "73547437606643841657522140",
    "64458542722543641555532231",
    "75786654513768565987455742",
    "53445621700533630545511130",
    "52337345502435430653422121",
    "62236211602332620435311030",
    "65766562323769752677251405",
    "30014000211001310030301000",
    "42226222501333320343312020",
    "73458432813743740365542161",
    "75347321602453661354522130",
    "74777573624445741478552132",
    "45664553524568860566656321",
    "72447325502633651756522150",
    "10010100000311011331500000",
    "84658452714565751676543151",
    "63648436714554664478644251",
    "74548437802544752766534263",
    "55545441501667350666120200",
    "61227211500222430232001110",
    "51225213501224420452001100",
    "32424302400231250235111220",
    "42334220300444350354222112",
    "40015111300110311010000011",
)
_MIDDLE = 5
_SCORES = {
    one + other: int(_PAIRS[row][column]) - _MIDDLE
    for row, one in enumerate(string.ascii_lowercase)
    for column, other in enumerate(string.ascii_lowercase)
}
_WORDLIKE = 0.75
"""One random text of 16 letters and digits in 200 scores as much."""
_LEAST_PAIRS = 4
_DIGIT_RUNS = lazy(r"[0-9]+")
_LETTER_RUNS = lazy(r"[a-z]+")
_HEX = lazy(r"[0-9a-f-]+|[0-9A-F-]+")
_MANY_DIGIT_RUNS = 4
_DIGIT_SHARE = 0.15
_FEW_CHARACTERS = 5


def word_score(text: str) -> float | None:
    """The mean score of its pairs of letters; `None` if there are fewer than four."""
    pairs = [run[at : at + 2] for run in _LETTER_RUNS.findall(text.lower()) for at in range(len(run) - 1)]
    if len(pairs) < _LEAST_PAIRS:
        return None
    return sum(_SCORES[pair] for pair in pairs) / len(pairs)


@lru_cache(maxsize=4096)
def is_random(text: str) -> bool:
    """Whether a value of some length looks drawn rather than written."""
    if len(set(text)) < _FEW_CHARACTERS:
        return False
    digits = _DIGIT_RUNS.findall(text)
    share = sum(map(len, digits)) / len(text)
    if _HEX.fullmatch(text):
        return bool(digits)
    if len(digits) >= _MANY_DIGIT_RUNS and share >= _DIGIT_SHARE:
        return True
    score = word_score(text)
    return share > 0 if score is None else score < _WORDLIKE
