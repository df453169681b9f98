"""Configuration TOML -> settings, a slice for each part. Every key has a default; an unknown key is an error.

All problems are collected and told with file, line and remedy. Relative paths are taken from the folder of the
configuration file. Nothing is read here but that one file and the smart host's password: whether key, roll and policy
can be used is asked by `mailguard.serve` and `mailguard check-config`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from mailguard.console.settings import ConsoleSettings
from mailguard.console.sign_in import take_sign_in
from mailguard.deliver.configured import deliver_settings
from mailguard.deliver.route import Host, parse_host
from mailguard.deliver.settings import DeliverSettings
from mailguard.enrol.settings import RollSource, roll_sources
from mailguard.hold.settings import ReminderSettings, take_mailbox, take_mailboxes, take_reminders
from mailguard.observe.systemd import credential
from mailguard.policy import Problem
from mailguard.policy.toml import Source, Table
from mailguard.receive.settings import ListenerSettings, ListenerTls, OnHold, ReceiveSettings
from mailguard.store import StoreError, StoreSettings
from mailguard.workers import WorkerSettings

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):(\d{1,5})")
_DEFAULT_ADDRESS = {"receive": "127.0.0.1:2525", "console": "127.0.0.1:8080", "observe": "127.0.0.1:9125"}


class Mode(StrEnum):
    """Whether what would be held is held, or delivered and only counted."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class ConfigError(Exception):
    """A configuration that cannot be used, with all its problems in order of line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """What one school has of its own; None and "" where the general setting counts."""

    mode: Mode | None = None
    office: str = ""
    escalate_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept is kept."""

    delivered_sightings: timedelta = timedelta(days=90)
    decided: timedelta = timedelta(days=30)
    audit: timedelta = timedelta(days=6 * 365)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens; port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one mailguard."""

    store: StoreSettings
    receive: ReceiveSettings
    deliver: DeliverSettings
    workers: WorkerSettings
    node: str
    roll_sources: tuple[RollSource, ...]
    policy_file: Path
    observe: Address
    console: ConsoleSettings
    mode: Mode = Mode.ENFORCE
    schools: Mapping[str, SchoolSettings] = field(default_factory=dict)
    hold_expire_after: timedelta | None = None
    reminders: ReminderSettings = field(default_factory=ReminderSettings)
    escalate_to: tuple[str, ...] = ()
    notices: Path | None = None
    retention: Retention = Retention()

    def mode_of(self, school: str) -> Mode:
        """Return the mode of a school."""
        own = self.schools.get(school)
        return own.mode if own and own.mode else self.mode

    def office_of(self, school: str) -> str:
        """Return the address of a school's office, "" if none is set."""
        own = self.schools.get(school)
        return own.office if own else ""

    def escalate_to_of(self, school: str) -> tuple[str, ...]:
        """Return who is told of a school's mail that waits too long."""
        own = self.schools.get(school)
        return (own.escalate_to if own else ()) or self.escalate_to


