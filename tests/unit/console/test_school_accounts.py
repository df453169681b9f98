"""Signing in with the school's own accounts, against a real OpenID Connect provider on loopback."""

import os
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from mailguard.config import ConfigError, parse_config
from mailguard.console.app import make_app
from mailguard.console.oidc import Provider
from mailguard.console.settings import ConsoleSettings
from mailguard.console.sign_in import Kind, SignIn, secret_faults
from mailguard.store import audit, factors, identities, users
from mailguard.store.users import Role, User

from .conftest import URL
from .oidcserver import CLIENT, SECRET, OidcServer, new_key

TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
OAK = {"email": "office@oak.example", "email_verified": True}
FITTING = {
    Kind.ENTRA: {"tid": TENANT, "preferred_username": "Office@Oak.example"},
    Kind.GOOGLE: OAK | {"hd": "oak.example"},
    Kind.OIDC: OAK,
}


@pytest.fixture(params=list(Kind))
def kind(request):
    return request.param


@pytest.fixture
def server(kind):
    made = OidcServer(f"/{TENANT}/v2.0" if kind is Kind.ENTRA else "", dict(FITTING[kind]))
    yield made
    made.close()


@pytest.fixture
def school(desk, server, kind, tmp_path):
    """The console with that provider."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    settings = SignIn(
        "school", kind, server.issuer, CLIENT, tmp_path / "secret", tenant=TENANT, domains=("oak.example",)
    )
    provider = Provider(settings, settings.secret(), f"{URL}/sign-in/from/school")
    desk.site.settings = ConsoleSettings(public_url=URL, sign_in=(settings,))
    desk.site.providers = {"school": provider}
    desk.app = make_app(desk.site)
    return desk


def to_provider(browser, wanted="/held?q=x"):
    """Follow the button to the provider, and the provider's answer up to our door."""
    there = browser.get("/sign-in/with/school", params={"next": wanted})
    assert there.status_code == 303, there.text
    back = httpx2.get(there.headers["location"]).headers["location"]
    assert back.startswith(f"{URL}/sign-in/from/school?")
    return back


def signs_in(desk, browser=None):
    browser = browser or desk.browser()
    return browser, browser.get(to_provider(browser))


def refused(desk, answer, browser, words):
    assert answer.status_code == 403, answer.text
    assert words in answer.text
    assert "oak.example" not in answer.text.partition("<main")[2]
    assert browser.get("/held").status_code == 303
    with desk.database.read() as tx:
        assert not any(one.entry.action == "signed-in" for one in audit.entries(tx))


def test_a_user_signs_in_by_the_button_and_is_bound_to_the_account(school, server):
    page = school.browser().get("/sign-in?next=/held").text
    assert 'href="/sign-in/with/school?next=%2Fheld"' in page
    browser, answer = signs_in(school)
    assert answer.headers["location"] == "/held?q=x"
    assert browser.get("/held").status_code == 200
    assert "mailguard-sign-in" not in str(browser.cookies.jar)
    assert server.asked[0]["redirect_uri"] == f"{URL}/sign-in/from/school"
    with school.database.read() as tx:
        said = [(one.entry.action, one.entry.actor) for one in audit.entries(tx)]
    assert said[-2:] == [("account-bound", "office"), ("signed-in", "office")]


def test_the_subject_counts_not_the_address(school, server):
    signs_in(school)
    # Somebody else gets the address of the one who was there first: not their rights.
    server.claims["sub"] = "subject-2"
    browser, answer = signs_in(school)
    assert (answer.status_code, browser.get("/held").status_code) == (403, 303)
    # The first one, whose address has changed since, is still who they are.
    server.claims |= {"sub": "subject-1", "email": "new@oak.example", "preferred_username": "new@oak.example"}
    browser, answer = signs_in(school)
    assert browser.get("/held").status_code == 200
    with school.database.write() as tx:
        key = users.key_of(tx, "office")
        factors.reset(tx, "office", key, "root")
        identities.forget(tx, key)
    server.claims |= FITTING[school.site.providers["school"].settings.kind] | {"sub": "subject-2"}
    assert signs_in(school)[1].status_code == 303


