"""Makes the references beside this file from the code: python deploy/reference.py

CONFIGURATION.md (every key that the parser takes, its default), LOGS.md (every event and field), man/mailguard.1 and
completion/ (every command and option), and the configuration that `mailguard init` fills in, with every key explained.
A test compares what is committed with what this makes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer.main
from typer.completion import get_completion_script

from mailguard import __version__, config
from mailguard.cli import app
from mailguard.observe.logs import FIELDS, MEANINGS, Event
from mailguard.policy.toml import Table

# One sentence a key. A key that the parser takes and that is not here stops the generator, and so the test.
MEANINGS_OF_KEYS = {
    "mode": "`enforce` holds; `observe` judges everything, delivers everything and counts what it would have held.",
    "school.CODE.mode": "This school's own mode.",
    "school.CODE.office": "The office's mailbox: told of held mail. Without it only senders are told.",
    "school.CODE.smart_host": "This school's own next server, or a list of them.",
    "store.url": "`sqlite:////path/to/file` or `postgresql://user@host/database` (several nodes).",
    "store.key_file": "What everything personal is locked with. A systemd credential `mailguard-key` goes before it.",
    "store.node": "This relay's name among those on one database.",
    "receive.listen": "Addresses to listen on, or `[[receive.listen]]` tables (below).",
    "receive.allow": "Networks whose machines may hand in mail. Nobody else may, unless signed in.",
    "receive.hostname": "Our name in greetings; default: this machine's.",
    "receive.users": "A file of `name:argon2-hash` lines for AUTH.",
    "receive.max_message_bytes": "Larger messages are refused (552).",
    "receive.max_recipients": "More recipients in one transaction are put off (452).",
    "receive.max_connections": "Connections at one time.",
    "receive.max_connections_per_peer": "Connections of one machine at one time.",
    "receive.listen.address": "Where to listen.",
    "receive.listen.tls": "`none`, `starttls`, `required` (STARTTLS before anything) or `implicit`.",
    "receive.listen.certificate": "PEM file; renewed files are taken up by themselves.",
    "receive.listen.private_key": "PEM file of its key.",
    "receive.listen.auth": "Clients may sign in (needs TLS and `users`).",
    "receive.listen.proxy": "Networks of load balancers that speak the PROXY protocol.",
    "receive.listen.school": "The school of mail that comes in here, where its sender does not tell.",
    "receive.listen.on_hold": "`hold`, or `reject`: refuse what would be held while its sender is connected.",
    "receive.listen.allow": "More networks that may hand in mail here.",
    "deliver.smart_host": "The next server (`host:port`), a list in order of preference, or `mx`: the recipients' own.",
    "deliver.nameservers": "DNS servers that are asked for `mx`; default: this machine's.",
    "deliver.stamp": "Mark what is sent as passed, for a smart host that may hand it in again (exchange-online).",
    "deliver.tls": "`none`, `opportunistic`, `required` (any certificate) or `verified`.",
    "deliver.user": "Sign-in at the next server.",
    "deliver.password_file": "A file whose first line is the password.",
    "deliver.hostname": "Our name towards the next server; default: that of [receive].",
    "deliver.retry_schedule": "Pauses between attempts; the last one repeats.",
    "deliver.expire_after": "Then the sender gets a failure report.",
    "deliver.delay_notice_after": "Then the sender is told that it is late.",
    "roll.source": "Folder or file of the roll; read again when it changes.",
    "policy.file": "The policy; read again on SIGHUP.",
    "hold.expire_after": "Held mail expires then, after it was escalated; `never` keeps it until somebody decides.",
    "hold.notices": "A folder of notices in the school's own words (deploy/NOTICES.md).",
    "hold.digest": "When offices get the list of what waits.",
    "hold.escalate_after": "A message that waited so long is told to `escalate_to`.",
    "hold.escalate_to": "Who is told of what waits too long, for every school.",
    "school.CODE.escalate_to": "Who is told of this school's mail that waits too long.",
    "console.session_idle": "A person who does nothing for so long must sign in again.",
    "console.session_most": "The longest that one sign-in lasts.",
    "retention.delivered_sightings": "What delivered messages showed, for look-back; envelopes and findings as well.",
    "retention.decided": "Content of mail after its last recipient was settled.",
    "retention.audit": "The audit trail.",
    "workers.picture_readers": "Messages whose pictures are read at one time, at a low priority; 0 reads none.",
    "workers.picture_cpu_seconds": "CPU seconds for the pictures of one message: 60 are about seven full pages.",
    "workers.readers": "Messages with risky parts read at one time.",
    "workers.shared_files": "Messages whose files one sender's reader reads before it ends; 0 gives every message a "
    "new reader, at twice the CPU of a PDF.",
    "workers.screeners": "Messages judged at one time.",
    "workers.require_sandbox": "Do not start where a layer of the sandbox is missing.",
    "console.listen": "Where the office console listens.",
    "console.public_url": "The console's address as people type it, no other is served. On 127.0.0.1: as it listens.",
    "console.prometheus": "URL of the Prometheus whose figures the page Dashboards draws; without it there are none.",
    "console.sign_in.NAME.kind": "Whose accounts sign in: `entra` (Microsoft), `google` (Workspace), `oidc` (others).",
    "console.sign_in.NAME.tenant": "Entra: the id of the one tenant whose accounts are taken.",
    "console.sign_in.NAME.domains": "Google: the Workspace domains whose accounts are taken.",
    "console.sign_in.NAME.issuer": "The provider as it names itself; Entra and Google: for another cloud only.",
    "console.sign_in.NAME.client_id": "What the provider calls this console.",
    "console.sign_in.NAME.client_secret_file": "A file whose first line is the secret; the console alone reads it.",
    "console.sign_in.NAME.title": "What stands on the button: Sign in with ...",
    "observe.listen": "Where /metrics, /healthz and /readyz are served.",
}
MEANINGS_OF_FIELDS = {
    "action": "what was decided", "attempts": "tries so far", "bytes": "size of the message", "code": "SMTP reply code",
    "contacts": "contacts on the roll", "count": "recipients or faults", "error": "type and place of an exception",
    "file": "file name of a configuration, policy or roll", "key": "names of settings", "layers": "of the sandbox",
    "line": "line in that file", "listener": "addresses listened on", "message": "message id, the same everywhere",
    "mode": "enforce or observe", "ms": "milliseconds", "node": "this relay's name", "peer": "a client's IP address",
    "place": "where in the code", "pupils": "pupils on the roll", "reason": "a word of the program",
    "result": "sent, deferred, failed", "revision": "digest of roll or policy", "route": "the next server",
    "rules": "rules that hold", "school": "code of the school", "stage": "stage of the pipeline",
    "state": "state of a recipient", "user": "name of a console user", "verdict": "deliver, hold or mixed",
    "version": "version of mailguard", "warnings": "warnings of an import", "worker": "reader or screener",
}  # fmt: skip
# Everything optional that the parser looks at only where it is written.
FULL = """
[school.CODE]
mode = "observe"
[store]
node = "a"
[console.sign_in.NAME]
kind = "entra"
[hold]
notices = "n"
[receive]
users = "u"
[[receive.listen]]
address = "127.0.0.1:2525"
tls = "starttls"
certificate = "c"
private_key = "k"
"""

Key = tuple[str, Any, str]


def configuration() -> str:
    """Every key of the configuration with its default and meaning."""
    keys = dict(_keys())
    meanings = {name: MEANINGS_OF_KEYS.get(name) or _commented(name) for name in keys}
    unknown = sorted(name for name, meaning in meanings.items() if not meaning)
    if unknown:
        raise SystemExit(f"say in deploy/reference.py what these keys mean: {', '.join(unknown)}")
    lines = [
        "# Configuration",
        "",
        "Made by `deploy/reference.py` from the parser; do not edit. An unknown key is an error that names the nearest",
        "one. Relative paths start at the configuration's folder. Durations: `90s`, `15m`, `4h`, `7d`, `6y`.",
        "SIGHUP (`systemctl reload mailguard`) takes modes, offices, retention and policy again, if everything passes",
        "`mailguard check-config`; the other keys wait for a restart.",
        "",
    ]
    table = None
    for name in sorted(keys, key=_order):
        head, _, key = name.rpartition(".")
        if head != table:
            title = "[[receive.listen]]" if head == "receive.listen" else f"[{head}]" if head else "Top of the file"
            lines += ["", f"## {title}", "", "| key | default | meaning |", "|---|---|---|"]
            table = head
        lines.append(f"| `{key}` | {keys[name]} | {meanings[name]} |")
    return "\n".join(lines) + "\n"


# What `init` asks for or sets, in the words of str.format; all else stands there as a comment.
ANSWERED = {
    "mode": '"observe"', "school.CODE.office": '"{office}"', "store.url": '"{url}"', "store.key_file": '"key"',
    "receive.listen": '["{listen}"]', "deliver.smart_host": '"{smart_host}"', "roll.source": '"roll"',
    "policy.file": '"policy.toml"',
}  # fmt: skip
# Keys without a default, as somebody might set them; a list or text that is not here is shown empty.
EXAMPLES = {
    "store.node": '"relay-1"', "school.CODE.mode": '"enforce"', "school.CODE.smart_host": '"oak.mail.example:25"',
    "school.CODE.escalate_to": '["head@oakfield.example"]', "hold.escalate_to": '["head@oakfield.example"]',
    "console.prometheus": '"http://127.0.0.1:9090"',
    "receive.hostname": '"guard.oakfield.example"', "receive.users": '"/etc/mailguard/users"',
    "deliver.hostname": '"guard.oakfield.example"', "deliver.user": '"guard"',
    "deliver.password_file": '"/etc/mailguard/password"', "deliver.nameservers": '["192.0.2.53"]',
}  # fmt: skip
NO_TEXT = '""'
TEMPLATE_HEAD = """\
# The configuration of mailguard, made by `mailguard init`: where mail comes in and goes out, where things are kept.
# A setting behind "#" stands at its default, or shows an example where it has none: take the "#" away to change it.
# Durations: 90s, 15m, 4h, 7d, 6y. Relative paths start at this folder. After a change: mailguard check-config, then
# systemctl reload mailguard; what a reload does not take is named in the log and waits for a restart.
"""
TLS_LISTENER = """\
# Or a table for each address, with TLS, sign-in, a load balancer or a school of its own (see CONFIGURATION.md).
#listen = [{{ address = "0.0.0.0:25", tls = "required", certificate = "tls/guard.pem", private_key = "tls/guard.key" }}]
"""


def template() -> str:
    """The configuration that `mailguard init` fills in: every key with its meaning, defaults as comments."""
    keys = dict(_keys())
    lines, table = [TEMPLATE_HEAD.rstrip()], None
    for name in sorted((name for name in keys if not name.startswith("receive.listen.")), key=_order):
        head, _, key = name.rpartition(".")
        if head != table:
            title = f"[{head}]".replace("CODE", "{code}")
            lines += [""] + ([f"#{title}" if ".NAME" in head else title] if head else [])
            table = head
        meaning = (MEANINGS_OF_KEYS.get(name) or _commented(name)).replace("`", "").replace(" (below)", "")
        lines.append(f"# {meaning}".replace("{", "{{").replace("}", "}}"))
        default = keys[name].strip("`").replace("{", "{{").replace("}", "}}")
        if name in ANSWERED:
            lines.append(f"{key} = {ANSWERED[name]}")
        elif name in EXAMPLES or not default:
            lines.append(f"#{key} = {EXAMPLES.get(name, NO_TEXT)}    # an example")
        else:
            lines.append(f"#{key} = {default}")
        if name == "receive.listen":
            lines.append(TLS_LISTENER.rstrip())
    return "\n".join(lines) + "\n"


def _commented(name: str) -> str:
    """The comment behind a setting of that name in one of the settings modules, or "" if it has none."""
    key = re.compile(rf"(?m)^    {name.rpartition('.')[2]}: [^#\n]*  # (.+)$")
    texts = (path.read_text(encoding="utf-8") for path in sorted(Path(config.__file__).parent.rglob("settings.py")))
    found = next((match for match in map(key.search, texts) if match), None)
    return f"{found[1][:1].upper()}{found[1][1:]}." if found else ""


def _order(name: str) -> tuple[int, str]:
    heads = ["", "school.CODE", "store", "receive", "receive.listen", "deliver", "roll", "policy", "hold"]
    head = name.rpartition(".")[0]
    return (heads.index(head) if head in heads else len(heads), name)


def _keys() -> Iterator[tuple[str, str]]:
    """What the parser takes: watched while it reads a file in which everything optional stands, and an empty one."""
    found: dict[str, str] = {}

    def note(table: Table, key: str, default: Any) -> None:
        path = ".".join(str(step) for step in (*table.path, key) if not isinstance(step, int))
        shown = _shown(default)
        if path not in found or found[path] == "":
            found[path] = shown

    def watch(name: str, default_at: int | None) -> Callable[..., Any]:
        before = getattr(Table, name)

        def watched(self: Table, key: str, *rest: Any, **named: Any) -> Any:
            note(self, key, rest[default_at] if default_at is not None and len(rest) > default_at else "")
            return before(self, key, *rest, **named)

        return watched

    plain = {name: getattr(Table, name) for name in ("text", "flag", "number", "duration", "choice", "texts", "take")}
    places = {"text": 0, "flag": 0, "number": 0, "duration": 0, "choice": 1, "texts": 0, "take": None}
    try:
        for name, place in places.items():
            setattr(Table, name, watch(name, place))
        for text in ("", FULL):
            with suppress(config.ConfigError):  # not all that belongs together is there; it is looked at all the same
                config.parse_config(text, Path("/etc/mailguard"))
    finally:
        for name, method in plain.items():
            setattr(Table, name, method)
    tables = {path.rpartition(".")[0] for path in found} | {"school", "receive.listen"}
    for path, default in found.items():
        if path not in tables - {"receive.listen"} or path == "receive.listen":
            yield path, DEFAULTS.get(path, default)


# Defaults that stand elsewhere than in the call that takes the key.
DEFAULTS = {
    "mode": '`"enforce"`',
    "receive.listen": '`["127.0.0.1:2525"]`',
    "deliver.smart_host": '`"127.0.0.1:2526"`',
    "deliver.retry_schedule": '`["1m", "2m", "5m", "10m", "20m", "30m", "1h"]`',
    "hold.expire_after": '`"never"`',
    "receive.users": "",
    "school.CODE.mode": "`mode`",
}


def _shown(value: Any) -> str:
    if value == "" or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
    if isinstance(value, float):
        return f'`"{_span(timedelta(seconds=value))}"`'
    return f"`{value}`" if isinstance(value, int) else f'`"{value}"`'


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for size, unit in ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def logs() -> str:
    """Every event and every field of the log."""
    missing = sorted(FIELDS - set(MEANINGS_OF_FIELDS))
    if missing:
        raise SystemExit(f"say in deploy/reference.py what these fields mean: {', '.join(missing)}")
    events = "\n".join(f"| `{event.value}` | {MEANINGS[event]} |" for event in Event)
    fields = "\n".join(f"| `{name}` | {MEANINGS_OF_FIELDS[name]} | {ECS.get(name, '')} |" for name in sorted(FIELDS))
    return LOGS.format(events=events, fields=fields)


ECS = {
    "message": "`email.local_id`", "school": "`organization.id`", "verdict": "`event.outcome`",
    "action": "`event.action`",
    "peer": "`source.ip`", "user": "`user.name`", "bytes": "`email.size` (own)", "code": "`error.code`",
    "error": "`error.type`", "version": "`service.version`", "node": "`service.node.name`", "rules": "`rule.name`",
    "reason": "`event.reason`", "route": "`destination.address`",
}  # fmt: skip

LOGS = """\
# Logs

