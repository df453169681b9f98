"""The table of rules: one file a rule, every kind of recipient covered by exactly one rule about pupils."""

import ast
from pathlib import Path

from mailguard.judge import rules
from mailguard.judge.rules import RULES, other_family, other_school, pupil_mailbox, unknown_recipient
from mailguard.judge.standing import Kind

ABOUT_PUPILS = (other_family, other_school, pupil_mailbox, unknown_recipient)
FOLDER = Path(rules.__file__).parent


def test_every_kind_of_recipient_has_exactly_one_rule():
    covered = [kind for rule in ABOUT_PUPILS for kind in rule.KINDS]
    assert sorted(covered) == sorted(Kind)


def test_every_file_is_one_rule_of_the_table():
    files = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
    assert sorted(rule.__module__.rpartition(".")[2] for rule in RULES) == files
    assert sorted(getattr(rules, name).RULE.replace("-", "_") for name in files) == files


def test_rules_do_not_know_each_other():
    for path in FOLDER.glob("*.py"):
        if path.stem == "__init__":
            continue
        imported = [
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert not [module for module in imported if module.startswith("mailguard.judge.rules")]
