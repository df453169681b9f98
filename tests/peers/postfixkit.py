"""A private Postfix instance in a folder of its own, on loopback, ended by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

DAEMONS = Path("/usr/lib/postfix/sbin")
NOBODY = 65534
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""
SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {name}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
smtpd_client_connection_count_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""


class Postfix:
    """Start with `start`, end with `stop`. Raises FileNotFoundError where Postfix is not installed and PermissionError
    without root: such a machine cannot run these tests and should say so."""

    def __init__(self, name: str, port: int, settings: str) -> None:
        for program in ("/usr/sbin/postfix", str(DAEMONS / "master")):
            if not Path(program).exists():
                raise FileNotFoundError(f"{program}: install Postfix to run the peer tests")
        if os.geteuid():
            raise PermissionError("Postfix starts as root only: run the peer tests as root")
        self.name = name
        self.port = port
        # Not below pytest's own folder: Postfix's daemons are other users and could not reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="mailguard-postfix-"))
        self.folder.chmod(0o755)
        config = self.folder / "etc"
        config.mkdir()
        (self.folder / "queue").mkdir()
        (self.folder / "data").mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", NOBODY, NOBODY)
        (config / "main.cf").write_text(SETTINGS.format(folder=self.folder, name=name) + settings)
        (config / "master.cf").write_text(SERVICES.format(port=port))
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def relaying(cls, port: int, to_port: int) -> Postfix:
        """One that hands everything to 127.0.0.1:`to_port`."""
        return cls("in.test", port, f"relayhost = [127.0.0.1]:{to_port}\n")

    @classmethod
    def delivering(cls, port: int, mailboxes: tuple[str, ...], gone: str) -> Postfix:
        """One that delivers to a maildir for each of `mailboxes` and says that there is no `gone`."""
        domains = sorted({address.partition("@")[2] for address in mailboxes})
        postfix = cls(
            "out.test",
            port,
            f"virtual_mailbox_domains = {' '.join(domains)}\n"
            f"virtual_uid_maps = static:{NOBODY}\nvirtual_gid_maps = static:{NOBODY}\nvirtual_minimum_uid = 1\n"
            f"smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ {gone} = 550 5.1.1 Gone }} }}\n",
        )
        maildirs = (f"{address} {'/'.join(reversed(address.split('@')))}/\n" for address in mailboxes)
        (postfix.folder / "etc" / "mailboxes").write_text("".join(maildirs))
        with (postfix.folder / "etc" / "main.cf").open("a") as file:
            file.write(f"virtual_mailbox_base = {postfix.folder}/mail\n")
            file.write(f"virtual_mailbox_maps = texthash:{postfix.folder}/etc/mailboxes\n")
        return postfix

    def start(self) -> None:
        """Start it and wait until it answers."""
        config = self.folder / "etc"
        subprocess.run(["/usr/sbin/postfix", "-c", str(config), "check"], check=True)
        self._process = subprocess.Popen([str(DAEMONS / "master"), "-c", str(config), "-d"])
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"Postfix {self.name} does not answer: {self.log()[-1000:]}")

    @property
    def pid(self) -> int:
        """The process id of its master."""
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        """End it and take its folder away."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it has logged."""
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def mailboxes(self) -> dict[str, list[bytes]]:
        """Address -> messages delivered to it."""
        found: dict[str, list[bytes]] = {}
        for message in sorted((self.folder / "mail").glob("*/*/new/*")):
            domain, local = message.parts[-4], message.parts[-3]
            found.setdefault(f"{local}@{domain}", []).append(message.read_bytes())
        return found
