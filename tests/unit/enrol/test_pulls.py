"""Wonde's REST API, spoken by a server of ours on loopback: its paging, its nulls, its moods."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from mailguard.enrol.pulls import Patience, pull_wonde
from mailguard.model import MayReceive, PupilKey
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.problems import Loaded, RollError

TOKEN = "s3cret-token"


def contact(name: str, email: str | None, relation: dict[str, object] | None, **more: object) -> dict[str, object]:
    emails = {"email": email, "primary": None, "home": None, "work": None}
    details = {"phones": {"phone": None, "mobile": "07700 900123"}, "emails": emails, "addresses": {"home": None}}
    plain = {"id": f"C{name}", "mis_id": None, "title": None, "forename": name, "surname": "Kerr", "middle_names": None}
    return {**plain, "contact_details": {"data": details}, "relationship": relation} | more


def student(number: int, *contacts: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "id": f"A{number}",
        "mis_id": str(number),
        "upi": "x",
        "forename": "Addie",
        "surname": "Kerr",
        "legal_forename": "Ada",
        "legal_surname": None,
        "middle_names": None,
        "gender": None,
        "date_of_birth": {"date": "2015-03-09 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"},
        "education_details": {"data": {"upn": None, "current_nc_year": "6"}},
        "contact_details": {
            "data": {
                "phones": None,
                "emails": {"email": None},
                "addresses": {"home": {"house_number": "1", "street": "Elm Road", "town": None, "postcode": "ZZ1 1AB"}},
            }
        },
        "contacts": {"data": list(contacts)},
    } | more


MOTHER = {"parental_responsibility": True, "court_order": False, "relationship": "Mother", "priority": 1}
STUDENTS = [
    student(
        1,
        contact("Una", "una@home.example", MOTHER),
        contact("Gus", "gus@home.example", {**MOTHER, "court_order": True}),
        contact("Nan", "nan@home.example", {"parental_responsibility": None}),
        contact("Bo", None, None, contact_details=None),
    ),
    student(2, contact("Una", "Una@home.example", MOTHER), contact_details=None, date_of_birth=None),
    student(3, contacts=None, education_details={"data": {"upn": "B801200005001"}}, year={"data": {"name": "6"}}),
]
STAFF = [
    {"id": "E1", "forename": "Tia", "surname": "Long", "title": "Ms",
     "contact_details": {"data": {"emails": {"work": "t.long@oak.example", "home": "tia@home.example"}}}},
    {"id": "E2", "forename": None, "surname": None, "contact_details": None},
]  # fmt: skip

Answer = tuple[int, dict[str, str], bytes]


class Service:
    """Answers in pages of one or two; `moods` are answers given first, whatever is asked."""

    def __init__(self) -> None:
        self.data: dict[str, list[dict[str, object]]] = {"students": list(STUDENTS), "employees": list(STAFF)}
        self.moods: list[Answer | Callable[[str], Answer]] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.waits: list[float] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.tokens.add(self.headers["Authorization"])
                service.asked.append((urlsplit(self.path).path, urlsplit(self.path).query))
                status, headers, body = service.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", headers.get("Content-Length", str(len(body))))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1.0/schools/A77"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, path: str) -> Answer:
        if self.moods:
            mood = self.moods.pop(0)
            return mood(path) if callable(mood) else mood
        parts = urlsplit(path)
        what, page = parts.path.rpartition("/")[2], int(parse_qs(parts.query).get("page", ["1"])[0])
        if what not in self.data:
            return 403, {}, b'{"error": "forbidden"}'
        rows = self.data[what]
        more = page < len(rows)
        following = f"{self.url}/{what}?{parts.query.replace(f'&page={page}', '')}&page={page + 1}" if more else None
        meta = {"pagination": {"next": following, "previous": None, "more": more, "per_page": 1, "current_page": page}}
        return 200, {}, json.dumps({"data": rows[page - 1 : page], "meta": meta}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def pull(self, tmp_path: Path, url: str = "") -> Loaded:
        (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
        patience = Patience((0.1, 0.2, 0.4), self.waits.append)
        return pull_wonde(url or self.url, tmp_path / "token", "OAK", "OAK wonde", patience)

    def refused(self, tmp_path: Path, url: str = "") -> str:
        with pytest.raises(RollError) as refused:
            self.pull(tmp_path, url)
        assert TOKEN not in str(refused.value)
        assert all(problem.file == "OAK wonde" and problem.remedy for problem in refused.value.problems)
        return str(refused.value)


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    found.close()


def test_every_page_is_fetched_and_read_with_its_nulls(service: Service, tmp_path: Path) -> None:
    loaded = service.pull(tmp_path)
    one, two, three = loaded.roll.pupils
    assert (one.key, one.forename, one.preferred_forename) == (PupilKey("OAK", "A1"), "Ada", "Addie")
    assert (one.surname, one.preferred_surname, str(one.date_of_birth)) == ("Kerr", "", "2015-03-09")
    assert (one.address, one.postcode, one.year_group) == ("1 Elm Road", "ZZ1 1AB", "6")
    assert (two.date_of_birth, three.upn, three.year_group) == (None, "B801200005001", "6")
    rights = Entitlements(loaded.roll)
    assert rights.of("una@home.example").pupils == {one.key, two.key}
    assert rights.of("gus@home.example").barred == {one.key}
    assert rights.of("nan@home.example").pupils == frozenset()
    assert [r.may_receive for r in loaded.roll.relationships].count(MayReceive.YES) == 2
    assert [(m.school, m.email) for m in loaded.roll.staff] == [("OAK", "t.long@oak.example")]
    assert service.tokens == {f"Bearer {TOKEN}"}
    assert all(
        "contacts.contact_details" in query.replace("%2C", ",") for path, query in service.asked if "stud" in path
    )
    assert len(service.asked) == len(STUDENTS) + len(STAFF)


def test_a_token_that_may_not_see_the_staff_is_enough(service: Service, tmp_path: Path) -> None:
    del service.data["employees"]
    loaded = service.pull(tmp_path)
    assert [w.column for w in loaded.warnings if w.column == "employees"]
    assert loaded.roll.staff == ()


PASSING = {
    "busy": (429, {"Retry-After": "7"}, b""),
    "broken": (503, {}, b""),
    "cut short": (200, {"Content-Length": "5000"}, b'{"data": ['),
    "half a JSON": (200, {}, b'{"data": ['),
    "not an object": (200, {}, b"[]"),
}


@pytest.mark.parametrize("mood", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again_with_growing_pauses(service: Service, tmp_path: Path, mood: Answer) -> None:
    service.moods = [mood, mood]
    assert len(service.pull(tmp_path).roll.pupils) == 3
    assert service.waits == ([7.0, 7.0] if mood[0] == 429 else [0.1, 0.2])
    service.moods = [mood] * 4
    assert "roll in force stays" in service.refused(tmp_path)


def redirect(path: str) -> Answer:
    return 302, {"Location": path.replace("students", "elsewhere")}, b""


def leads_to(url: str) -> Callable[[str], Answer]:
    page = {"data": [student(1)], "meta": {"pagination": {"next": url, "more": True}}}
    return lambda path: (200, {}, json.dumps(page).encode())


FINAL = {
    "wrong token": ((401, {}, b""), "token is not accepted"),
    "wrong school": ((404, {}, b""), "may not see students"),
    "redirect": (redirect, "302"),
    "page on another server": (leads_to("http://elsewhere.example/v1.0/x?page=2"), "another server"),
    "more and no next": (leads_to(""), "not where"),
    "no records": ((200, {}, b'{"data": null}'), "no records"),
    "records of another kind": ((200, {}, b'{"data": [1]}'), "no records"),
}


@pytest.mark.parametrize(("mood", "text"), FINAL.values(), ids=FINAL)
def test_what_does_not_pass_is_refused_at_once(service: Service, tmp_path: Path, mood: Answer, text: str) -> None:
    service.moods = [mood]
    assert text in service.refused(tmp_path)
    assert len(service.asked) == 1
    assert service.waits == []


def test_pages_that_lead_in_a_circle_end(service: Service, tmp_path: Path) -> None:
    circle = leads_to(f"{service.url}/students?page=1")
    service.moods = [circle] * 3
    assert "never end" in service.refused(tmp_path)


def test_a_school_without_students_or_without_the_scope_is_refused(service: Service, tmp_path: Path) -> None:
    service.data["students"] = [student(1, contact("Una", "una@home.example", {"parental_responsibility": None}))]
    assert "scope" in service.refused(tmp_path)
    service.data["students"] = []
    assert "no records" in service.refused(tmp_path) or "no students" in service.refused(tmp_path)


BROKEN = {
    "no id": student(9, id=None),
    "no name": student(9, legal_forename=None, forename=None),
    "same id": student(1),
    "bad address": student(9, contact("Una", "una at home", MOTHER)),
    "bad date": student(9, date_of_birth="9 March"),
}


@pytest.mark.parametrize("record", BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_named_by_its_place_not_by_what_it_holds(
    service: Service, tmp_path: Path, record: dict[str, object]
) -> None:
    service.data["students"] = [*STUDENTS, record]
    text = service.refused(tmp_path)
    assert "line 4" in text
    assert "Kerr" not in text


def test_without_tls_a_token_goes_nowhere_but_to_this_machine(service: Service, tmp_path: Path) -> None:
    assert "https" in service.refused(tmp_path, "http://api.wonde.example/v1.0/schools/A77")
    assert service.asked == []


@pytest.mark.parametrize("text", ["", "\n", "two\nlines", "n\u00f6"])
def test_a_token_file_that_holds_none_is_refused(service: Service, tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text, encoding="utf-8")
    if text.startswith("two"):
        assert pull_wonde(service.url, tmp_path / "token", "OAK", "x").roll.pupils
        return
    with pytest.raises(RollError):
        pull_wonde(service.url, tmp_path / "token", "OAK", "x")
    with pytest.raises(RollError):
        pull_wonde(service.url, tmp_path / "nothing", "OAK", "x")
    assert service.asked == []
