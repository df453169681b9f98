"""The references are what the code says: configuration, logs, manual page, completion."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

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