Made by `deploy/reference.py` from the code; do not edit.

One JSON object a line on standard error: `at` (UTC), `level` (info, warning, error), `event`, and fields of the list
below. No name, address, subject or file name of mail is ever logged: codes, counts and message ids only. A test greps
the log of a mixed run for everybody on its roll. Who did what to which message, by name, is in the audit trail
(`mailguard audit export`, one JSON object a line, with personal data of users).

Under systemd the lines are in the journal: `journalctl -u mailguard -o cat`. For syslog, rsyslog's `imjournal` or
journald's `ForwardToSyslog=yes` pass them on unchanged; a SIEM takes the JSON as it is.

## Events

| event | says |
|---|---|
{events}

## Fields

The third column is the field of the Elastic Common Schema that fits; `at` is `@timestamp`, `level` is `log.level`,
`event` is `event.code`.

| field | holds | ECS |
|---|---|---|
{fields}

Watch for: `client-refused` in numbers (somebody tries the door), `worker-died` (a hostile or broken file),
`roll-refused` and `config-refused` (the old one stays in force), `route-down` without `route-up`.
"""


def man() -> str:
    """The manual page, from the commands' own help."""
    root = typer.main.get_command(app)
    lines = [
        f'.TH MAILGUARD 1 "" "mailguard {__version__}" "User Commands"',
        ".SH NAME",
        "mailguard \\- holds any message that would send one child's record to another family",
        ".SH SYNOPSIS",
        ".B mailguard",
        "COMMAND [OPTION]...",
        ".SH DESCRIPTION",
        "An SMTP relay for schools, and the commands around it. Data goes to standard output, talk to standard error.",
        ".SH COMMANDS",
    ]
    for name, command in _commands(root):
        lines += [".TP", f".B {name}{_arguments(command)}", _roff(command.help or "")]
        for option in command.params:
            if option.param_type_name == "option" and not option.hidden and option.name != "help":
                lines += [".RS", ".TP", f".B {', '.join(option.opts)}", _roff(option.help or ""), ".RE"]
    lines += [
        ".SH EXIT STATUS",
        "0 fine; 1 what was asked about is not fine; 2 usage, configuration or missing input; 3 internal error.",
        ".SH FILES",
        "/etc/mailguard/mailguard.toml, /etc/mailguard/policy.toml, /etc/mailguard/key, /var/lib/mailguard",
    ]
    return "\n".join(lines) + "\n"


