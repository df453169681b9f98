"""The sieve lets through every pattern that matches, and few others."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailguard.recognise import about, frames, speech, strength, telling
from mailguard.recognise.phrases import Phrases, Reach
from mailguard.recognise.sieve import Sieve, Sieved, Spotter, needles_of

SIEVED = [strength._PUBLIC.pattern, strength._ACTIVITY.pattern, speech._NOT.pattern, telling.GOOD_NOT]
PATTERNS = [*frames._MASKS, *about._PATTERNS.values(), *SIEVED]


@pytest.mark.parametrize("pattern", PATTERNS, ids=range(len(PATTERNS)))
def test_what_a_pattern_matches_passes(pattern: re.Pattern[str]) -> None:
    sieve = Sieve([pattern])

    @settings(max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(pattern), st.booleans())
    def check(text: str, shout: bool) -> None:
        text = text.upper() if shout else text
        assert sieve.passes(text) or not pattern.search(text), (text, needles_of(pattern))

    check()


def test_prose_passes_hardly_any_of_the_frames() -> None:
    text = "We hope that all enjoy the long day by the river, and that it stays dry until we are home again."
    assert Sieve(frames._MASKS).passes(text).bit_count() <= 2


@pytest.mark.parametrize(
    ("pattern", "needles"),
    [
        (r"\basked (?:the|our) \w+", {"asked"}),
        (r"sw[ai]m(?:ming)?\b", {"swam", "swim"}),
        (r"(?:cried|cry(?:ing)?) with", {"with"}),
        (r"(?:a|an) (?=penalt(?:y|ies)\b)", {"penalty", "penalties"}),
        (r"(?!never)\w+n['’]t", {"n't", "n’t"}),
        (r"[\"“]\w+", {'"', "“"}),
        (r"(?:\d+|one) of (?:\d|ten)", {*"0123456789", "one"}),
        (r"(?:fund(?: raising)?|\w+)", set()),
        (r"(?:fund)?", set()),
        (r"é+", {"é"}),
        (r"ß+", set()),
        (r"(?:the|our) school council", {"council"}),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, needles: set[str]) -> None:
    assert needles_of(re.compile(pattern, re.IGNORECASE)) == needles


def test_a_pattern_of_which_nothing_is_known_is_always_tried() -> None:
    assert Sieve([re.compile(r"\w+ \w+"), re.compile("asked")]).passes("") == 0b01


def test_letters_and_digits_that_have_other_forms_pass() -> None:
    sieve = Sieve([re.compile("sick", re.IGNORECASE), re.compile(r"\d%"), re.compile("İll", re.IGNORECASE)])
    assert sieve.passes("ſıc\u212a") & 1
    assert sieve.passes("SİCK") & 1
    assert sieve.passes("٣%") & 2
    assert not sieve.passes("well") & 3


def test_texts_that_hold_a_piece_are_spotted_among_many() -> None:
    spotter = Spotter(("Mr", "Miss"), ("son", "hild"))
    texts = ["", "Mrs Khan's children", "mr", "a person", "M", "r", "Zoë’s son, Miss", "son"]
    assert spotter.spot(texts) == [0, 3, 0, 2, 0, 0, 3, 2]
    assert spotter.spot([]) == []


def test_texts_with_phrases_are_found_among_many() -> None:
    phrases = Phrases({Reach.COURTESY: ["thank you for"], Reach.DISCLAIMER: ["is confidential"]})
    texts = ["Thank", "you for", "Thank you\nfor all", "", "This IS CONFIDENTIAL", "é ’ is confidential", "is"]
    assert list(phrases.within(texts)) == [2, 4, 5]
    assert list(phrases.within([*texts, "İ"])) == list(range(8))
    assert list(Phrases().within(texts)) == []


def test_one_pattern_finds_what_it_would_without_the_sieve() -> None:
    sieved = Sieved(re.compile(r"\bun\w+ed|f[\u00eae]te", re.IGNORECASE))
    assert sieved.findall("Unpaid, UNSIGNED and f\u00cate") == ["UNSIGNED", "f\u00cate"]
    found = sieved.search("a f\u00eate")
    assert found
    assert found[0] == "f\u00eate"
    assert sieved.search("paid") is None
    assert sieved.findall("paid") == []


def test_a_list_lacks_what_it_lacked_whatever_the_case() -> None:
    for heading in ("NOT yet paid", "Who hasn\u2019t signed", "Unreturned books", "Log-ins", "At Risk"):
        assert strength.lacks(heading)
    assert not strength.lacks("Winners of the cup, our knot and the notice board")
