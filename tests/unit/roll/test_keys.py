import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.roll.keys import address_key, normal_keys

SAME = [
    ("Una.Kerr@Example.ORG", "una.kerr@example.org"),
    (" una@example.org ", "una@example.org"),
    ("una@example.org.", "una@example.org"),
    ("una@Exämple.example", "una@xn--exmple-cua.example"),
    ("una@exa\u0308mple.example", "una@ex\u00e4mple.example"),
    ("jose\u0301@example.org", "jos\u00e9@example.org"),
    ('"una.kerr"@example.org', "una.kerr@example.org"),
    ("STRASSE@example.org", "stra\u00dfe@example.org"),
]
NORMAL = [
    ("una+school@example.org", "una@example.org"),
    ("u.n.a@gmail.com", "una@googlemail.com"),
    ("U.na+x@GoogleMail.com", "una@gmail.com"),
]
DIFFERENT = [
    ("una.kerr@example.org", "unakerr@example.org"),
    ("una@gm\u0430il.com", "una@gmail.com"),
    ("una@sub.example.org", "una@example.org"),
    ("una@stra\u00dfe.example", "una@strasse.example"),
    ("+una@example.org", "+bob@example.org"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_spellings_of_one_address_share_the_exact_key(left: str, right: str) -> None:
    assert address_key(left) == address_key(right)


@pytest.mark.parametrize(("left", "right"), NORMAL)
def test_what_providers_ignore_is_dropped_from_the_normal_key_only(left: str, right: str) -> None:
    assert address_key(left).normal == address_key(right).normal
    assert address_key(left).exact != address_key(right).exact


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_mailboxes_stay_apart(left: str, right: str) -> None:
    assert address_key(left).normal != address_key(right).normal


@pytest.mark.parametrize("text", ["", "@", "una", "@example.org", "una@", "a@b@c", "una@\u200d", "\udcff@example.org"])
def test_any_text_has_a_key(text: str) -> None:
    assert address_key(text) == address_key(text)


_ODD = ["", "@", "@example.org", "una@", "una@example.org.", "a@b@c", "....@gmail.com", "U.na@GoogleMail.com", "una@\n"]
_WRITTEN = st.text("aB.+_'@ -\n\té\u0430", max_size=12) | st.sampled_from(
    [text for pair in SAME + NORMAL + DIFFERENT for text in pair] + _ODD
)


@given(st.lists(_WRITTEN))
def test_many_at_once_have_the_keys_they_have_one_by_one(addresses: list[str]) -> None:
    assert normal_keys(addresses) == [address_key(address).normal for address in addresses]
