"""Folding and words with offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.recognise.fold import Words, fold, name_parts, respelt, words_of


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("O’Brien", "obrien"), ("O'BRIEN", "obrien"), ("Zoë", "zoe"), ("Zoe\u0308", "zoe"), ("Łukasz", "lukasz"),
        ("Søren", "soren"), ("Straße", "strasse"), ("Mc\u00adDonald", "mcdonald"), ("ﬁona", "fiona"),
        ("Yılmaz", "yilmaz"),
    ],
)  # fmt: skip
def test_one_name_has_one_spelling(word: str, key: str) -> None:
    assert fold(word) == key


@given(st.text(max_size=200))
def test_offsets_always_slice_to_the_word(text: str) -> None:
    words = Words(text)
    for key, start, end in zip(words.keys, words.starts, words.ends, strict=True):
        assert 0 <= start < end <= len(text)
        assert fold(text[start:end]) == key or " " in text[start:end]


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_the_fast_way_finds_the_words_of_the_exact_way(text: str) -> None:
    fast = set(words_of(text))
    assert all(
        key in fast or not key.isalpha() or "'" in text or "`" in text or " " in text for key in Words(text).keys
    )


def test_possessives_letter_spacing_and_file_names() -> None:
    assert Words("Osei's James' J A C K  S M I T H").keys == ["osei", "james", "jack", "smith"]
    assert Words("OseiAmaReport_v2.pdf", file=True).keys == ["osei", "ama", "report", "v", "pdf"]


def test_roll_names_fall_into_parts() -> None:
    assert name_parts("Smith-Jones") == ("smith", "jones")
    assert name_parts("van der Berg") == ("van", "der", "berg")
    assert (respelt("Müller"), respelt("Muller")) == ("mueller", "")
