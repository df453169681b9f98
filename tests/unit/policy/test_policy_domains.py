"""Domains of a policy: one spelling, and no entry that would trust the world."""

import pytest

from mailguard.policy.domains import danger, normal_address, normal_domain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oakfield.Example", "oakfield.example"),
        ("oakfield.example.", "oakfield.example"),
        ("schüle.example", "xn--schle-mva.example"),
        ("XN--SCHLE-MVA.example", "xn--schle-mva.example"),
        ("", None),
        ("a b.example", None),
        ("a..example", None),
        ("-a.example", None),
        ("a@b.example", None),
    ],
)
def test_one_spelling_for_one_domain(text: str, expected: str | None):
    assert normal_domain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Office@OAK.example ", "office@oak.example"),
        ("*@oak.example", None),
        ("office", None),
        ("@oak.example", None),
        ("Office <office@oak.example>", None),
        ("a@b@oak.example", None),
    ],
)
def test_one_plain_address(text: str, expected: str | None):
    assert normal_address(text) == expected


TRUSTS_THE_WORLD = (
    "com uk co.uk sch.uk kent.sch.uk gov.uk com.au nhs.uk example gmail.com googlemail.com outlook.com hotmail.co.uk "
    "yahoo.fr icloud.com btinternet.com"
)
ORGANISATIONS = (
    "oak.kent.sch.uk exampleshire.gov.uk outlook.exampleshire.gov.uk clinic.nhs.uk oak.example gmail.oakfield.co.uk "
    "mail.oak.example oakfield.com"
)


@pytest.mark.parametrize("domain", TRUSTS_THE_WORLD.split())
def test_nobody_means_to_trust_these(domain: str):
    assert danger(domain)


@pytest.mark.parametrize("domain", ORGANISATIONS.split())
def test_organisations_may_be_trusted(domain: str):
    assert danger(domain) is None
