"""The desks as pages, without a script: what each role is served, and what a form that posts does."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from urllib.parse import urlsplit
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.scenes import SETTLED, Shown
from tests.fixtures.serving import PASSWORD, Served, username
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml"}
QUEUE, HOME, AMARA = f"/hubs/{n.HUB}", f"/homes/{n.ORCHARD}", f"/residents/{n.AMARA}"
CAPTURE = f"{AMARA}/capture"
FILLED = {
    "respiration_rate": "26",
    "spo2": "91",
    "on_oxygen": "no",
    "systolic": "128",
    "diastolic": "76",
    "pulse": "124",
    "consciousness": "A",
    "temperature": "39.2",
}
CEILING = {
    "statement": "Treat at home, not for hospital",
    "clinician_name": "Dr Synthetic Geriatrics",
    "regulator": "GMC",
    "regulator_number": "1234567",
    "decided_on": datetime.now(UTC).date().isoformat(),
    "review_on": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(),
    "reason": "Agreed with her",
}
PAUSED = """
INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by)
VALUES (%s, 'In hospital', now() - interval '1 hour', now() + interval '1 day', %s)
"""
DESKS = [
    (n.CLINICIAN, QUEUE),
    (n.CLINICIAN, f"{QUEUE}/queue"),
    (n.CLINICIAN, f"{QUEUE}/raise?name=amara"),
    (n.CLINICIAN, f"{QUEUE}/reviews"),
    (n.CLINICIAN, f"{AMARA}/raise"),
    (n.CLINICIAN, f"{AMARA}/scale-two"),
    (n.CLINICIAN, AMARA),
    (n.CLINICIAN, HOME),
    (n.MANAGER, HOME),
    (n.MANAGER, f"{HOME}/records"),
    (n.MANAGER, f"{AMARA}/records"),
    (n.MANAGER, f"{AMARA}/pause"),
    (n.MANAGER, f"{AMARA}/air"),
    (n.MANAGER, "/"),
    (n.WORKER, "/rounds"),
    (n.WORKER, AMARA),
    (n.WORKER, CAPTURE),
    (n.CARER, AMARA),
    (n.CARER, CAPTURE),
    (n.TRAINER, "/training"),
    (n.TRAINER, f"/training/sign-off?person={n.WORKER}&activity=temperature"),
    (n.OPERATOR, "/kits"),
]


class _Page(HTMLParser):
    """What a browser would run, style or fetch because of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self.links: set[str] = set()
        self.forms: list[dict[str, str]] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.inline += [name for name in held if name == "style" or name.startswith("on")]
        self.inline += ["style"] if tag == "style" else []
        self.addresses += [held[name] for name in ("href", "src", "action") if name in held]
        if tag == "a" and held["href"].startswith("/"):
            self.links.add(held["href"].partition("#")[0])
        self._script = tag == "script"
        if tag == "form":
            self.forms.append({"action": held.get("action", "")})
        elif tag == "input" and held.get("type") == "hidden":
            self.forms[-1][held["name"]] = held["value"]

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.inline.append("script")

    def handle_endtag(self, tag: str) -> None:
        self._script = False


@pytest.fixture
def browse(served: Served) -> SignIn:
    """A browser, without scripts, in which somebody of the cast is signed in."""
    return partial(browser_at, served)


@pytest.fixture
def escalation(served: Served) -> str:
    """Raised by a grave set of Amara's."""
    return raised_at(served)


@pytest.fixture(scope="module")
def look_in(shown: Shown) -> SignIn:
    """The same at a neighbourhood with an escalation in it, which is looked at and left as it is."""
    served = shown(SETTLED)
    raised_at(served)
    return partial(browser_at, served)


def browser_at(served: Served, person: UUID) -> httpx.Client:
    client = served.signed_in(person)
    client.headers.update(AS_A_BROWSER)
    client.follow_redirects = True
    return client


def raised_at(served: Served) -> str:
    return send(served.signed_in(n.WORKER), observed(n.GRAVE)).json()["escalation_id"]


