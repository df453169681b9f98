"""One folder a fault: a roll with that one thing wrong, and in expected.txt how its first problem begins."""

from pathlib import Path

import pytest

from mailguard.roll.problems import RollError
from mailguard.roll.sources.native import load_native

STORIES = sorted(path for path in Path(__file__).parent.iterdir() if (path / "expected.txt").exists())


def test_the_good_roll_is_good() -> None:
    loaded = load_native(Path(__file__).parent / "good")
    assert len(loaded.roll.pupils) == 2
    assert loaded.warnings == ()


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_a_bad_roll_is_refused_with_its_message(story: Path) -> None:
    expected = (story / "expected.txt").read_text(encoding="utf-8").strip()
    with pytest.raises(RollError) as refused:
        load_native(story)
    assert str(refused.value.problems[0]).startswith(expected)
    assert all(problem.remedy for problem in refused.value.problems)
    assert {problem.file for problem in refused.value.problems} == {expected.partition(".csv")[0] + ".csv"}