def _commands(root: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    commands = getattr(root, "commands", None)
    if commands:
        for name in sorted(commands):
            yield from _commands(commands[name], f"{prefix} {name}".strip())
    elif not root.hidden:
        yield prefix, root


def _arguments(command: Any) -> str:
    found = [param for param in command.params if param.param_type_name == "argument"]
    return "".join(f" {param.metavar or str(param.name).upper()}" for param in found)


def _roff(text: str) -> str:
    words = " ".join(text.replace("\\", "\\\\").split())
    return ("\\&" if words[:1] in (".", "'") else "") + words.replace("-", "\\-")


def completion(shell: str) -> str:
    """The shell's completion: it asks mailguard itself, so it knows every command."""
    text = get_completion_script(prog_name="mailguard", complete_var="_MAILGUARD_COMPLETE", shell=shell)
    return str(text).strip() + "\n"


FILES: dict[str, Callable[[], str]] = {
    "../mailguard/cli/mailguard.toml": template,
    "CONFIGURATION.md": configuration,
    "LOGS.md": logs,
    "man/mailguard.1": man,
    "completion/mailguard.bash": lambda: completion("bash"),
    "completion/mailguard.zsh": lambda: completion("zsh"),
    "completion/mailguard.fish": lambda: completion("fish"),
}

if __name__ == "__main__":
    for name, make in FILES.items():
        path = Path(__file__).parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