def form_of(client: httpx.Client, address: str, action: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return hidden_fields(client.get(address).text, action)


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """Those of the one form of a page that is sent there."""
    [form] = [one for one in _Page(page).forms if one["action"] == action]
    return {name: value for name, value in form.items() if name != "action"}


@pytest.mark.parametrize(("person", "address"), DESKS)
def test_a_desk_is_served_to_its_role_asks_nothing_of_outside_and_leads_to_nothing_refused(
    look_in: SignIn, person: UUID, address: str
) -> None:
    client = look_in(person)
    answer = client.get(address)
    assert answer.status_code == 200
    found = _Page(answer.text)
    assert found.inline == []
    outside = [
        one for one in found.addresses if urlsplit(one).netloc or urlsplit(one).scheme not in ("", "tel")
    ]
    assert outside == []
    assert "NHS logo" not in answer.text
    led_to = {link: client.get(link).status_code for link in found.links}
    assert {link for link, status in led_to.items() if status != 200} == set()


@pytest.mark.parametrize(("_person", "address"), DESKS)
def test_a_stranger_is_told_nothing_on_any_desk(look_in: SignIn, _person: UUID, address: str) -> None:
    answer = look_in(n.OUTSIDER).get(address)
    if address in ("/", "/rounds"):
        assert "Amara" not in answer.text
    else:
        assert answer.status_code in (403, 404)
        assert "<h1" in answer.text
    assert "Amara Synthetic" not in answer.text


def test_a_search_for_nothing_asks_for_a_name_and_the_first_look_at_the_form_does_not(
    look_in: SignIn,
) -> None:
    asked = "Give a name, or part of one"
    answers = [look_in(n.CLINICIAN).get(f"{QUEUE}/raise{said}") for said in ("", "?name=+")]
    assert [(one.status_code, asked in one.text) for one in answers] == [(200, False), (422, True)]


def test_from_a_homes_page_whoever_works_at_its_hub_gets_back_to_the_queue(look_in: SignIn) -> None:
    assert [f'href="{QUEUE}"' in look_in(person).get(HOME).text for person in (n.CLINICIAN, n.MANAGER)] == [
        True,
        False,
    ]


def test_somebody_signed_out_is_sent_to_sign_in_and_then_on_to_where_they_were_heading(
    served: Served,
) -> None:
    with served.client(headers=AS_A_BROWSER, follow_redirects=True) as client:
        page = client.get(QUEUE)
        assert page.url.path == "/sign-in"
        [form] = _Page(page.text).forms
        signed_in = client.post(
            "/sign-in", data={"username": username(n.CLINICIAN), "password": PASSWORD, "next": form["next"]}
        )
    assert signed_in.url.path == QUEUE


@pytest.mark.parametrize(
    "next_", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"]
)
def test_signing_in_never_sends_anybody_to_another_site(served: Served, next_: str) -> None:
    with served.client(headers=AS_A_BROWSER) as client:
        answer = client.post(
            "/sign-in", data={"username": username(n.CLINICIAN), "password": PASSWORD, "next": next_}
        )
    assert answer.headers["location"] == "/"


def test_a_wrong_password_is_said_on_the_page_and_not_repeated(served: Served) -> None:
    with served.client(headers=AS_A_BROWSER) as client:
        answer = client.post("/sign-in", data={"username": "wanda", "password": "not it at all"})
    assert answer.status_code == 401
    assert "The user name or the password is not right" in answer.text
    assert "not it at all" not in answer.text


def test_each_role_begins_at_its_desk(browse: SignIn) -> None:
    began = {
        person: browse(person).get("/").url.path for person in (n.CLINICIAN, n.TRAINER, n.OPERATOR, n.CARER)
    }
    assert began == {n.CLINICIAN: QUEUE, n.TRAINER: "/training", n.OPERATOR: "/kits", n.CARER: AMARA}


def test_an_escalation_is_claimed_closed_and_the_closing_undone_by_forms_alone(
    browse: SignIn, escalation: str
) -> None:
    client = browse(n.CLINICIAN)
    claimed = client.post(f"/escalations/{escalation}/claim")
    assert "Claimed: it is yours to answer." in claimed.text
    assert "Claimed by you" in claimed.text
    asked = client.post(f"/escalations/{escalation}/close", data={"disposition": "", "note": " "})
    assert asked.status_code == 422
    assert "Choose what was decided" in asked.text
    assert "Write a note" in asked.text
    [form] = [one for one in _Page(asked.text).forms if one["action"].endswith("/close")]
    answer = {"disposition": "gp_today", "note": "Doctor comes at four.", "seen": form["seen"]}
    closed = client.post(f"/escalations/{escalation}/close", data=answer)
    assert "Nobody is waiting." in closed.text
    assert "Doctor comes at four." in browse(n.MANAGER).get(HOME).text
    assert "Claimed by you" in client.post(f"/escalations/{escalation}/undo").text


def test_the_hubs_answer_stands_where_whoever_waits_for_it_looks_first(
    browse: SignIn, escalation: str
) -> None:
    hub = browse(n.CLINICIAN)
    hub.post(f"/escalations/{escalation}/claim")
    form = form_of(hub, f"/escalations/{escalation}/close", f"/escalations/{escalation}/close")
    hub.post(
        f"/escalations/{escalation}/close",
        data=form | {"disposition": "gp_today", "note": "Doctor comes at four."},
    )
    withheld = "somebody at the hub (their name is not shown to you)"
    for person, address, by in (
        (n.WORKER, "/rounds", "Clive Clinician"),
        (n.WORKER, AMARA, "Clive Clinician"),
        (n.MANAGER, HOME, "Clive Clinician"),
        (n.CARER, AMARA, withheld),
    ):
        shown = browse(person).get(address).text
        answer, note = shown.index("GP today"), shown.index("Doctor comes at four.")
        assert answer < note < shown.index(by, answer)
        below = {"/rounds": "</table>", HOME: 'id="today"', AMARA: 'id="who"'}[address]
        assert note < shown.index(below), f"{person} must look for it on {address}"


@pytest.mark.parametrize(
    ("person", "desk"),
    [
        (n.CLINICIAN, QUEUE),
        (n.WORKER, "/rounds"),
        (n.CARER, AMARA),
        (n.TRAINER, "/training"),
        (n.OPERATOR, "/kits"),
    ],
)
@pytest.mark.parametrize("refused", [f"/homes/{n.STRANGE_HOME}", "/nothing/here"])
def test_a_refusal_leads_everybody_back_to_their_own_start_page(
    browse: SignIn, person: UUID, desk: str, refused: str
) -> None:
    client = browse(person)
    answer = client.get(refused)
    assert answer.status_code in (403, 404)
    assert 'action="/sign-out"' in answer.text, "they are signed in, and go on from here"
    body = answer.text[answer.text.index("<main") :]
    [way_out] = _Page(body).links
    assert "Go to your start page" in body
    assert client.get(way_out).url.path == desk


@pytest.mark.parametrize("severity", ["high", "concern"])
def test_a_form_that_was_opened_before_somebody_rang_is_shown_again_with_what_is_new(
    browse: SignIn, escalation: str, severity: str
) -> None:
    client = browse(n.CLINICIAN)
    address = f"/escalations/{escalation}"
    client.post(f"{address}/claim")
    answer = {"disposition": "gp_today", "note": "Doctor comes at four."}
    opened = _Page(client.get(f"{address}/close").text).forms
    browse(n.COLLEAGUE).post(
        f"{AMARA}/raise", data={"severity": severity, "words": "She has stopped speaking."}
    )
    [form] = [one for one in opened if one["action"].endswith("/close")]
    for seen in ({"seen": form["seen"]}, {}):
        again = client.post(f"{address}/close", data=answer | seen)
        assert again.status_code == 422
        assert "This has changed since you opened it: look again before you close it" in again.text
        assert "She has stopped speaking." in again.text
        assert "Doctor comes at four." in again.text
    [shown] = [one for one in _Page(again.text).forms if one["action"].endswith("/close")]
    closed = client.post(f"{address}/close", data=answer | {"seen": shown["seen"]})
    assert "Nobody is waiting." in closed.text


def test_a_case_is_closed_only_on_the_ceiling_of_treatment_that_the_form_showed(
    browse: SignIn, escalation: str
) -> None:
    client, address = browse(n.CLINICIAN), f"/escalations/{escalation}/close"
    client.post(f"/escalations/{escalation}/claim")
    opened = form_of(client, address, address)
    colleague = browse(n.COLLEAGUE)
    ceiling = form_of(colleague, f"{AMARA}/ceiling", f"{AMARA}/ceiling") | CEILING
    assert "this ceiling of treatment stands" in colleague.post(f"{AMARA}/ceiling", data=ceiling).text
    faulty = client.post(address, data=opened | {"disposition": "gp_today", "note": " "})
    [mended] = [one for one in _Page(faulty.text).forms if one["action"] == address]
    assert (mended["seen"], mended["seen_ceiling"]) == (opened["seen"], ""), "as it was first shown"
    answer = {"disposition": "gp_today", "note": "Doctor comes at four."}
    refused = client.post(address, data=mended | answer)
    assert refused.status_code == 422
    assert "The ceiling of treatment has changed since you opened this" in refused.text
    assert CEILING["statement"] in refused.text
    assert answer["note"] in refused.text
    [shown] = [one for one in _Page(refused.text).forms if one["action"] == address]
    assert "Nobody is waiting." in client.post(address, data=shown | answer).text


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 5000, "²"])
@pytest.mark.parametrize("raised_by", ["a reading", "whoever closes it"])
def test_a_form_that_names_nothing_it_was_shown_with_closes_nothing(
    browse: SignIn, escalation: str, seen: str, raised_by: str
) -> None:
    client = browse(n.CLINICIAN)
    if raised_by == "whoever closes it":
        fell = {"severity": "concern", "words": "He fell at breakfast."}
        there = client.post(f"/residents/{n.BRAM}/raise", data=fell)
        [escalation] = set(re.findall(r'id="escalation-([0-9a-f-]+)"', there.text)) - {escalation}
    address = f"/escalations/{escalation}/close"
    client.post(f"/escalations/{escalation}/claim")
    answer = {"disposition": "gp_today", "note": "Doctor comes at four.", "seen": seen, "seen_ceiling": "x"}
    assert "This has changed since you opened it" in client.post(address, data=answer).text