UNFIT = (
    ({"iss": "https://login.microsoftonline.com/common/v2.0"}, list(Kind)),
    ({"iss": None}, list(Kind)),
    ({"aud": "another-client"}, list(Kind)),
    ({"aud": ["console", "x"], "azp": "x"}, list(Kind)),
    ({"nonce": "another"}, list(Kind)),
    ({"nonce": None}, list(Kind)),
    ({"exp": 1_000_000}, list(Kind)),
    ({"exp": None}, list(Kind)),
    ({"nbf": int(time.time()) + 86_400}, list(Kind)),
    ({"sub": None}, list(Kind)),
    ({"sub": ""}, list(Kind)),
    ({"tid": OTHER}, [Kind.ENTRA]),
    ({"tid": None}, [Kind.ENTRA]),
    ({"preferred_username": None, "email": "office@oak.example"}, [Kind.ENTRA]),
    ({"preferred_username": "guest", "email": "office@oak.example", "xms_edov": False}, [Kind.ENTRA]),
    ({"hd": "elm.example"}, [Kind.GOOGLE]),
    ({"hd": None}, [Kind.GOOGLE]),
    ({"email_verified": False}, [Kind.GOOGLE, Kind.OIDC]),
    ({"email_verified": "true"}, [Kind.GOOGLE, Kind.OIDC]),
    ({"email": None}, [Kind.GOOGLE, Kind.OIDC]),
)


@pytest.mark.parametrize(("kind", "claims"), [(kind, claims) for claims, kinds in UNFIT for kind in kinds])
def test_what_does_not_fit_lets_nobody_in(school, server, kind, claims):
    server.claims |= claims
    browser, answer = signs_in(school)
    refused(school, answer, browser, "You were not signed in")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_no_published_key_signed_lets_nobody_in(school, server, algorithm):
    server.algorithm = algorithm
    browser, answer = signs_in(school)
    refused(school, answer, browser, "You were not signed in")


def test_a_token_of_an_unpublished_key_is_refused_and_a_renewed_key_is_fetched(school, server):
    first = server.signer
    server.signer = new_key()
    browser, answer = signs_in(school)
    refused(school, answer, browser, "You were not signed in")
    server.keys = [first, server.signer]
    browser, answer = signs_in(school)
    assert browser.get("/held").status_code == 200


def test_nobody_becomes_a_user_by_signing_in(school, server):
    server.claims |= {"email": "stranger@oak.example", "preferred_username": "stranger@oak.example"}
    browser, answer = signs_in(school)
    refused(school, answer, browser, "not known here")
    with school.database.read() as tx:
        assert len(users.everybody(tx)) == 8
        assert [one.entry.detail for one in audit.entries(tx)][-1] == {"provider": "school"}


def test_an_address_of_two_users_is_nobody_s(school):
    with school.database.write() as tx:
        users.add(tx, User("twin", (Role.DPO,), email="OFFICE@oak.example"), "root")
    browser, answer = signs_in(school)
    refused(school, answer, browser, "not known here")


def test_an_answer_counts_once(school, server):
    browser = school.browser()
    back = to_provider(browser)
    cookies = dict(browser.cookies)
    assert browser.get(back).status_code == 303
    again = school.browser()
    for name, value in cookies.items():
        again.cookies.set(name, value)
    assert again.get(back).status_code == 403
    assert again.get("/held").status_code == 303
    # A code that the provider has seen is refused by the provider, too: another handshake does not revive it.
    other = school.browser()
    fresh = dict(parse_qsl(urlsplit(to_provider(other)).query))
    old = dict(parse_qsl(urlsplit(back).query))
    assert other.get("/sign-in/from/school", params=fresh | {"code": old["code"]}).status_code == 403


def test_an_answer_counts_in_the_browser_that_asked_only(school):
    back = to_provider(school.browser())
    stranger = school.browser()
    assert stranger.get(back).status_code == 403
    to_provider(stranger)
    assert stranger.get(back).status_code == 403
    assert stranger.get("/held").status_code == 303


