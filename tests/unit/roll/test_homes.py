"""Homes that an export gives in parts are put together, so that an address in a letter is found."""

from pathlib import Path

import pytest

from mailguard.recognise.details import address_key
from mailguard.roll.homes import home_of
from mailguard.roll.mapping import guess, parse_mapping, render_mapping
from mailguard.roll.sources.mapped import load_mapped

NUMBER, STREET = "house_number", "street"
ELM = {NUMBER: "12", STREET: "Elm Road"}
HOMES = {
    "number and street": ([], ELM, "12 Elm Road"),
    "number with a letter": (
        [],
        {NUMBER: "12A", STREET: "Elm Road", "town": "Netherby"},
        "12A Elm Road, Netherby",
    ),
    "name": ([], {"house_name": "Rose Cottage", STREET: "Elm Road"}, "Rose Cottage, Elm Road"),
    "name in the column of numbers": (
        [],
        {NUMBER: "Rose Cottage", STREET: "Elm Road"},
        "Rose Cottage, Elm Road",
    ),
    "name and number": (
        [],
        {"house_name": "Mill House", NUMBER: "3", STREET: "Elm Road"},
        "Mill House, 3 Elm Road",
    ),
    "bare flat": ([], {"apartment": "2b", NUMBER: "12", STREET: "Elm Road"}, "Flat 2b, 12 Elm Road"),
    "flat in words": (
        [],
        {"apartment": "Top Floor", NUMBER: "12", STREET: "Elm Road"},
        "Top Floor, 12 Elm Road",
    ),
    "number twice": ([], {NUMBER: "12", STREET: "12 Elm Road"}, "12 Elm Road"),
    "lines": (["12 Elm Road", "", "Netherby"], {"county": "Exampleshire"}, "12 Elm Road, Netherby, Exampleshire"),
    "line and number": (["Elm Road"], {NUMBER: "12"}, "12 Elm Road"),
    "block and town": (["Flat 2, 12 Elm Road, Netherby"], {"town": "NETHERBY"}, "Flat 2, 12 Elm Road, Netherby"),
    "block and number": (
        ["Flat 2, 12 Elm Road"],
        {NUMBER: "12", "town": "Netherby"},
        "Flat 2, 12 Elm Road, Netherby",
    ),
    "block and its parts": (
        ["12 Elm Road, Netherby"],
        ELM,
        "12 Elm Road, Netherby",
    ),
    "pastoral house": ([], {"house_name": "Churchill"}, ""),
    "town alone": ([], {"town": "Netherby", "county": "Exampleshire"}, ""),
    "nothing": ([], {}, ""),
}


@pytest.mark.parametrize(("lines", "parts", "home"), HOMES.values(), ids=HOMES)
def test_parts_make_one_home(lines: list[str], parts: dict[str, str], home: str) -> None:
    assert home_of(lines, parts) == home


HEADINGS = {
    "House Number": "house_number",
    "House No.": "house_number",
    "House Name": "house_name",
    "Apartment": "apartment",
    "Street": "street",
    "Town/City": "town",
    "Address Line 1": "address",
    "AddressLine2": "address",
    "Contact 2 House Number": "contact 2 house_number",
    "Contact 2 Address Line 1": "contact 2 address",
    "Contact Address Line 2": "contact 1 address",
    "Mother's Street": "contact mother street",
    "House": None,
    "House Group": None,
}


@pytest.mark.parametrize(("heading", "target"), HEADINGS.items())
def test_headings_of_a_home_are_understood(heading: str, target: str | None) -> None:
    found = guess([heading])
    assert (str(found.columns[heading]) if found.columns else None) == target
    assert not found.columns or parse_mapping(render_mapping(found)) == found


def test_homes_of_pupils_and_contacts_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Adno,Surname,Forename,Apartment,House Number,House Name,Street,Town,Postcode,Contact 1 Name,Contact 1 Email,"
        "Contact 1 PR,Contact 1 House Number,Contact 1 Street,Contact 1 Town,Contact 1 Postcode,Contact 2 Name,"
        "Contact 2 Email,Contact 2 PR,Contact 2 Address Line 1,Contact 2 Address Line 2\n"
        "1001,Kerr,Ada,2,12,,Elm Road,Netherby,ZZ1 2AB,Una Kerr,una@home.example,Y,7,Quay Street,Netherby,ZZ1 3AB,"
        "Bo Kerr,bo@home.example,Y,Mill House,9 Hill Lane\n"
        "1002,Wolf,Ben,,,Rose Cottage,Elm Road,,ZZ1 2AC,Ida Wolf,ida@wolf.example,Y,,,,,,,,,\n"
    )
    roll = load_mapped(path, "OAK").roll
    assert [pupil.address for pupil in roll.pupils] == ["Flat 2, 12 Elm Road, Netherby", "Rose Cottage, Elm Road"]
    homes = {contact.forename: contact.address for contact in roll.contacts}
    assert homes == {"Una": "7 Quay Street, Netherby", "Bo": "Mill House, 9 Hill Lane", "Ida": ""}
    assert address_key(roll.pupils[0].address) == address_key("12 Elm Rd") != ""
    assert address_key(homes["Una"]) == address_key("7, Quay St") != ""
