"""The container file built and compose started for real, by podman on a base made of a bare Debian: the guide's blocks
are run as they stand, and mail goes through the published port."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dialogues.servekit import ROLL
from docs.guidekit import blocks
from peers.machinekit import Debian
from peers.podmankit import Podman

ROOT = Path(__file__).parents[2]
# The smart host answers nothing: what is shown is the way in, the judgement and the hold.
ANSWERS = "OAK\nOakfield Primary School\noakfield.example\noffice@oakfield.example\n127.0.0.1:2525\n127.0.0.1:2526\n"
SEND = """python3 - <<'PROGRAM'
import smtplib
mail = "Subject: Test\\r\\n\\r\\nPupil U999299900001 has been moved to set 2.\\r\\n"
with smtplib.SMTP("127.0.0.1", 2525, timeout=30) as client:
    client.sendmail("office@oakfield.example", ["somebody@example.org"], mail)
PROGRAM"""
CLI = "docker compose exec -T relay mailguard"
NOT_YET = "^(WARN|FAIL)  *(console|observe|listener|relay):"
CONFIG = "--config /etc/mailguard/mailguard.toml"
# What the makers' images do with the variables that compose gives them, in short.
POSTGRES = """#!/bin/sh -eu
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data
install -m 0600 -o postgres "$POSTGRES_PASSWORD_FILE" /tmp/password
chown postgres "$data"
as() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
[ -e "$data/PG_VERSION" ] || {
  as "$bin/initdb" -U "$POSTGRES_USER" --pwfile /tmp/password -A scram-sha-256 "$data"
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  echo "create database $POSTGRES_DB" | as "$bin/postgres" --single -D "$data" postgres
}
exec setpriv --reuid postgres --regid postgres --init-groups "$bin/postgres" -D "$data" -c listen_addresses='*' -k /tmp
"""

pytestmark = [pytest.mark.long, pytest.mark.peer, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    folder = tmp_path_factory.mktemp("podman")
    debian = Debian.make(folder / "debian")
    debian.install("python3", "python3-venv")
    debian.run("ln -sf python3 /usr/bin/python")
    with Podman(folder) as podman:
        podman.image_of(debian, "localhost/python-base")
        debian.install("prometheus", "postgresql", "util-linux")
        entry = debian.root / "usr/local/bin/entry"
        entry.write_text(POSTGRES)
        entry.chmod(0o755)
        scraper = '["prometheus","--config.file=/etc/prometheus/prometheus.yml","--storage.tsdb.path=/prometheus"]'
        images = dict(re.findall(r"image: (docker\.io/.*/(prometheus|postgres):\S+)", _compose()))
        for image, what in images.items():
            starts = scraper if what == "prometheus" else '["/usr/local/bin/entry"]'
            podman.image_of(debian, image, f"ENTRYPOINT {starts}")
        yield podman


def _compose() -> str:
    return (ROOT / "deploy" / "docker" / "compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def source(podman: Podman) -> Path:
    """The source, with the image of it; the base stands for the image of Python that the container file names."""
    context = Debian(podman.folder / "context")
    context.bring_source(ROOT, "source")
    source = context.root / "source"
    key = source / "deploy" / "docker" / "site" / "key"
    key.parent.mkdir()
    key.write_text("of a site made before")
    build, *_ = blocks("docker/README.md", under="Steps")[0].splitlines()
    base_is = "--network host --format docker --build-arg BASE=localhost/python-base"
    podman.outside(f"cd {source}\n{build.replace('docker build', f'docker build {base_is}')}")
    key.unlink()
    return source


@pytest.fixture(scope="module")
def site(podman: Podman, source: Path) -> Path:
    """Relay and console up, by the guide's steps."""
    first, doors, roll, start, hold = blocks("docker/README.md", under="Steps")
    here = f"cd {source}\n"
    podman.inside(here + "\n".join(first.splitlines()[1:]), user_input=ANSWERS)
    podman.inside(here + doors)
    export = source / "deploy" / "docker" / "export"
    export.mkdir()
    for name, text in ROLL.items():
        (export / name).write_text(text, encoding="utf-8")
    assert "2 pupils" in podman.inside(here + roll)
    podman.inside(here + start)
    _until(podman, "the relay listens", f"cd {source}/deploy/docker && {CLI} doctor {CONFIG} | grep '^OK  *relay:'")
    podman.inside(here + hold)
    return source / "deploy" / "docker"


def _until(podman: Podman, what: str, script: str, seconds: float = 120) -> str:
    end = time.monotonic() + seconds
    while True:
        try:
            return podman.inside(script)
        except AssertionError as error:
            if time.monotonic() > end:
                raise AssertionError(f"{what}: {error}") from None
            time.sleep(1)


def test_the_demo_runs_in_the_image_as_a_user_without_rights(podman: Podman, source: Path) -> None:
    del source
    run = "podman run --rm --entrypoint"
    assert podman.inside(f"{run} id localhost/mailguard -u").strip() == "10025"
    lines = podman.inside(f"{run} mailguard localhost/mailguard demo --exit").splitlines()
    assert len(lines) > 20
    assert all(line.startswith("ok ") for line in lines)
    assert "site/key" not in podman.inside(f"{run} find localhost/mailguard /opt/mailguard -name key")
    may = "test -w /var/lib/mailguard && ! test -w /opt/mailguard && ! test -w /etc && echo only its data"
    assert podman.inside(f"{run} sh localhost/mailguard -c '{may}'").strip() == "only its data"


def test_a_test_mail_is_held_by_the_composed_relay_and_doctor_is_content(podman: Podman, site: Path) -> None:
    _until(podman, "the mail is taken", SEND)
    held = _until(podman, "the mail is held", f"cd {site} && {CLI} held list {CONFIG} | grep somebody")
    assert "unknown-upn" in held
    # Nothing is wrong but the smart host, which is not there, and that its office is an example.
    _until(podman, "doctor is content", f"cd {site} && {CLI} doctor {CONFIG} >said || ! grep -E '{NOT_YET}' said")
    told = (site / "said").read_text().splitlines()
    wrong = [line.split()[:2] for line in told if line.startswith(("WARN", "FAIL"))]
    assert wrong == [["WARN", "schools:"], ["FAIL", "next-hop:"]], told
    page = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/').read().decode())"
    assert "Password" in podman.inside(f'python3 -c "{page}"')


def test_the_composed_prometheus_scrapes_the_relay(podman: Podman, site: Path) -> None:
    podman.inside(f"cd {site}/../..\n{blocks('docker/README.md', under='Watched')[0]}")
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/api/v1/query?query={}').read().decode())"
    up = ask.format("up")
    _until(podman, "the relay is scraped", f"""python3 -c "{up}" | grep '"1"'""")
    rules = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/api/v1/rules').read().decode())"
    assert '"state":"' in podman.inside(f'python3 -c "{rules}"')


def test_the_composed_database_takes_the_store_over(podman: Podman, site: Path) -> None:
    podman.inside(f"cd {site}/../..\n{blocks('docker/README.md', under='On PostgreSQL')[0]}")
    _until(podman, "the relay runs", f"cd {site} && {CLI} doctor {CONFIG} | grep '^OK  *relay:'")
    _until(podman, "the mail is taken", SEND)
    assert "somebody" in _until(podman, "held", f"cd {site} && {CLI} held list {CONFIG} | grep somebody")