@pytest.mark.parametrize(
    "change", [{"state": "x"}, {"state": ""}, {"code": ""}, {"error": "access_denied"}, {"iss": "https://evil.example"}]
)
def test_an_answer_that_was_changed_is_refused(school, change):
    browser = school.browser()
    asked = dict(parse_qsl(urlsplit(to_provider(browser)).query))
    assert browser.get(f"/sign-in/from/school?{urlencode(asked | change)}").status_code == 403
    assert browser.get("/held").status_code == 303


def test_a_handshake_is_over_after_a_while(school, monkeypatch):
    browser = school.browser()
    back = to_provider(browser)
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("mailguard.console.screens.accounts.time.time", lambda: now + 601)
        assert browser.get(back).status_code == 403


def test_a_document_of_another_issuer_is_refused(school, server):
    server.document = {"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}
    assert school.browser().get("/sign-in/with/school").status_code == 403


def test_a_provider_that_is_not_there_is_told_and_local_accounts_still_work(school, server):
    server.close()
    answer = school.browser().get("/sign-in/with/school")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert school.browser("office").get("/held").status_code == 200


def test_only_what_is_configured_is_a_provider(desk):
    for path in ("/sign-in/with/school", "/sign-in/from/school", "/sign-in/with/google"):
        assert desk.browser().get(path).status_code == 404
    assert "Sign in with" not in desk.browser().get("/sign-in").text


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/"])
def test_it_leads_nowhere_else(school, wanted):
    browser = school.browser()
    assert browser.get(to_provider(browser, wanted)).headers["location"] == "/"


def test_a_secret_file_without_a_secret_is_told(tmp_path):
    for name, text in (("none", None), ("empty", "\n")):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match=name):
            SignIn("x", Kind.OIDC, "https://i.example", "c", Path(tmp_path / name)).secret()


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (Kind.ENTRA, "0f8fad5b-d9cb-469f-a165-70867728950e\n", 'copy its "Value"'),
        (Kind.GOOGLE, "c", "holds the client id"),
        (Kind.OIDC, "0f8fad5b-d9cb-469f-a165-70867728950e", ""),
        (Kind.ENTRA, "abc8Q~x.y_z-0123456789\r\n", ""),
    ],
)
def test_what_is_no_secret_is_told_before_the_provider_refuses_it(tmp_path, kind, text, told):
    (tmp_path / "file").write_text(text)
    faults = secret_faults([SignIn("school", kind, "https://i.example", "c", tmp_path / "file")])
    assert ([one for one, _ in faults], bool(faults)) == (["console.sign_in.school"] * bool(told), bool(told))
    assert all(told in fault and "0f8fad5b" not in fault for _, fault in faults)


def test_a_pipe_in_the_place_of_a_secret_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (fault,) = secret_faults([SignIn("x", Kind.OIDC, "https://i.example", "c", tmp_path / "pipe")])
    assert "is no file" in fault[1]


GOOD = f"""[console.sign_in.school]
kind = "entra"
tenant = "{TENANT}"
client_id = "c"
client_secret_file = "secret"
"""


def test_the_configuration_of_a_tenant_names_its_issuer_to_the_letter():
    (one,) = parse_config(GOOD, Path("/etc/mailguard")).console.sign_in
    assert one.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert (one.called, one.secret_file) == ("Microsoft", Path("/etc/mailguard/secret"))


@pytest.mark.parametrize(
    ("was", "becomes", "line", "told"),
    [
        (TENANT, "common", 3, "not named by its id"),
        (f'tenant = "{TENANT}"\n', "", 1, "not named by its id"),
        ("entra", "google", 3, "belongs to"),
        ('kind = "entra"\n', "", 1, '"kind" is missing'),
        ('client_id = "c"\n', "", 1, '"client_id" is missing'),
        ("client_secret_file", "client_secret", 5, "unknown key"),
        ("sign_in.school", '"sign_in"."A/B"', 1, "cannot stand in a URL"),
        ('client_id = "c"', 'client_id = "c"\nissuer = "http://login.example"', 5, "not an https:// URL"),
    ],
)
def test_a_provider_that_cannot_be_right_is_told_with_its_line(was, becomes, line, told):
    assert was in GOOD
    with pytest.raises(ConfigError) as raised:
        parse_config(GOOD.replace(was, becomes), Path("/etc/mailguard"))
    assert any(one.line == line and told in one.message for one in raised.value.problems), raised.value