def load_config(path: Path) -> Config:
    """Read a configuration file. Raises ConfigError, also when the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.object[: error.start].count(b"\n") + 1
        raise ConfigError((Problem(path.name, at, "this is not UTF-8.", "Save the file as UTF-8."),)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError((Problem(str(path), 0, f"cannot be read: {reason}.", "Check path and rights."),)) from None
    return parse_config(text, path.absolute().parent, path.name)


def parse_config(text: str, folder: Path, name: str = "mailguard.toml") -> Config:
    """Parse a configuration whose relative paths start at `folder`. Raises ConfigError with all problems."""
    source = Source(text.replace("\r\n", "\n"), name)
    if source.problems:
        raise ConfigError(source.faults())
    root = source.root
    hold, observe, console = root.table("hold"), root.table("observe"), root.table("console")
    store, roll, policy = root.table("store"), root.table("roll"), root.table("policy")
    node = _node(store)
    receive = _receive(root.table("receive"), folder, node if "node" in store else "")
    config = Config(
        mode=root.choice("mode", Mode, Mode.ENFORCE),
        schools=_schools(root.table("school")),
        store=_store(store, folder),
        node=node,
        receive=receive,
        deliver=deliver_settings(root.table("deliver"), root.table("school"), folder, receive.hostname),
        workers=_workers(root.table("workers")),
        roll_sources=roll_sources(roll, folder),
        policy_file=_path(policy, "file", folder, "/etc/mailguard/policy.toml"),
        hold_expire_after=_never(hold, "expire_after"),
        reminders=take_reminders(hold),
        escalate_to=take_mailboxes(hold, "escalate_to"),
        notices=_path(hold, "notices", folder, "") if "notices" in hold else None,
        retention=_retention(root.table("retention")),
        observe=_address(observe, "listen", _DEFAULT_ADDRESS["observe"]),
        console=_console(console, folder),
    )
    _no_circle(root, config)
    for table in (store, hold, observe, console, roll, policy, root):
        table.finish()
    if source.problems:
        raise ConfigError(source.faults())
    return config


def _no_circle(root: Table, config: Config) -> None:
    """A smart host that is one of our own listeners would send all mail round in a circle. Names are not looked up:
    what only DNS can tell, `mailguard doctor` asks."""
    schools = [(("school", code, "smart_host"), hosts) for code, hosts in config.deliver.by_school.items()]
    for path, hosts in ((("deliver", "smart_host"), config.deliver.smart_hosts), *schools):
        for text in hosts:
            with suppress(ValueError):
                host = parse_host(text)
                if any(_reaches(host, listener, config.receive.hostname) for listener in config.receive.listeners):
                    told = f'"{text}" is where mailguard itself listens: mail would go round in a circle.'
                    root.source.report(path, told, "Name the server that mail goes on to.", text)


def _reaches(host: Host, listener: ListenerSettings, own_name: str) -> bool:
    """Whether a server, by name or address, is one of our listeners, as far as the two texts can tell."""
    if host.port != listener.port:
        return False
    name = host.name.lower().rstrip(".")
    near = name in ("localhost", "127.0.0.1", "::1")
    everywhere = listener.host in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
    if everywhere:
        return near or name in (listener.host, own_name.lower() or None)
    return name == listener.host.lower() or (name == "localhost" and listener.host in ("127.0.0.1", "::1"))


def _path(table: Table, key: str, folder: Path, default: str) -> Path:
    return folder / table.text(key, default)


def _span(table: Table, key: str, default: timedelta) -> timedelta:
    return timedelta(seconds=table.duration(key, default.total_seconds()))


def _never(table: Table, key: str) -> timedelta | None:
    """Take a duration, or "never" (None)."""
    if table.values.get(key, "never") == "never":
        table.take(key)
        return None
    return _span(table, key, timedelta(0)) or None


def parse_address(text: str) -> Address | None:
    """Return host and port of "host:port" or "[v6]:port", or None."""
    match = _ADDRESS.fullmatch(text.strip())
    if not match or int(match[2]) > 65535:
        return None
    return Address(match[1].strip("[]"), int(match[2]))


def _checked_address(table: Table, key: str, text: str) -> Address:
    address = parse_address(text)
    if address is None:
        table.report(key, f'"{text}" is not an address with a port.', 'Write it as "127.0.0.1:2525".', text)
        return Address("127.0.0.1", 0)
    return address


def _address(table: Table, key: str, default: str) -> Address:
    return _checked_address(table, key, table.text(key, default))


def _network(table: Table, key: str, text: str) -> str | None:
    try:
        return str(ipaddress.ip_network(text.strip()))
    except ValueError as error:
        remedy = 'Write one address or a network: "10.1.2.3/32", "10.1.2.0/24".'
        reason = "has host bits set" if "host bits" in str(error) else "is not a network"
        table.report(key, f'"{text}" {reason}.', remedy, text)
        return None


def _networks(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    return table.texts(key, default, lambda text: _network(table, key, text))


def _schools(table: Table) -> dict[str, SchoolSettings]:
    schools = {}
    for code in table.values:
        own = table.table(code)
        office = own.text("office")
        if office:
            take_mailbox(own, "office", office)
        schools[code] = SchoolSettings(
            mode=own.choice("mode", Mode, Mode.ENFORCE) if "mode" in own else None,
            office=office,
            escalate_to=take_mailboxes(own, "escalate_to"),
        )
        own.take("smart_host")  # read with [deliver]
        own.finish()
    return schools


def _store(table: Table, folder: Path) -> StoreSettings:
    url = table.text("url", "sqlite:////var/lib/mailguard/mailguard.db")
    relative = re.fullmatch(r"sqlite:///([^/].*)", url)
    settings = StoreSettings(
        url=f"sqlite:///{folder / relative[1]}" if relative else url,
        key_file=credential("mailguard-key", _path(table, "key_file", folder, "/etc/mailguard/key")),
    )
    try:
        settings.check()
    except StoreError:
        remedy = 'Write it as "sqlite:////var/lib/mailguard/mailguard.db".'
        table.report("url", "this is not the URL of a store.", remedy)
    return settings


def _node(table: Table) -> str:
    """Take this relay's name among those on one database; names stand in leases and audit chains."""
    name = table.text("node", "local")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
        table.report("node", f'"{name}" is not a name for a node.', 'Use letters, figures, "-", "." and "_".', name)
    return name