@pytest.mark.parametrize("ahead", [timedelta(hours=1), -timedelta(hours=1)], ids=["ahead", "behind"])
def test_a_ceiling_recorded_by_a_clock_that_is_wrong_is_shown_and_keeps_no_case_open(
    browse: SignIn, neighbourhood: Database, escalation: str, ahead: timedelta
) -> None:
    client, address = browse(n.CLINICIAN), f"/escalations/{escalation}/close"
    client.post(f"/escalations/{escalation}/claim")
    colleague = browse(n.COLLEAGUE)
    ceiling = form_of(colleague, f"{AMARA}/ceiling", f"{AMARA}/ceiling") | CEILING
    colleague.post(f"{AMARA}/ceiling", data=ceiling)
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.ceiling SET starts_at = now() + %s", (ahead,))
    assert CEILING["statement"] in client.get(address).text
    answer = form_of(client, address, address) | {"disposition": "gp_today", "note": "Doctor comes at four."}
    assert "Nobody is waiting." in client.post(address, data=answer).text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"disposition=gp_today&note=a%00b"),
        (
            "multipart/form-data; boundary=x; charset=utf-7",
            b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n+2AA-\r\n--x--\r\n',
        ),
    ],
    ids=["NUL", "half a character"],
)
def test_what_cannot_be_stored_is_refused_in_words(
    browse: SignIn, escalation: str, kind: str, body: bytes
) -> None:
    answer = browse(n.CLINICIAN).post(
        f"/escalations/{escalation}/close", content=body, headers={"Content-Type": kind}
    )
    assert (answer.status_code, "characters that cannot be stored" in answer.text) == (422, True)


