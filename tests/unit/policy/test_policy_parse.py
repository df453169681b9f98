"""Policy TOML: what is good is taken, what is wrong is named with line and remedy, all at once."""

from pathlib import Path

import msgspec
import pytest

from mailguard.model import Category, Outcome, UnreadableReason
from mailguard.policy import (
    Actions,
    Agency,
    DeclaredList,
    ListKind,
    Mail,
    Policy,
    PolicyError,
    Rules,
    School,
    StaleRoll,
    default_policy,
    load_policy,
    parse_policy,
)

POLICIES = Path(__file__).parents[3] / "policies"

FULL = """
[[school]]
code = "OAK"
name = "Oakfield Primary School"
staff_domains = ["Oakfield.example."]
pupil_domains = ["pupils.oakfield.example"]
list_patterns = ["*Eltern*"]
staff_only_listed = true
phones = ["01632 960001"]
postcodes = ["ZZ1 1AA"]
[[list]]
address = "AllStaff@oakfield.example"
kind = "staff"
[[agency]]
name = "Exampleshire Council"
domains = ["exampleshire.example"]
addresses = ["duty@clinic.example"]
schools = ["OAK"]
categories = ["safeguarding", "sen"]
encrypted = "deliver"
[mail]
split = false
passwords = ["opensesame"]
roll_max_age = "36h"
stale_roll = "hold"
[rules]
other-family = "deliver"
other-school = { mention = "hold" }
barred-contact = { record = "hold", special = "hold", mention = "deliver" }
confidential-contact = "deliver"
unknown-recipient = { record = "deliver" }
unknown-upn = "deliver"
pupil-mailbox = "hold"
similar-address = { record = "deliver", mention = "deliver", none = "hold" }
visible-recipients = { families = 3 }
unreadable = { encrypted = "hold", picture = "deliver" }
"""

DELIVER, HOLD = Outcome.DELIVER, Outcome.HOLD


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_key_is_taken():
    policy = parse_policy(FULL)
    assert policy.schools == (
        School(
            "OAK",
            "Oakfield Primary School",
            ("oakfield.example",),
            ("pupils.oakfield.example",),
            ("*eltern*",),
            True,
            ("01632 960001",),
            ("ZZ1 1AA",),
        ),
    )
    assert policy.lists == (DeclaredList("allstaff@oakfield.example", ListKind.STAFF),)
    assert policy.agencies == (
        Agency(
            "Exampleshire Council",
            ("exampleshire.example",),
            ("duty@clinic.example",),
            ("OAK",),
            (Category.SAFEGUARDING, Category.SEN),
            DELIVER,
        ),
    )
    assert policy.mail == Mail(False, ("opensesame",), 36 * 3600.0, StaleRoll.HOLD)
    assert policy.rules == Rules(
        other_family=Actions(DELIVER, DELIVER, DELIVER),
        other_school=Actions(HOLD, HOLD, HOLD),
        barred_contact=Actions(HOLD, HOLD, DELIVER),
        confidential_contact=DELIVER,
        unknown_recipient=Actions(DELIVER, HOLD, DELIVER),
        unknown_upn=DELIVER,
        pupil_mailbox=Actions(HOLD, HOLD, HOLD),
        similar_address=Actions(DELIVER, DELIVER, DELIVER, HOLD),
        visible_families=3,
        unreadable_delivers=(UnreadableReason.PICTURE,),
    )


def test_the_default_file_equals_the_defaults_in_code():
    assert load_policy(POLICIES / "default.toml") == parse_policy("") == default_policy()
    assert parse_policy("") == Policy(revision=parse_policy("").revision)


def test_a_policy_survives_encoding():
    policy = parse_policy(FULL)
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy


def test_revision_follows_what_decides_and_not_comments():
    assert parse_policy(FULL).revision == parse_policy("# a comment\n" + FULL).revision
    assert parse_policy(FULL).revision != parse_policy(FULL.replace("families = 3", "families = 4")).revision
    assert parse_policy(FULL).revision != parse_policy(FULL.replace("opensesame", "other")).revision


def test_passwords_do_not_show():
    assert "opensesame" not in repr(parse_policy(FULL))


def test_default_policy_with_staff_domains_serves_every_school():
    policy = default_policy(("Oakfield.EXAMPLE", "elm.example"))
    assert policy.schools == (School("", staff_domains=("oakfield.example", "elm.example")),)
    with pytest.raises(PolicyError, match=r"--staff-domain: .*gmail\.com.* public mail provider"):
        default_policy(("gmail.com",))


