"""The references are what the code says: configuration, logs, manual page, completion."""

import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from mailguard.cli.site import configuration_text
from mailguard.config import parse_config

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", DEPLOY / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    ["CONFIGURATION.md", "LOGS.md", "man/mailguard.1"]
    + ["../mailguard/cli/mailguard.toml"]
    + [f"completion/mailguard.{one}" for one in ("bash", "zsh", "fish")],
)
def test_a_reference_is_what_the_code_says(reference: ModuleType, name: str) -> None:
    assert (DEPLOY / name).read_text(encoding="utf-8") == reference.FILES[name](), "run: python deploy/reference.py"


def test_every_key_of_the_configuration_is_there(reference: ModuleType) -> None:
    text = reference.configuration()
    for key in ("smart_host", "retry_schedule", "max_message_bytes", "delivered_sightings", "public_url", "key_file"):
        assert f"| `{key}` |" in text
    assert set(reference.MEANINGS_OF_KEYS) <= set(dict(reference._keys()))  # no key that nobody takes


def test_the_manual_page_knows_every_command(reference: ModuleType) -> None:
    text = (DEPLOY / "man" / "mailguard.1").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?m)^\.B ([a-z][a-z -]*?)(?: [A-Z].*)?$", text))
    assert {"doctor", "serve", "check", "held release", "roll import", "backup", "key rotate"} <= commands


def test_the_bash_completion_is_sound() -> None:
    bash = shutil.which("bash")
    assert bash
    subprocess.run([bash, "-n", DEPLOY / "completion" / "mailguard.bash"], check=True)


def test_what_init_writes_is_what_it_says_key_by_key(tmp_path: Path) -> None:
    answers = {"code": "OAK", "office": "office@oakfield.example", "url": "sqlite:////srv/mailguard.db"}
    answers |= {"listen": "127.0.0.1:2525", "smart_host": "127.0.0.1:2526"}
    text = re.sub(
        r"(?ms)^#\[.+?(?=^\[)", "", configuration_text(answers)
    )  # without tables that are examples as a whole
    defaults = re.sub(r"(?m)^#(\w+ = (?!.*# an example).+)$", r"\1", text.replace("#listen", "# listen"))
    assert defaults.count("\n#") < text.count("\n#") - 20
    assert parse_config(defaults, tmp_path) == parse_config(text, tmp_path)  # the comments show the true defaults
    for line in re.findall(r"(?m)^#(\w+ = .+?)(?:    # an example)?$", text):
        tomllib.loads(line)
    shown = set(re.findall(r"(?m)^#?(\w+) = ", text))
    assert shown >= {"public_url", "session_idle", "escalate_to", "retry_schedule", "delivered_sightings", "readers"}
