"""How a record is spelt does not change whose it is, nor that it is one: case, order, letters, forms of Unicode."""

import unicodedata

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import default_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.fold import fold

NAMES = (("Chloé", "Osei"), ("Zoe", "Quist-Menon"), ("Oleh", "Бондар"), ("Sinéad", "O'Hara"))
PUPILS = tuple(
    Pupil(school="OAK", pupil_id=str(n), forename=forename, surname=surname)
    for n, (forename, surname) in enumerate(NAMES)
)
INDEX = build_index(Roll(pupils=PUPILS), default_policy())
TEXT = "Pupil: {}\nCondition: asthma, inhaler in the office\nDoctor: Elm Surgery"
CYRILLIC = str.maketrans("aeopcyxAEOPCTHKM", "аеорсухАЕОРСТНКМ")
LISU = str.maketrans("OSEI", "ꓳꓢꓰꓲ")


def seen(name: str) -> dict[str, Strength]:
    found = recognise(Reading((Segment(TEXT.format(name), ("body",)),)), INDEX, "OAK").pupils
    return {key.pupil: sighting.strength for sighting in found for key in sighting.pupils}


@pytest.mark.parametrize(
    "name",
    [
        "Chloé Osei",
        unicodedata.normalize("NFD", "Chloé Osei"),
        "CHLOÉ OSEI",
        "Chloe Osei",
        "Osei, Chloé",
        "OSEI Chloé",
        "Chloé\u00a0Osei",
        "Chlo\u00adé O\u200bsei",
        "Ch\u2060loé Os\u3164ei",
        "Chloé\u3164Osei",
        "CHLOÉ\uffa0OSEI",
        "Chloé Os\u034fei",
        "Chloé Osei".translate(CYRILLIC),
        "CHLOE OSEI".translate(LISU),
        "Ｃｈｌｏｅ Ｏｓｅｉ",
        "𝐂𝐡𝐥𝐨𝐞 𝐎𝐬𝐞𝐢",
    ],
)
def test_a_record_is_one_however_its_name_is_spelt(name: str) -> None:
    assert seen(name) == {"0": Strength.RECORD}


@pytest.mark.parametrize("name", ["Zoe Quist-Menon", "Zoe Quist Menon", "Zoe Quist\u2011Menon", "Zoe Quist\u2010Menon"])
def test_a_hyphen_is_one_however_it_is_written(name: str) -> None:
    assert seen(name) == {"1": Strength.RECORD}


@pytest.mark.parametrize("name", ["Sinéad O'Hara", "Sinead O’Hara", "SINÉAD O`HARA", "Sinéad OHara"])
def test_an_apostrophe_is_one_however_it_is_written(name: str) -> None:
    assert seen(name) == {"3": Strength.RECORD}


def test_a_name_in_its_own_script_stays_its_own() -> None:
    assert seen("Oleh Бондар") == {"2": Strength.RECORD}
    assert fold("Бондар") == fold("БОНДАР") != "bondap"
    assert fold("Оsеi") == "osei"
