"""What a technician may send to whoever helps: everything about the installation, nothing about anybody's pupils.

Nothing is copied that may hold a name: settings are shown with their addresses and secrets masked, the log by its fixed
fields only, the roll and the store as counts.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

from mailguard import __version__
from mailguard.doctor.line import Line
from mailguard.doctor.site import Site, ask
from mailguard.enrol.weaknesses import weaknesses
from mailguard.observe.logs import FIELDS, Event, mask
from mailguard.store import StoreError, audit, queue

_LOG_LINES = 5000
_SECRET = frozenset({"password", "passwords", "password_file", "user", "phones", "postcodes", "name"})
_URL_LOGIN = re.compile(r"//.+@")
_URL_QUERY = re.compile(r"(?<=://)([^?#]*)[?#].*")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""+|' r"'''.*?'''+|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'|#[^\n]*|[^\"'#]+|.", re.DOTALL
)
_KEY = re.compile(r"([\w-]+)\s*=\s*(?:[\[{]\s*)*$")
_EVENTS = frozenset(Event)


def write_bundle(target: Path, site: Site, lines: Iterable[Line], log: Path | None) -> list[str]:
    """Write the bundle as a new ZIP file, mode 0600; returns the names of its parts. FileExistsError if it is there."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in _parts(site, lines, log):
            bundle.writestr(name, text)
        return bundle.namelist()


def _parts(site: Site, lines: Iterable[Line], log: Path | None) -> Iterator[tuple[str, str]]:
    yield "doctor.jsonl", "".join(json.dumps(_masked(asdict(line))) + "\n" for line in lines)
    yield "system.json", json.dumps(_system(), indent=1) + "\n"
    yield "mailguard.toml", masked_settings(site.path.read_text(encoding="utf-8-sig"))
    if site.config.policy_file.is_file():
        yield "policy.toml", masked_settings(site.config.policy_file.read_text(encoding="utf-8-sig", errors="replace"))
    yield "roll.json", json.dumps(_roll(site), indent=1) + "\n"
    yield "store.json", json.dumps(_store(site), indent=1, default=str) + "\n"
    if site.healthz:
        for path in ("metrics", "readyz"):
            yield f"{path}.txt", ask(*site.observe, f"/{path}")[1].decode("utf-8", "replace")
    if log is not None:
        yield "log.jsonl", "".join(f"{line}\n" for line in _log(log))


def masked_settings(text: str) -> str:
    """Return a TOML text without comments, addresses, names, passwords and sign-ins. Its lines stay where they are."""
    text = text.replace("\r\n", "\n")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "(left out: not TOML, so that nobody can tell what in it is an address or a password)\n"
    shown, key, before = [], "", ""
    for token in _TOKEN.findall(text):
        if token[0] == "#":
            continue
        if token[0] not in "\"'":
            bare = token.lstrip()
            if bare.startswith("=") and before:
                key = before  # a key in quotes
            elif found := _KEY.search(token):
                key = found[1]
            shown.append(_ADDRESS.sub("<address>", token))
            before = ""
            continue
        before = str(tomllib.loads(f"value = {token}")["value"])
        shown.append(json.dumps(_shown(key, before), ensure_ascii=False) + "\n" * token.count("\n"))
    return "".join(shown)


def _shown(key: str, value: str) -> str:
    if key.lower() in _SECRET:
        return "<masked>"
    if "://" in value:
        return _URL_QUERY.sub(r"\1?<masked>", _URL_LOGIN.sub("//<login>@", value))
    return "<address>" if "@" in value.strip("@") else value


def _masked(values: dict[str, object]) -> dict[str, object]:
    return {name: _ADDRESS.sub("<address>", str(value)) for name, value in values.items()}


def _system() -> dict[str, object]:
    memory = Path("/proc/meminfo").read_text().splitlines()[0] if Path("/proc/meminfo").exists() else ""
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    return {
        "mailguard": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "system": release.get("PRETTY_NAME", ""),
        "cores": os.cpu_count(),
        "memory": memory,
        "packages": dict(sorted((found.name, found.version) for found in distributions())),
    }


def _roll(site: Site) -> dict[str, object]:
    loaded = site.found.loaded
    if loaded is None:
        return {"problems": len(site.found.problems)}
    roll = loaded.roll
    return {
        "pupils": dict(sorted(Counter(pupil.school for pupil in roll.pupils).items())),
        "contacts": len(roll.contacts),
        "relationships": len(roll.relationships),
        "staff": len(roll.staff),
        "warnings": len(loaded.warnings),
        "weaknesses": Counter(one.kind.value for one in weaknesses(roll)),
    }


def _store(site: Site) -> dict[str, object]:
    if isinstance(site.store, str):
        return {"store": site.store}
    try:
        with site.store.read() as tx:
            counts, heads = queue.counts(tx), audit.heads(tx)
    except StoreError as error:
        return {"store": str(error)}
    return {
        "vitals": asdict(site.vitals) if site.vitals else {},
        "queue": counts.queue,
        "held": counts.held,
        "decisions": {" ".join(key): value for key, value in sorted(counts.decisions.items())},
        "audit": {head.node: head.seq for head in heads},
    }


def _log(path: Path) -> Iterator[str]:
    """The last lines of mailguard's own log; of lines that are not its own only that there was one."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        kept = [line for line in lines if line.strip()][-_LOG_LINES:]
    for line in kept:
        try:
            entry = json.loads(line[line.index("{") :])
        except ValueError:
            entry = {}
        if not isinstance(entry, dict) or entry.get("event") not in _EVENTS:
            yield '{"event": "not mailguard\'s"}'
            continue
        shown = {name: value for name, value in entry.items() if name in FIELDS | {"at", "level", "event", "logger"}}
        # A library's text was masked when it was written; it is masked again, in case it was not.
        if "text" in entry:
            shown["text"] = mask(str(entry["text"]))
        shown.pop("user", None)
        yield json.dumps(shown)
