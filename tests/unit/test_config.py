"""Configuration: the contract's example, the defaults, and every class of fault with its line and remedy."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from mailguard.config import Config, ConfigError, Mode, load_config, parse_config
from mailguard.deliver.settings import Login, TlsPolicy
from mailguard.hold.settings import ReminderSettings

EXAMPLE = """\
mode = "enforce"
[school.OAK]
mode = "observe"
smart_host = "oak.mail.example:25"
office = "office@oakfield.example"
[store]
url = "sqlite:////var/lib/mailguard/mailguard.db"
key_file = "/etc/mailguard/key"
[receive]
listen = ["127.0.0.1:2525"]
allow = ["127.0.0.1/32", "::1/128"]
max_message_bytes = 52428800
[deliver]
smart_host = "127.0.0.1:2526"
tls = "opportunistic"
retry_schedule = ["1m", "2m", "5m", "10m", "20m", "30m", "1h"]
expire_after = "3d"
delay_notice_after = "4h"
[roll]
source = "/etc/mailguard/roll"
[policy]
file = "/etc/mailguard/policy.toml"
[hold]
expire_after = "never"
[retention]
delivered_sightings = "90d"
decided = "30d"
audit = "6y"
[workers]
readers = 2
screeners = 1
require_sandbox = false
[console]
listen = "127.0.0.1:8080"
public_url = "http://127.0.0.1:8080"
[observe]
listen = "127.0.0.1:9125"
"""


def parsed(text: str) -> Config:
    return parse_config(text, Path("/etc/mailguard"))


def test_the_contract_s_example_is_the_defaults_but_for_its_school() -> None:
    config = parsed(EXAMPLE)
    default = parsed("")
    assert config.mode_of("OAK") is Mode.OBSERVE
    assert config.mode_of("ELM") is Mode.ENFORCE
    assert config.office_of("OAK") == "office@oakfield.example"
    assert config.deliver.by_school == {"OAK": ("oak.mail.example:25",)}
    assert config.store == default.store
    assert config.receive == default.receive
    assert config.deliver.plan == default.deliver.plan
    assert config.retention == default.retention
    assert (config.roll_sources, config.policy_file) == (default.roll_sources, default.policy_file)
    assert (config.observe, config.console) == (default.observe, default.console)


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mailguard.toml"
    file.write_text('[store]\nurl = "sqlite:///data/m.db"\nkey_file = "key"\n[roll]\nsource = "roll"\n')
    config = load_config(file)
    assert config.store.path == tmp_path / "data" / "m.db"
    assert config.store.key_file == tmp_path / "key"
    assert [source.path for source in config.roll_sources] == [tmp_path / "roll"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('listen = "127.0.0.1:8181"\n', "http://127.0.0.1:8181"),
        ('listen = "127.0.0.1:8181"\npublic_url = "https://check.example"\n', "https://check.example"),
        ('listen = "0.0.0.0:8181"\n', "http://127.0.0.1:8080"),
    ],
)
def test_a_console_for_this_machine_is_opened_where_it_listens(text: str, url: str) -> None:
    assert parsed("[console]\n" + text).console.public_url == url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090"),
        ("https://watch.example/prometheus/", "https://watch.example/prometheus"),
        ("http://[::1]:9090", "http://[::1]:9090"),
        ("127.0.0.1:9090", None),
        ("http://user:secret@watch.example", None),
        ("http://watch.example/?x=1", None),
        ("file:///etc/passwd", None),
        ("http://watch.example/api/../x", "http://watch.example/api/../x"),
    ],
)
def test_the_prometheus_of_the_console_is_a_url_without_a_secret(url: str, kept: str | None) -> None:
    text = f'[console]\nprometheus = "{url}"\n'
    if kept is not None:
        assert parsed(text).console.prometheus == kept
        return
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    [problem] = caught.value.problems
    assert problem.line == 2
    assert "Prometheus" in str(problem)
    assert "secret" not in str(problem)


def test_a_table_per_listener() -> None:
    config = parsed(
        '[[receive.listen]]\naddress = "0.0.0.0:25"\nschool = "OAK"\non_hold = "reject"\n'
        '[[receive.listen]]\naddress = "[::]:465"\ntls = "implicit"\ncertificate = "c.pem"\nprivate_key = "k.pem"\n'
    )
    first, second = config.receive.listeners
    assert (first.host, first.port, first.school, first.on_hold.value) == ("0.0.0.0", 25, "OAK", "reject")
    assert (second.host, second.tls.value, second.certificate) == ("::", "implicit", Path("/etc/mailguard/c.pem"))


def test_a_login_at_the_smart_host_and_its_password_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct horse\n")
    config = parse_config('[deliver]\nuser = "relay"\npassword_file = "secret"\n', tmp_path)
    assert config.deliver.login == Login("relay", "correct horse")
    assert "correct horse" not in repr(config)
    assert parse_config("", tmp_path).deliver.login is None


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('[deliver]\nuser = "relay"\n', 2, "password_file is missing"),
        ('[deliver]\npassword_file = "secret"\n', 2, "user is missing"),
        ('[deliver]\nuser = "relay"\npassword_file = "nowhere"\n', 3, "No such file"),
        ('[deliver]\nuser = "relay"\npassword_file = "empty"\n', 3, "holds no password"),
        ('[deliver]\nuser = "relay"\npassword_file = "binary"\n', 3, "not UTF-8"),
    ],
)
def test_a_login_that_cannot_be_used(tmp_path: Path, text: str, line: int, told: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ConfigError) as caught:
        parse_config(text, tmp_path)
    [problem] = caught.value.problems
    assert problem.line == line
    assert told in str(problem)


@pytest.mark.parametrize(
    ("listen", "smart_host", "circle"),
    [
        ("127.0.0.1:2525", "127.0.0.1:2525", True),
        ("127.0.0.1:2525", "localhost:2525", True),
        ("127.0.0.1:2525", "LOCALHOST.:2525", True),
        ("[::1]:2525", "[::1]:2525", True),
        ("0.0.0.0:25", "127.0.0.1:25", True),
        ("0.0.0.0:25", "guard.example.org:25", True),
        ("[::]:25", "[::1]:25", True),
        ("mail.example.org:25", "mail.example.org:25", True),
        ("127.0.0.1:2525", "127.0.0.1:2526", False),
        ("127.0.0.1:25", "127.0.0.2:25", False),
        ("127.0.0.1:25", "guard.example.org:25", False),
        ("0.0.0.0:25", "192.0.2.1:25", False),
    ],
)
def test_a_smart_host_that_is_mailguard_itself_is_a_fault(listen: str, smart_host: str, circle: bool) -> None:
    text = f'[receive]\nlisten = ["{listen}"]\nhostname = "guard.example.org"\n'
    for table, line in (
        (f'[deliver]\nsmart_host = "{smart_host}"\n', 5),
        (f'[deliver]\nsmart_host = [\n"192.0.2.25:25",\n"{smart_host}"]\n', 7),
        (f'[deliver]\nsmart_host = "192.0.2.25:25"\n[school.OAK]\nsmart_host = "{smart_host}"\n', 7),
    ):
        if not circle:
            parsed(text + table)
            continue
        with pytest.raises(ConfigError) as caught:
            parsed(text + table)
        [problem] = caught.value.problems
        assert (problem.line, problem.remedy) == (line, "Name the server that mail goes on to.")


def test_names_of_host_and_node() -> None:
    named = parsed('[store]\nnode = "east"\n[receive]\nhostname = "guard.example.org"\n')
    assert (named.node, named.receive.node) == ("east", "east")
    assert (named.receive.hostname, named.deliver.hostname) == ("guard.example.org", "guard.example.org")
    assert parsed('[deliver]\nhostname = "out.example.org"\n').deliver.hostname == "out.example.org"
    plain = parsed("")
    assert (plain.node, plain.receive.node, plain.deliver.hostname) == ("local", "", "")


def test_delivery_by_dns() -> None:
    config = parsed('[deliver]\nsmart_host = "mx"\nnameservers = ["192.0.2.53", "[2001:db8::53]:5353"]\n')
    assert config.deliver.smart_hosts == ("mx",)
    assert config.deliver.nameservers == ("192.0.2.53", "[2001:db8::53]:5353")


def test_several_smart_hosts_and_durations() -> None:
    config = parsed(
        '[deliver]\nsmart_host = ["a.example:25", "b.example:25"]\ntls = "verified"\nretry_schedule = ["90s", "1h"]\n'
        '[hold]\nexpire_after = "2w"\n'
    )
    assert config.deliver.smart_hosts == ("a.example:25", "b.example:25")
    assert config.deliver.tls is TlsPolicy.VERIFIED
    assert config.deliver.plan.schedule == (timedelta(seconds=90), timedelta(hours=1))
    assert config.hold_expire_after == timedelta(weeks=2)


FAULTS = {
    "not TOML": ("mode = \n", 1, "not TOML", ""),
    "unknown key": ('mod = "enforce"\n', 1, 'unknown key "mod"', 'Did you mean "mode"?'),
    "unknown table": ("[recieve]\n", 1, 'unknown key "recieve"', 'Did you mean "receive"?'),
    "unknown key deep in": ("[store]\n\nkeyfile = 'k'\n", 3, 'unknown key "keyfile"', 'Did you mean "key_file"?'),
    "wrong word": ('mode = "enforced"\n', 1, '"mode" must be one of', 'Did you mean "enforce"?'),
    "wrong type": ("[receive]\nmax_message_bytes = '1'\n", 2, "must be a whole number", ""),
    "out of range": ("[workers]\nreaders = 0\n", 2, "must be from 1 to 256", ""),
    "not an address": ('[observe]\nlisten = "9125"\n', 2, "not an address with a port", '"127.0.0.1:2525"'),
    "port too high": ('[observe]\nlisten = "127.0.0.1:99999"\n', 2, "not an address with a port", ""),
    "not a network": ('[receive]\nallow = ["10.0.0.0/8",\n  "everyone"]\n', 3, "is not a network", ""),
    "host bits": ('[receive]\nallow = ["10.0.0.1/8"]\n', 2, "host bits", ""),
    "not a duration": ('[deliver]\nexpire_after = "soon"\n', 2, "not a duration", "4h"),
    "bad schedule": ('[deliver]\nretry_schedule = ["1m", "x"]\n', 2, "not a duration", ""),
    "mx among smart hosts": ('[deliver]\nsmart_host = ["mx", "a.example:25"]\n', 2, "not an address with a port", ""),
    "bad name server": ('[deliver]\nnameservers = ["dns.example"]\n', 2, "not the address of a server", ""),
    "bad smart host": ('[deliver]\nsmart_host = "mail.example"\n', 2, "not an address with a port", ""),
    "store of another kind": ('[store]\nurl = "mysql://x"\n', 2, "not the URL of a store", "sqlite:////"),
    "TLS without certificate": ('[[receive.listen]]\ntls = "starttls"\n', 2, "needs a certificate", ""),
    "AUTH in the clear": ("[[receive.listen]]\nauth = true\n", 2, "AUTH without TLS", ""),
    "office that is no address": ('[school.OAK]\noffice = "the office"\n', 2, "not one e-mail address", ""),
    "no listener": ("[receive]\nlisten = []\n", 2, "no address to listen on", ""),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_line_and_remedy(name: str) -> None:
    text, line, message, remedy = FAULTS[name]
    with pytest.raises(ConfigError) as raised:
        parsed(text)
    (problem,) = raised.value.problems
    assert problem.line == line
    assert message in problem.message
    assert remedy in problem.remedy
    assert str(problem).startswith(f"mailguard.toml line {line}: ")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        parsed('mode = "x"\n[workers]\nreaders = 0\nscreener = 1\n')
    assert [problem.line for problem in raised.value.problems] == [1, 3, 4]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'mode = "enforce"\n# caf\xe9\n')
    with pytest.raises(ConfigError, match=r"latin.toml line 2: this is not UTF-8"):
        load_config(tmp_path / "latin.toml")


def test_reminders_of_held_mail():
    config = parse_config(
        '[hold]\ndigest = ["7:45", "12:00"]\nescalate_after = "8h"\nescalate_to = ["dpo@trust.example"]\n'
        '[school.OAK]\nescalate_to = ["head@oak.example"]\n',
        Path("/etc/mailguard"),
    )
    assert config.reminders == ReminderSettings((time(7, 45), time(12, 0)), timedelta(hours=8))
    assert config.escalate_to_of("OAK") == ("head@oak.example",)
    assert config.escalate_to_of("ELM") == ("dpo@trust.example",)


def test_what_expires_is_escalated_before():
    config = parse_config('[hold]\nexpire_after = "10h"\n', Path("/etc/mailguard"))
    assert config.reminders.escalate_after == timedelta(hours=5)


def test_reminders_that_cannot_be_are_told():
    with pytest.raises(ConfigError) as error:
        parse_config('[hold]\ndigest = ["25:00"]\nescalate_to = ["nobody"]\n', Path("/etc/mailguard"))
    assert [problem.line for problem in error.value.problems] == [2, 3]
