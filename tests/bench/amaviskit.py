"""Postfix with amavisd-new behind it, both private, on loopback, ended by their process ids.

amavisd-new takes messages apart (MIME decoding) and looks for nothing: no viruses, no spam, no decoders of archives.
"""

from __future__ import annotations

import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from dialogues.servekit import free_port
from peers.postfixkit import Postfix

PROGRAM = "/usr/sbin/amavisd"
USER = "amavis"
CONFIG = """\
use strict;
$max_servers = {servers};
$max_requests = 1000;
$daemon_user = '{user}';
$daemon_group = '{user}';
$MYHOME = '{folder}';
$TEMPBASE = '{folder}/tmp';
$db_home = '{folder}/db';
$helpers_home = '{folder}';
$QUARANTINEDIR = undef;
$pid_file = '{folder}/pid';
$lock_file = '{folder}/lock';
$mydomain = 'in.test';
$myhostname = 'amavis.in.test';
$inet_socket_bind = '127.0.0.1';
$inet_socket_port = {port};
@inet_acl = qw(127.0.0.1);
$forward_method = 'smtp:[127.0.0.1]:{back}';
$notify_method = $forward_method;
$enable_db = 0;
$enable_zmq = 0;
$do_syslog = 0;
$log_level = 0;
$LOGFILE = '{folder}/log';
@bypass_virus_checks_maps = (1);
@bypass_spam_checks_maps = (1);
@decoders = ();
$final_banned_destiny = D_PASS;
$final_bad_header_destiny = D_PASS;
1;
"""
BACK = """\
filter unix - - n - {servers} smtp
127.0.0.1:{back} inet n - n - - smtpd
  -o content_filter=
"""


class Filtered:
    """A Postfix that has every message pass amavisd-new on its way to 127.0.0.1:`to_port`. FileNotFoundError where
    that is not installed."""

    def __init__(self, to_port: int, servers: int = 2) -> None:
        if not Path(PROGRAM).exists():
            raise FileNotFoundError(f"{PROGRAM}: install amavisd-new to run this bench")
        self.folder = Path(tempfile.mkdtemp(prefix="mailguard-amavis-"))
        self._port, back = free_port(), free_port()
        owner = pwd.getpwnam(USER)
        self.folder.chmod(0o755)
        for name in ("tmp", "db"):
            (self.folder / name).mkdir()
            shutil.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        shutil.chown(self.folder, owner.pw_uid, owner.pw_gid)
        # Its configuration must belong to root, and so must the folder that it is in.
        self._config = Path(tempfile.mkdtemp(prefix="mailguard-amavis-config-"))
        self._config.chmod(0o755)
        (self._config / "amavisd.conf").write_text(
            CONFIG.format(folder=self.folder, user=USER, servers=servers, port=self._port, back=back)
        )
        self.postfix = Postfix.relaying(free_port(), to_port)
        etc = self.postfix.folder / "etc"
        with (etc / "main.cf").open("a") as file:
            file.write(f"content_filter = filter:[127.0.0.1]:{self._port}\n")
        with (etc / "master.cf").open("a") as file:
            file.write(BACK.format(back=back, servers=servers))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where mail is taken."""
        return self.postfix.port

    @property
    def pids(self) -> tuple[int, int]:
        """The process ids of Postfix's master and of amavisd-new's parent."""
        assert self._process
        return self.postfix.pid, self._process.pid

    def start(self) -> None:
        """Start both and wait until they answer."""
        self.postfix.start()
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(self._config / "amavisd.conf"), "foreground"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("amavisd-new does not answer")

    def stop(self) -> None:
        """End both and take their folders away."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        self.postfix.stop()
        for folder in (self.folder, self._config):
            shutil.rmtree(folder, ignore_errors=True)
