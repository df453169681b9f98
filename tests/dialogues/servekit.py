"""`mailguard serve` as a process tree of its own, with configuration, roll, policy and key in one folder."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ROLL = {
    "pupils.csv": "school,pupil_id,upn,uln,forename,middle_names,surname,preferred_forename,preferred_surname,"
    "date_of_birth,year_group,registration_group,address,postcode,email,status\n"
    "OAK,1,H801200001001,,Annabel,,Quillfeather,,,2014-03-09,5,5B,,,,current\n"
    "OAK,2,Y801200001002,,Tobias,,Marrowgate,,,2013-11-21,6,6A,,,,current\n",
    "contacts.csv": "contact_id,title,forename,surname,emails,phones,address,postcode,confidential\n"
    "c1,,Rowan,Quillfeather,rowan@quillfeather.test,,,,n\nc2,,Petra,Marrowgate,petra@marrowgate.test,,,,n\n",
    "relationships.csv": "pupil_id,contact_id,relationship,parental_responsibility,may_receive,priority\n"
    "1,c1,parent,y,y,1\n2,c2,parent,y,y,1\n",
}
POLICY = '[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oakfield.example"]\n'


RECORD = (
    b"Dear parent,\r\n\r\nAnnabel Quillfeather, born 9 March 2014, UPN H801200001001, class 5B.\r\n"
    b"Medical: asthma, uses an inhaler twice a day.\r\n"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def descendants(root: int) -> list[int]:
    """Every process under `root`, from /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


class House:
    """`mailguard serve` as a process tree of its own, with everything it needs in one folder."""

    program: tuple[str, ...] = ("-m", "mailguard")

    def __init__(self, folder: Path, upstream: str) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "roll").mkdir()
        for name, text in ROLL.items():
            (folder / "roll" / name).write_text(text)
        (folder / "policy.toml").write_text(POLICY)
        (folder / "key").write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
        (folder / "key").chmod(0o400)
        self.config = folder / "mailguard.toml"
        self.config.write_text(
            f'[store]\nurl = "sqlite:///{folder}/mailguard.db"\nkey_file = "{folder}/key"\n'
            f'[receive]\nlisten = ["127.0.0.1:{self.port}"]\n'
            f'[deliver]\nsmart_host = "{upstream}"\ntls = "none"\nretry_schedule = ["1s"]\n'
            f'[roll]\nsource = "{folder}/roll"\n[policy]\nfile = "{folder}/policy.toml"\n'
            '[observe]\nlisten = "127.0.0.1:0"\n'
        )
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        log = (self.folder / "log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *self.program, "serve", "--config", str(self.config), stdout=log, stderr=log
        )
        async with asyncio.timeout(60):
            while True:
                assert self.process.returncode is None, (self.folder / "log").read_text()[-2000:]
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.02)

    async def kill(self) -> None:
        assert self.process
        for pid in descendants(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        await self.process.wait()

    async def stop(self) -> None:
        assert self.process
        self.process.terminate()
        assert await self.process.wait() == 0, (self.folder / "log").read_text()[-2000:]

    async def run(self, *words: str) -> str:
        """Run a subcommand on this house; returns its standard output."""
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(self.config)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode()

    async def ask(self, *words: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = json.loads(await self.run(*words, "--json"))
        return answer
