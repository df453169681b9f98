"""`mailguard demo`: the relay and `check` agree message for message, whatever the seed."""

import csv
from pathlib import Path

import pytest


@pytest.mark.parametrize("seed", [0, 11])
def test_the_demo_ends_as_expected(mailguard, seed: int) -> None:
    done = mailguard("demo", "--exit", "--seed", seed)
    assert done.status == 0, done.out
    lines = done.out.splitlines()
    assert 30 <= len(lines) <= 40
    assert sum("got held" in line for line in lines) >= 12
    assert sum("got delivered" in line for line in lines) >= 12


def test_check_agrees_with_what_the_demo_expects(mailguard, tmp_path: Path) -> None:
    assert mailguard("demo", "--write", tmp_path, "--seed", 5).status == 0
    done = mailguard("check", "--json", "--roll", tmp_path / "roll", "--policy", tmp_path / "policy.toml", tmp_path)
    with (tmp_path / "expected.csv").open(newline="", encoding="utf-8") as file:
        expected = {(row["message"], row["recipient"]): row["verdict"] for row in csv.DictReader(file)}
    found = {
        (str(Path(line["path"]).relative_to(tmp_path)), recipient["address"]): recipient["verdict"]
        for line in done.lines
        for recipient in line["recipients"]
    }
    assert found == expected