def test_no_words_of_an_answer_are_lost_where_it_cannot_be_given(browse: SignIn, escalation: str) -> None:
    client, address = browse(n.CLINICIAN), f"/escalations/{escalation}/close"
    answer = {"disposition": "gp_today", "note": "Doctor comes at four.", "seen": "1"}
    refused = client.post(address, data=answer)
    assert refused.status_code == 422
    assert "Claim this escalation before you close it" in refused.text
    assert "Doctor comes at four." in refused.text
    long = "Doctor comes at four. " * 200
    for where, field in ((address, "note"), (f"{AMARA}/raise", "words")):
        refused = client.post(where, data=answer | {"severity": "concern", field: long})
        assert refused.status_code == 422
        assert "This has 4400 characters; there is room for" in refused.text
        assert refused.text.count(long.strip()) == 1


def test_a_colleague_who_comes_second_is_told_so_on_the_queue(browse: SignIn, escalation: str) -> None:
    browse(n.COLLEAGUE).post(f"/escalations/{escalation}/claim")
    late = browse(n.CLINICIAN).post(f"/escalations/{escalation}/claim")
    assert late.status_code == 409
    assert "A colleague has claimed this escalation already." in late.text
    assert "Claimed by Cleo Colleague" in late.text


def test_a_phone_call_is_raised_by_hand_and_seen_by_the_home(browse: SignIn) -> None:
    client = browse(n.CLINICIAN)
    assert f"/residents/{n.AMARA}/raise" in client.get(f"{QUEUE}/raise?name=amara").text
    assert "Nobody of this name" in client.get(f"{QUEUE}/raise?name=dov").text
    asked = client.post(f"{AMARA}/raise", data={"severity": "silent", "words": ""})
    assert asked.status_code == 422
    raised = client.post(
        f"{AMARA}/raise", data={"severity": "concern", "words": "Daughter rang: not eating."}
    )
    assert "Daughter rang: not eating." in raised.text
    assert "Nobody has measured them yet" in raised.text
    assert "Daughter rang: not eating." in browse(n.MANAGER).get(HOME).text


