"""Words learned from labelled texts: the file, its errors, what the words add."""

import pytest

from mailguard.recognise.learned import MOST_AGAINST, MOST_FOR, parse_learned, stem_of
from mailguard.recognise.lexicon import default_lexicon

LEARNED = parse_learned("# words\n[anywhere]\nworried 0.8\nkit -0.5\n[after the name]\nplays -0.6\n")


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("          is worried about the worries of others", 0.8),  # once, whatever the ending
        ("          has no kit", -0.5),
        ("          plays", -0.6),
        ("who plays", 0.0),  # not just after a name
        ("          Plays", 0.0),  # a surname
    ],
)
def test_words_add_their_bits_once(text: str, bits: float) -> None:
    assert LEARNED.weigh([text], text) == pytest.approx(bits)


def test_soft_words_are_bounded_however_many() -> None:
    words = [first + second for first in "bcdfghjk" for second in ("ab", "ok")]
    text = " ".join(words)
    for bits, bound in ((0.8, MOST_FOR), (-0.8, -MOST_AGAINST)):
        assert parse_learned("\n".join(f"{word} {bits}" for word in words)).weigh([text], text) == bound


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[near]\nlost 1", r"telling.txt, line 1: no section \[near\]"),
        ("lost", "telling.txt, line 1: write one word and its bits, from -4 to 4, as in: worried 0.8"),
        ("# so\nlost shoes 1", "telling.txt, line 2: write one word"),
        ("lost 40", "telling.txt, line 1: write one word"),
        ("lost nan", "telling.txt, line 1: write one word"),
        ("worry 1\nworries 2", "telling.txt, line 2: another line above has 'worries'"),
    ],
)
def test_a_wrong_line_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_learned(text)


def test_the_shipped_words_talk_no_grave_word_away() -> None:
    lexicon = default_lexicon()
    assert lexicon.learned.anywhere
    assert lexicon.learned.after
    grave = {stem_of(word) for word in lexicon.trouble | lexicon.private}
    assert min(lexicon.learned.anywhere.get(stem, 0.0) for stem in grave) >= 0.0
