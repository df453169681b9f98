"""A real PostgreSQL server for the tests that need one."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

DATABASES = count()


class Server:
    """A PostgreSQL server of our own, on a socket in its own folder."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        program = found[-1] if found else shutil.which("postgres")
        if not program:
            pytest.fail("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        self.bin = Path(program).parent
        self.folder = Path(tempfile.mkdtemp(prefix="mailguard-pg-"))
        self.user = {}
        if os.geteuid() == 0:  # the server refuses to run as root
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        self._do("initdb", "-D", self.folder / "data", "-U", "mailguard", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def _do(self, program, *args):
        subprocess.run([self.bin / program, *args], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.user)

    def start(self) -> None:
        # After a kill the server looks over its whole folder first, which takes its time on a busy disk.
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c log_min_messages=fatal"
            " -c recovery_init_sync_method=syncfs"
        )
        self._do(
            *("pg_ctl", "-D", self.folder / "data", "-w", "-t", "200", "-s"),
            *("-l", self.folder / "log", "-o", options, "start"),
        )

    def stop(self, mode: str = "fast") -> None:
        self._do("pg_ctl", "-D", self.folder / "data", "-w", "-t", "200", "-s", "-m", mode, "stop")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://mailguard@/{name}?host={self.folder}"

    def new_database(self, more: str = "") -> str:
        name = f"t{next(DATABASES)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"create database {name} {more}")
        return self.url(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop("immediate")
    shutil.rmtree(server.folder)
