"""Settings are shown without what may name somebody or open something, however TOML writes it."""

from __future__ import annotations

import tomllib

from mailguard.doctor.bundle import masked_settings

SETTINGS = r'''
mode = "enforce"
# the tutor is secret-1
[store]
url = "postgresql://guard:secret-2/x:a@ss@database/mailguard"
[deliver]
smart_host = "mx.example:25"
"user" = "secret-3"
[school.OAK]
office = "\u0073ecret-4@families.example"
escalate_to = ["o'secret-5@families.example", "\"secret-6 x\"@families.example", "secret-7\u0040families.example"]
[console]
prometheus = "http://secret-8:pass@prom:9090"
[[roll.source]]
url = "https://api.example/v1.0/schools?token=secret-9"
[mail]
passwords = ["a]b#secret-10", 'd"secret-11', "f\"secret-12", """g
"secret-13"""]
[[agency]]
x = { name = "Secret-14 (tutor)", domains = ["tutor.example"] }
[[place]]
phones = [
  "secret-15", # ] and
  "secret-16",
]
'''


def test_nothing_secret_is_shown_whatever_way_it_is_written() -> None:
    shown = masked_settings(SETTINGS)
    assert "secret" not in shown.lower()
    assert "families" not in shown
    assert shown.count("\n") == SETTINGS.count("\n")
    found = tomllib.loads(shown.replace('<masked>"\n]', '<masked>"]'))
    assert found["mode"] == "enforce"
    assert found["deliver"]["smart_host"] == "mx.example:25"
    assert found["agency"][0]["x"]["domains"] == ["tutor.example"]
    assert found["store"]["url"] == "postgresql://<login>@database/mailguard"
    assert len(found["mail"]["passwords"]) == 4


def test_what_is_not_toml_is_left_out() -> None:
    assert "secret" not in masked_settings('passwords = ["secret\n')