@pytest.mark.parametrize(
    "opened_at", ["", "now", "2026-11-22T14:02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_form_that_says_no_time_it_could_be_from_stores_nothing_and_says_so(
    browse: SignIn, opened_at: str
) -> None:
    client = browse(n.WORKER)
    form = form_of(client, CAPTURE, CAPTURE) | FILLED | {"opened_at": opened_at, "taken_time": "10:00"}
    refused = client.post(CAPTURE, data=form)
    assert refused.status_code == 422
    assert "This form has lost its number: nothing was stored." in refused.text


def test_a_set_captured_by_hand_is_answered_at_once_and_twice_is_once(
    browse: SignIn, neighbourhood: Database
) -> None:
    client = browse(n.WORKER)
    form = form_of(client, CAPTURE, CAPTURE) | FILLED
    first, second = client.post(CAPTURE, data=form), client.post(CAPTURE, data=form)
    assert "The readings are stored" in first.text
    assert "NEWS2 is 10." in first.text
    assert "Phone the hub now: 01632 960000." in first.text
    assert "sent twice, they count once" in second.text
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM ingest.reading").fetchall() == [(1,)]
    alone = client.post(CAPTURE, data=form_of(client, CAPTURE, CAPTURE) | {"pulse": "90"})
    assert (
        "It also counts breathing rate 26 breaths a minute, oxygen saturation 91%, breathing air,"
        in alone.text
    )
    shown = browse(n.CLINICIAN).get(AMARA).text
    assert "39.2 °C" in shown
    assert "Wanda Worker (signed in)" in shown
    assert "the lowest and the highest of what was measured in the 90 days before the last 72 hours" in shown
    assert "not known yet: nothing measured in those days" in shown, (
        "what is measured now tells nothing of it"
    )
    assert "Not signed off for blood pressure, temperature, oxygen saturation and counting breaths" in shown


def test_that_monitoring_is_paused_is_said_before_what_to_do_and_on_the_round(
    browse: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(PAUSED, (n.AMARA, n.MANAGER))
    client = browse(n.WORKER)
    shown = client.post(CAPTURE, data=form_of(client, CAPTURE, CAPTURE) | FILLED).text
    assert shown.index("Monitoring is paused") < shown.index("What to do now")
    assert "You are not signed off for blood pressure, temperature, oxygen saturation and counting" in shown
    assert "In hospital, until tomorrow" in client.get("/rounds").text


def test_what_cannot_be_is_asked_about_and_nothing_is_lost_of_the_rest(
    browse: SignIn, neighbourhood: Database
) -> None:
    client = browse(n.WORKER)
    form = form_of(client, CAPTURE, CAPTURE) | FILLED | {"pulse": "fast"}
    asked = client.post(CAPTURE, data=form)
    assert asked.status_code == 422
    assert "Pulse must be a number, 0 to 300: look at it again" in asked.text
    assert 'value="39.2"' in asked.text
    again = form_of(client, CAPTURE, CAPTURE) | FILLED
    assert "The readings are stored" in client.post(CAPTURE, data=again).text
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM ingest.reading").fetchall() == [(1,)]


def test_a_form_without_its_number_stores_nothing_and_says_so(
    browse: SignIn, neighbourhood: Database
) -> None:
    answer = browse(n.WORKER).post(CAPTURE, data=FILLED)
    assert answer.status_code == 422
    assert "nothing was stored" in answer.text
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM ingest.reading").fetchall() == [(0,)]


@pytest.mark.parametrize("person", [n.WORKER, n.MANAGER, n.CARER])
def test_whoever_captured_is_led_back_to_a_page_of_theirs(browse: SignIn, person: UUID) -> None:
    client = browse(person)
    answer = client.post(CAPTURE, data=form_of(client, CAPTURE, CAPTURE) | FILLED)
    links = [one for one in _Page(answer.text).addresses if one.startswith(("/residents", "/rounds"))]
    assert len(links) == 2
    assert [client.get(one).status_code for one in links] == [200, 200]


def test_a_clinician_is_not_at_the_bedside(browse: SignIn) -> None:
    assert browse(n.CLINICIAN).get(CAPTURE).status_code == 403


def test_a_trainer_signs_a_worker_off_and_takes_it_back(browse: SignIn) -> None:
    client = browse(n.TRAINER)
    signing = {"person": str(n.WORKER), "activity": "temperature", "level": "independent"}
    asked = client.post("/training/sign-off", data=signing | {"level": "", "valid_until": "soon"})
    assert asked.status_code == 422
    past = client.post("/training/sign-off", data=signing | {"valid_until": "2020-01-01"})
    assert "A sign-off must be valid for some time" in past.text
    ages = client.post("/training/sign-off", data=signing | {"valid_until": "2399-01-01"})
    assert "A sign-off is valid for three years at most" in ages.text
    until = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    signed = client.post("/training/sign-off", data=signing | {"valid_until": until})
    assert "Signed off." in signed.text
    [action] = set(re.findall(r"/training/[0-9a-f-]{36}/revoke", signed.text))
    assert "Why do you take it back?" in client.get(action).text
    unsaid = client.post(action, data={"reason": " "})
    assert (unsaid.status_code, "Say why you take it back" in unsaid.text) == (422, True)
    said = {"reason": "Has not done it for a year."}
    assert "Taken back" in client.post(action, data=said).text
    assert client.post(action, data=said).status_code == 409
    assert client.get(action).status_code == 409


def test_a_trainer_of_elsewhere_is_told_that_there_is_no_such_worker(browse: SignIn) -> None:
    signing = {"person": str(n.OUTSIDER), "activity": "temperature", "level": "independent"}
    answer = browse(n.TRAINER).post("/training/sign-off", data=signing | {"valid_until": "2099-01-01"})
    assert answer.status_code == 404


def test_a_name_is_shown_as_it_is_written_and_never_run(browse: SignIn, neighbourhood: Database) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.resident SET name = '<script>alert(1)</script>' WHERE resident_id = %s",
            (n.AMARA,),
        )
    for person, address in ((n.CLINICIAN, AMARA), (n.WORKER, "/rounds"), (n.WORKER, CAPTURE)):
        shown = browse(person).get(address).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_whoever_looks_at_a_resident_is_written_down(browse: SignIn, neighbourhood: Database) -> None:
    browse(n.CLINICIAN).get(AMARA)
    with neighbourhood.connect() as conn:
        looked = conn.execute(
            "SELECT actor FROM delegation.audit_event WHERE action = 'resident.seen' AND resident_id = %s",
            (n.AMARA,),
        ).fetchall()
    assert looked == [(f"person:{n.CLINICIAN}",)]


@pytest.mark.parametrize("address", ["/nothing/here", f"/residents/{UUID(int=999)}", "/hubs/not-an-id"])
def test_a_refusal_is_a_page_for_a_browser(browse: SignIn, address: str) -> None:
    answer = browse(n.CLINICIAN).get(address)
    assert answer.status_code in (404, 422)
    assert "text/html" in answer.headers["content-type"]
    assert "<h1" in answer.text


def test_when_something_goes_wrong_the_page_claims_nothing_and_gives_nothing_away(
    browse: SignIn, neighbourhood: Database
) -> None:
    client = browse(n.WORKER)
    form = form_of(client, CAPTURE, CAPTURE) | FILLED
    with neighbourhood.connect(autocommit=True) as conn:
        conn.execute("ALTER TABLE ingest.current_vitals RENAME TO gone")
        conn.execute("ALTER TABLE delegation.resident RENAME TO gone_too")
    answer = client.post(CAPTURE, data=form)
    assert answer.status_code == 500
    assert "Do not take it that anything was stored." in answer.text
    assert "Traceback" not in answer.text
    assert "gone" not in answer.text