def _receive(table: Table, folder: Path, node: str) -> ReceiveSettings:
    default = ReceiveSettings()
    settings = ReceiveSettings(
        listeners=_listeners(table, folder),
        allow=_networks(table, "allow", default.allow),
        hostname=table.text("hostname"),
        node=node,
        users=_path(table, "users", folder, "") if "users" in table else None,
        max_message_bytes=table.number("max_message_bytes", 52428800, 1 << 16, 1 << 30),
        max_recipients=table.number("max_recipients", default.max_recipients, 1, 100_000),
        max_connections=table.number("max_connections", default.max_connections, 1, 100_000),
        max_connections_per_peer=table.number("max_connections_per_peer", default.max_connections_per_peer, 1, 100_000),
    )
    table.finish()
    return settings


def _listeners(table: Table, folder: Path) -> tuple[ListenerSettings, ...]:
    value: Any = table.values.get("listen")
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return tuple(_listener(listener, folder) for listener in table.tables("listen"))
    texts = table.texts("listen", (_DEFAULT_ADDRESS["receive"],))
    addresses = [_checked_address(table, "listen", text) for text in texts]
    if not addresses:
        table.report("listen", "no address to listen on.", 'Write listen = ["127.0.0.1:2525"].')
    return tuple(ListenerSettings(address.host, address.port) for address in addresses)


def _listener(table: Table, folder: Path) -> ListenerSettings:
    address = _address(table, "address", _DEFAULT_ADDRESS["receive"])
    settings = ListenerSettings(
        host=address.host,
        port=address.port,
        tls=table.choice("tls", ListenerTls, ListenerTls.NONE),
        certificate=_path(table, "certificate", folder, "") if "certificate" in table else None,
        private_key=_path(table, "private_key", folder, "") if "private_key" in table else None,
        auth=table.flag("auth", False),
        proxy_from=_networks(table, "proxy", ()),
        school=table.text("school") or None,
        on_hold=table.choice("on_hold", OnHold, OnHold.HOLD),
        allow=_networks(table, "allow", ()),
    )
    if settings.tls is not ListenerTls.NONE and not (settings.certificate and settings.private_key):
        table.report("tls", "TLS needs a certificate.", 'Add certificate = "..." and private_key = "...".')
    if settings.auth and settings.tls is ListenerTls.NONE:
        table.report("auth", "AUTH without TLS would show passwords.", 'Add tls = "starttls" or "implicit".')
    table.finish()
    return settings


def _console(table: Table, folder: Path) -> ConsoleSettings:
    address, default = _address(table, "listen", _DEFAULT_ADDRESS["console"]), ConsoleSettings()
    # A console for this machine alone is opened where it listens.
    alone = address.host == "127.0.0.1" and address.port and "certificate" not in table
    own = f"http://127.0.0.1:{address.port}" if alone else default.public_url
    settings = ConsoleSettings(
        host=address.host,
        port=address.port,
        public_url=table.text("public_url", own).rstrip("/"),
        session_idle=_span(table, "session_idle", default.session_idle),
        session_most=_span(table, "session_most", default.session_most),
        certificate=_path(table, "certificate", folder, "") if "certificate" in table else None,
        private_key=_path(table, "private_key", folder, "") if "private_key" in table else None,
        sign_in=take_sign_in(table.table("sign_in"), folder),
        prometheus=table.text("prometheus").rstrip("/"),
    )
    for key, message, remedy in settings.problems():
        table.report(key, message, remedy)
    return settings


def _retention(table: Table) -> Retention:
    default = Retention()
    settings = Retention(
        delivered_sightings=_span(table, "delivered_sightings", default.delivered_sightings),
        decided=_span(table, "decided", default.decided),
        audit=_span(table, "audit", default.audit),
    )
    table.finish()
    return settings


def _workers(table: Table) -> WorkerSettings:
    default = WorkerSettings()
    settings = WorkerSettings(
        readers=table.number("readers", default.readers, 1, 256),
        screeners=table.number("screeners", default.screeners, 1, 256),
        require_sandbox=table.flag("require_sandbox", default.require_sandbox),
        picture_readers=table.number("picture_readers", default.picture_readers, 0, 64),
        shared_files=table.number("shared_files", default.shared_files, 0, 10_000),
        picture_cpu_seconds=table.number("picture_cpu_seconds", default.picture_cpu_seconds, 10, 3600),
    )
    table.finish()
    return settings