def test_crlf_and_byte_order_mark(tmp_path: Path):
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load_policy(path) == parse_policy(FULL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[mail]\nsplitt = true", 'policy.toml line 2: unknown key "splitt". Did you mean "split"?'),
        (
            '[[school]]\ncode = "A"\n[[school]]\ncode = "B"\nstaf_domains = []',
            'policy.toml line 5: unknown key "staf_domains". Did you mean "staff_domains"?',
        ),
        ("\n[[schol]]\n", 'policy.toml line 2: unknown key "schol". Did you mean "school"?'),
        (
            '[rules]\nother-familly = "hold"',
            'policy.toml line 2: unknown key "other-familly". Did you mean "other-family"?',
        ),
        (
            '[rules]\n\nother-family = { recrd = "hold" }',
            'policy.toml line 3: unknown key "recrd". Did you mean "record"?',
        ),
        (
            '[rules]\nunreadable = { encripted = "hold" }',
            'policy.toml line 2: unknown key "encripted". Did you mean "encrypted"?',
        ),
        (
            '[rules]\nsimilar-address = { special = "hold" }',
            'policy.toml line 2: unknown key "special". Known here: mention, none, record.',
        ),
        ("zzz = 1", 'policy.toml line 1: unknown key "zzz". Known here: agency, list, mail, rules, school.'),
        (
            '[rules]\nother-family = "holt"',
            'policy.toml line 2: "other-family" must be one of "deliver", "hold", not "holt". Did you mean "hold"?',
        ),
        (
            "[rules.other-school]\nmention = 1",
            'policy.toml line 2: "mention" must be one of "deliver", "hold", not 1.',
        ),
        (
            "[rules]\nunknown-upn = true",
            'policy.toml line 2: "unknown-upn" must be one of "deliver", "hold", not true.',
        ),
        (
            '[[list]]\naddress = "a@b.example"\nkind = "family"',
            'policy.toml line 3: "kind" must be one of "staff", "families", not "family". Did you mean "families"?',
        ),
        (
            '[[list]]\naddress = "a@b.example"',
            'policy.toml line 1: this list does not say who reads it. Add kind = "staff" or kind = "families".',
        ),
        (
            '[[list]]\naddress = "allstaff"\nkind = "staff"',
            'policy.toml line 2: "allstaff" is not one e-mail address. Write it as "name@oakfield.example".',
        ),
        (
            '[mail]\nsplit = "yes"',
            'policy.toml line 2: "split" must be true or false, not "yes". Write for example split = true.',
        ),
        (
            '[mail]\nroll_max_age = "7 weeks"',
            'policy.toml line 2: "roll_max_age" is not a duration: "7 weeks". '
            'Write a number and one of s, m, h, d, w, y: "90s", "15m", "4h", "7d".',
        ),
        (
            "[mail]\nroll_max_age = 7",
            'policy.toml line 2: "roll_max_age" must be a duration in quotes, not 7. '
            'Write for example roll_max_age = "7d".',
        ),
        (
            '[mail]\nroll_max_age = "0d"',
            'policy.toml line 2: "roll_max_age" is not a duration: "0d". '
            'Write a number and one of s, m, h, d, w, y: "90s", "15m", "4h", "7d".',
        ),
        (
            '[mail]\nstale_roll = "alert"',
            'policy.toml line 2: "stale_roll" must be one of "alarm", "hold", not "alert". Did you mean "alarm"?',
        ),
        (
            "[mail]\npasswords = [1]",
            'policy.toml line 2: "passwords" must hold texts in quotes, not 1. Put it in quotes.',
        ),
        (
            '[mail]\npasswords = "x"',
            'policy.toml line 2: "passwords" must be a list of texts, not "x". '
            'Write for example passwords = ["...", "..."].',
        ),
        ("mail = 3", 'policy.toml line 1: "mail" must be a table [mail], not 3. Write for example mail = { }.'),
        (
            '[school]\ncode = "A"',
            'policy.toml line 1: "school" must be written as [[school]], once for each. Write [[school]].',
        ),
        (
            '[[school]]\nname = "Oak"',
            'policy.toml line 1: this school has no code. Add code = "..." as in the school column of the roll.',
        ),
        (
            '[[school]]\ncode = "A"\n[[school]]\ncode = "A"',
            'policy.toml line 4: the code "A" is already that of the school in line 2. Give each school its own code.',
        ),
        (
            '[[school]]\ncode = "A"\nlist_patterns = ["parents@a.example"]',
            'policy.toml line 3: "parents@a.example" is not a pattern of local parts. '
            'A pattern is matched with the part before the @: "*parent*".',
        ),
        (
            '[[school]]\ncode = "A"\nstaff_domains = [\n  "a.example",\n  "a example",\n]',
            'policy.toml line 5: "a example" is not a domain. '
            'Write each domain out, without * or @: "oakfield.example".',
        ),
        (
            '[[school]]\ncode = "A"\nstaff_domains = ["*.a.example"]',
            'policy.toml line 3: "*.a.example" is not a domain. '
            'Write each domain out, without * or @: "oakfield.example".',
        ),
        (
            '[[school]]\ncode = "A"\nstaff_domains = ["hotmail.co.uk"]',
            'policy.toml line 3: "hotmail.co.uk" is a public mail provider: anybody can have an address there. '
            "Name the organisation's own domain, or single addresses.",
        ),
        (
            '[[school]]\ncode = "A"\nstaff_domains = ["a.example"]\npupil_domains = ["A.example"]',
            'policy.toml line 4: "a.example" is also a staff domain: its pupils would be taken for staff. '
            "Use it in one of the two.",
        ),
        (
            '[[agency]]\nname = "Council"\ndomains = ["com"]',
            'policy.toml line 3: "com" is not one organisation\'s domain: everybody under it would be trusted. '
            "Name the organisation's own domain, or single addresses.",
        ),
        (
            '[[agency]]\nname = "Council"',
            'policy.toml line 1: this agency has no address. Add domains = ["..."] or addresses = ["..."].',
        ),
        (
            '[[agency]]\ndomains = ["c.example"]\ncategories = ["safegarding"]',
            'policy.toml line 3: "categories" must be one of "medical", "sen", "safeguarding", "behaviour", '
            '"attendance", "attainment", "finance", "contact", "identity", not "safegarding". '
            'Did you mean "safeguarding"?',
        ),
        (
            '[[school]]\ncode = "OAK"\n[[agency]]\ndomains = ["c.example"]\nschools = ["OAKK"]',
            'policy.toml line 5: no [[school]] has the code "OAKK". Did you mean "OAK"?',
        ),
        (
            '[[school]]\ncode = "A"\nstaff_domains = ["a.example"]\n[[agency]]\ndomains = ["a.example"]',
            'policy.toml line 5: "a.example" is a domain of a school, not of an agency. Remove it here.',
        ),
        (
            '[[list]]\naddress = "x@a.example"\nkind = "staff"\n[[list]]\naddress = "X@a.example"\nkind = "families"',
            'policy.toml line 5: the list "x@a.example" is already declared in line 2. Remove one of the two.',
        ),
        (
            "[rules]\nvisible-recipients = { families = 0 }",
            'policy.toml line 2: "families" must be from 1 to 1000000, not 0. The default is 10.',
        ),
        (
            "[rules]\nvisible-recipients = 10",
            'policy.toml line 2: "visible-recipients" must be one of "deliver", "hold", not 10.',
        ),
        ("[mail\nsplit = true", "policy.toml line 1: this is not TOML: "),
        ("[mail]\nsplit = true\nsplit = false", "policy.toml line 3: this is not TOML: "),
    ],
)
def test_each_class_of_fault_is_named(text: str, expected: str):
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(expected) if expected.endswith(": ") else found[0] == expected


def test_all_problems_are_collected_in_order_of_line():
    text = '[mail]\nsplit = 1\nstale_roll = "x"\n[rules]\nunknown-upn = 2\n[extra]\na = 1'
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5, 6]


def test_lines_after_multiline_values_and_dotted_keys():
    text = '[mail]\npasswords = [\n "a",  # ]\n """b\n[x]\n""",\n]\nsplit = 1\n'
    assert problems(text)[0].startswith("policy.toml line 8: ")
    assert problems('rules.unknown-upn = "x"')[0].startswith("policy.toml line 1: ")
    assert problems('[[school]]\ncode="A"\n[mail]\n[rules]\n[rules.unreadable]\npicture = "x"')[0].startswith(
        "policy.toml line 6: "
    )


def test_unreadable_files_and_bytes(tmp_path: Path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"[mail]\n# caf\xe9\n")
    with pytest.raises(PolicyError, match=r"bad\.toml line 2: this is not UTF-8"):
        load_policy(bad)


def test_mail_without_recipient_is_never_let_through():
    passing = parse_policy('[rules]\nunreadable = "deliver"').rules.unreadable_delivers
    assert UnreadableReason.ENCRYPTED in passing
    assert UnreadableReason.NO_RECIPIENT not in passing
