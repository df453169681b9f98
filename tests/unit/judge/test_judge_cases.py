"""Tables of policy cases: what they understand, how they name what they do not, how they fail."""

from pathlib import Path

import pytest

from mailguard.judge.cases import cases_path, example_roll, parse_cases, report, run_cases, try_policy
from mailguard.model import Category, Outcome, PupilKey, Strength, UnreadableReason
from mailguard.policy import PolicyError, parse_policy
from mailguard.roll.sources.native import load_native

HEAD = "case,school,from,to,about,strength,categories,expect,rule\n"
ROLL = load_native(example_roll()).roll


def parsed(row: str):
    return parse_cases(HEAD + row, "x.cases.csv", ROLL)[0]


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_cases(text, "x.cases.csv", ROLL)
    return [str(problem) for problem in caught.value.problems]


def test_a_row_in_full():
    case = parsed(
        "A case,OAK,a@b.example,x@y.example; z@y.example,Amy Stone;103,mention,sen; medical,hold,split;other-family"
    )
    assert case.name == "A case"
    assert case.envelope.recipients == ("x@y.example", "z@y.example")
    assert (case.envelope.sender, case.envelope.school) == ("a@b.example", "OAK")
    assert [s.pupils for s in case.sightings.pupils] == [(PupilKey("OAK", "101"),), (PupilKey("OAK", "103"),)]
    assert {s.strength for s in case.sightings.pupils} == {Strength.MENTION}
    assert case.sightings.pupils[0].categories == (Category.SEN, Category.MEDICAL)
    assert (case.expect, case.rules) == (Outcome.HOLD, {"split", "other-family"})


def test_what_a_message_may_show():
    row = "x,OAK,a@b.example,c@d.example,{},,,deliver,"
    assert parsed(row.format("OAK:105 or OAK:106")).sightings.pupils[0].pupils == (
        PupilKey("OAK", "105"),
        PupilKey("OAK", "106"),
    )
    assert parsed(row.format("ELM:201")).sightings.pupils[0].pupils == (PupilKey("ELM", "201"),)
    assert parsed(row.format("contact: C5")).sightings.confidential[0].contact_id == "C5"
    assert len(parsed(row.format("unknown upn")).sightings.unknown) == 1
    assert parsed(row.format("unreadable: too-deep")).reading.unreadable[0].reason is UnreadableReason.TOO_DEEP
    assert parsed(row.format("to header: c@d.example")).reading.addresses[0].address == "c@d.example"
    assert len(parsed(row.format("to header: 12 families")).reading.addresses) == 12
    assert parsed(row.format("")).sightings.pupils == ()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("x,OAK,a@b,c@d,Nobody Here,,,hold,", '"Nobody Here" is no pupil of the roll.'),
        ("x,OAK,a@b,c@d,Sam Khan,,,hold,", '"Sam Khan" is the name of 2 pupils. Write SCHOOL:pupil_id.'),
        ("x,OAK,a@b,c@d,OAK:999,,,hold,", '"OAK:999" is no pupil of the roll.'),
        ("x,OAK,a@b,c@d,contact: C99,,,hold,", '"C99" is no contact_id of the roll.'),
        ("x,OAK,a@b,c@d,to header: many,,,hold,", '"many" is no address.'),
        ("x,OAK,a@b,c@d,101,strong,,hold,", 'column strength: "strong" is unknown. Write one of record, mention.'),
        ("x,OAK,a@b,c@d,101,,health,hold,", 'column categories: "health" is unknown.'),
        ("x,OAK,a@b,c@d,101,,,stop,", 'column expect: "stop" is unknown. Write one of deliver, hold.'),
        ("x,OAK,a@b,c@d,unreadable: odd,,,hold,", 'column about: "odd" is unknown.'),
    ],
)
def test_each_fault_is_named_with_its_line(row: str, expected: str):
    assert problems(HEAD + "\n" + row + "\n")[0].startswith(f"x.cases.csv line 3: {expected}")


def test_all_faults_are_told_at_once():
    assert len(problems(HEAD + "x,OAK,a,b,Nobody,,,hold,\nx,OAK,a,b,101,,,stop,\n")) == 2
    assert problems("case,school\n")[0].startswith("x.cases.csv line 1: no column from, to, about")


def test_a_case_that_fails_is_reported_with_what_came_instead():
    text = HEAD + "A form,OAK,office@oakfield.example,beatrice.hart@home.example,Amy Stone,record,,deliver,\n"
    policy = parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oakfield.example"]')
    results = run_cases(parse_cases(text, "x.cases.csv", ROLL), ROLL, policy)
    assert [result.passed for result in results] == [False]
    assert list(report(results)) == [
        "line 2: A form: expected deliver, got hold (other-family)",
        "    attachment.pdf > page 1 shows a record of Amy Stone (5B), "
        "and this address may receive data on Ben Hart (4B) only.",
        "1 cases, 0 as expected, 1 not",
    ]


def test_the_right_outcome_for_the_wrong_rule_is_not_enough():
    text = HEAD + "x,OAK,office@oakfield.example,beatrice.hart@home.example,101,record,,hold,unknown-recipient\n"
    results = run_cases(parse_cases(text, "x.cases.csv", ROLL), ROLL, parse_policy(""))
    assert [result.passed for result in results] == [False]


def test_a_policy_without_a_table(tmp_path: Path):
    policy = tmp_path / "mine.toml"
    policy.write_text("")
    assert cases_path(policy) == tmp_path / "mine.cases.csv"
    with pytest.raises(PolicyError, match=r"mine\.cases\.csv: there is no table of cases"):
        try_policy(policy)


def test_a_policy_on_its_own_roll(tmp_path: Path):
    (tmp_path / "roll").mkdir()
    for path in example_roll().glob("*.csv"):
        (tmp_path / "roll" / path.name).write_bytes(path.read_bytes())
    policy = tmp_path / "mine.toml"
    policy.write_text('[[school]]\ncode = "OAK"\nstaff_domains = ["my.example"]')
    (tmp_path / "mine.cases.csv").write_text(HEAD + "x,OAK,a@my.example,b@my.example,101,,,deliver,\n")
    assert [result.passed for result in try_policy(policy, tmp_path / "roll")] == [True]
