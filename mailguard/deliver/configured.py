"""The table [deliver] of the configuration, and the smart hosts of schools, as settings."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from mailguard.deliver.mx import parse_nameserver
from mailguard.deliver.retry import RetryPlan
from mailguard.deliver.route import MX, parse_host
from mailguard.deliver.settings import DeliverSettings, Login, TlsPolicy
from mailguard.policy.toml import Table, seconds

_PORT = re.compile(r":\d+\s*$")


def deliver_settings(table: Table, schools: Table, folder: Path, hostname: str) -> DeliverSettings:
    """Take the settings of the table [deliver] and of `smart_host` in each school's; `hostname` is our name unless the
    table gives another. Problems are reported to the table's source."""
    default = DeliverSettings()
    plan = default.plan
    own = {
        code: _smart_hosts(Table(schools.source, (*schools.path, code), values))
        for code, values in schools.values.items()
        if isinstance(values, dict)
    }
    settings = DeliverSettings(
        smart_hosts=_smart_hosts(table) or default.smart_hosts,
        by_school={code: hosts for code, hosts in own.items() if hosts},
        tls=table.choice("tls", TlsPolicy, default.tls),
        login=_login(table, folder),
        hostname=table.text("hostname", hostname),
        stamp=table.flag("stamp", default.stamp),
        nameservers=table.texts("nameservers", (), lambda text: _nameserver(table, text)),
        plan=RetryPlan(
            schedule=_schedule(table, plan.schedule),
            expire_after=_span(table, "expire_after", plan.expire_after),
            delay_notice_after=_span(table, "delay_notice_after", plan.delay_notice_after),
        ),
    )
    if settings.stamp and settings.smart_hosts == (MX,):
        table.report("stamp", "a stamp is for a smart host that may hand mail in again.", 'Name it in place of "mx".')
    table.finish()
    return settings


def _smart_hosts(table: Table) -> tuple[str, ...]:
    """Take one "host:port" or several, in order of preference, or "mx" for the recipients' own servers."""
    value = table.values.get("smart_host")
    if value == MX:
        return (table.text("smart_host"),)
    texts = table.texts("smart_host", ()) if isinstance(value, list) else (table.text("smart_host"),)
    for text in texts:
        if text:
            try:
                parse_host(text if _PORT.search(text) else "")
            except ValueError:
                told = f'"{text}" is not an address with a port.'
                table.report("smart_host", told, 'Write it as "mail.example.org:25".', text)
    return tuple(text for text in texts if text)


def _nameserver(table: Table, text: str) -> str | None:
    try:
        parse_nameserver(text)
    except ValueError:
        table.report("nameservers", f'"{text}" is not the address of a server.', 'Write "192.0.2.53".', text)
        return None
    return text


def _schedule(table: Table, default: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    found = []
    for text in table.texts("retry_schedule", ()):
        length = seconds(text)
        if not length:
            table.report("retry_schedule", f'"{text}" is not a duration.', 'Write "90s", "15m", "4h".', text)
        else:
            found.append(timedelta(seconds=length))
    return tuple(found) or default


def _login(table: Table, folder: Path) -> Login | None:
    """Take a user's name and the file whose first line is the password: a secret has no place in a file that is shown
    around."""
    user, file = table.text("user"), table.text("password_file")
    if not user and not file:
        return None
    if not (user and file):
        missing, there = ("user", "password_file") if file else ("password_file", "user")
        table.report(there, f"{missing} is missing beside it.", 'Write user = "..." and password_file = "...".')
        return None
    try:
        lines = (folder / file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8"
        table.report("password_file", f"cannot be read: {reason}.", "Check path and rights.")
        return None
    if not lines or not lines[0]:
        table.report("password_file", "holds no password.", "Write it in the first line.")
        return None
    return Login(user, lines[0])


def _span(table: Table, key: str, default: timedelta) -> timedelta:
    return timedelta(seconds=table.duration(key, default.total_seconds()))
