"""Near addresses: slips are found, strangers and well-known providers are left alone."""

import pytest

from mailguard.judge.similar import Neighbours
from mailguard.model import Contact, Roll, StaffMember
from mailguard.policy import parse_policy
from mailguard.roll.keys import address_key

ROLL = Roll(
    contacts=(
        Contact("1", emails=("maria.lopez@gmail.com", "maria@fabrikam.example")),
        Contact("2", emails=("jim@home.example",)),
        Contact("3", emails=("zuzanna@poczta.example",)),
    ),
    staff=(StaffMember("", "head@oakfield.example"),),
)
POLICY = parse_policy(
    '[[school]]\ncode = "OAK"\nstaff_domains = ["oakfield.example"]\n'
    '[[agency]]\ndomains = ["exampleshire.example"]\naddresses = ["duty@clinic.example"]'
)
NEIGHBOURS = Neighbours(ROLL, POLICY)


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("maria.lopes@gmail.com", "marialopez@gmail.com"),
        ("marialopezz@googlemail.com", "marialopez@gmail.com"),
        ("m.arialpoez@gmail.com", "marialopez@gmail.com"),
        ("zuzana@poczta.example", "zuzanna@poczta.example"),
        ("maria@farbikam.example", "maria@fabrikam.example"),
        ("maria@fabrlkan.example", "maria@fabrikam.example"),
        ("someone@oakfeild.example", "oakfield.example"),
        ("someone@exampleshre.example", "exampleshire.example"),
        ("duti@clinic.example", "duty@clinic.example"),
        ("maria.lopez@gmial.com", "marialopez@gmail.com"),
        ("someone@gmial.com", "gmail.com"),
    ],
)
def test_a_slip_is_found(address: str, near: str):
    assert NEIGHBOURS.of(*address_key(address)) == near


@pytest.mark.parametrize(
    "address",
    [
        "peter@gmail.com",
        "someone@ymail.com",
        "maria@elsewhere.example",
        "tim@home.example",
        "zu@poczta.example",
        "no-address",
        "",
        "@home.example",
    ],
)
def test_strangers_are_not_near(address: str):
    assert NEIGHBOURS.of(*address_key(address)) == ""
