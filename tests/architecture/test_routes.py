"""Every route says which deed to which records it is, and what is open to all is listed here."""

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from api.access import Needs, nobody_in_particular
from api.app import create_app
from api.settings import Settings
from api.signing_in.proofs import code_try, invitation_try, new_password, own_password
from api.web.fields import Fields
from delegation.rights import ADD, CHANGE, READ, RIGHTS, Record

OPEN_TO_ALL = {
    ("/healthz", "GET"),
    ("/readyz", "GET"),
    ("/metrics", "GET"),
    ("/sign-in", "GET"),
    ("/sign-in", "POST"),
    ("/sign-in/pin", "POST"),
    ("/sign-in/openid", "GET"),
    ("/sign-in/openid/back", "GET"),
    ("/join", "GET"),
    ("/join", "POST"),
    ("/join/account", "POST"),
    ("/api/v1/sign-in", "POST"),
    ("/api/v1/openapi.json", "GET"),
}
# Deeds that no route is about by itself, and where they are done.
DONE_WITH_ANOTHER = {
    (ADD, Record.CALLS): "written with the escalation that is raised",
    (READ, Record.CALLS): "shown with the escalation",
    (CHANGE, Record.CLAIMS): "asked where a colleague's claim is released",
    (READ, Record.SCALE_TWO): "shown on the resident's page",
    (READ, Record.CEILINGS): "shown on the resident's page",
    (READ, Record.AIR): "shown on the resident's page",
    (READ, Record.PAUSES): "shown on the resident's page",
    (READ, Record.ENDS_OF_CARE): "shown on the resident's page",
    (READ, Record.NOTICES): "shown at the desk they are told to",
    (READ, Record.NAMES): "shown beside what somebody did",
    (CHANGE, Record.SECOND_STEPS): "asked where an account is helped with",
    (READ, Record.TABLETS): "shown where they are enrolled",
    (ADD, Record.TABLETS): "on the page where they are removed too",
    (READ, Record.KITS): "shown on the queue and the home's page",
    (READ, Record.HEALTH): "the words of the notice on every page",
}
# Deeds that a page offers and the JSON API does not, and why. Whatever else there is can be done by both.
ON_PAGES_ALONE = {
    (READ, Record.ROUND): "a list to walk along with a tablet; who is due is in the home's day",
    (ADD, Record.COPIES): "a file to be handed over, by a form that names who asked for it",
    (READ, Record.LOOKING): "shown day by day in words; the events themselves are the owner's to verify",
    (READ, Record.ROLES): "codes are shown once, to a person who hands them over",
    (ADD, Record.ROLES): "codes are shown once, to a person who hands them over",
    (CHANGE, Record.ROLES): "beside the list of who holds them",
    (CHANGE, Record.ACCOUNTS): "a new password is shown once, to a person who hands it over",
    (CHANGE, Record.TABLETS): "an enrolled tablet is a browser",
    (READ, Record.COUNTS): "small numbers are hidden on their way into words",
}
STATIC_FILES = "/static"
TYPED = (own_password, new_password, code_try, invitation_try)


def routes() -> list[RouteContext]:
    """Every route of the api but the folder of static files."""
    return [
        route
        for route in iter_route_contexts(create_app(Settings()).routes)
        if getattr(route.original_route, "path", None) != STATIC_FILES
    ]


def dependencies(dependant: Dependant | None) -> list[object]:
    """What is called before a route, in order."""
    return [] if dependant is None else [one.call for one in dependant.dependencies]


def test_a_form_is_read_before_the_visit_begins_so_that_a_slow_one_holds_no_connection() -> None:
    read = Fields.__metadata__[0].dependency
    with_fields = [found for route in routes() if read in (found := dependencies(route.dependant))]
    assert len(with_fields) >= 19
    for found in with_fields:
        [visit] = [place for place, one in enumerate(found) if isinstance(one, Needs)]
        assert found.index(read) < visit


def declarations(dependant: Dependant | None) -> list[object]:
    """What a route declares, itself or through what it depends on."""
    if dependant is None:
        return []
    below = [found for one in dependant.dependencies for found in declarations(one)]
    is_declaration = isinstance(dependant.call, Needs) or dependant.call is nobody_in_particular
    return [*below, dependant.call] if is_declaration else below


def named(route: RouteContext) -> list[tuple[str, str]]:
    return [(str(route.path), method) for method in sorted(route.methods or ())]


def test_every_route_declares_what_it_needs() -> None:
    undeclared = [name for route in routes() if not declarations(route.dependant) for name in named(route)]
    assert undeclared == []


def test_only_these_routes_are_open_to_all() -> None:
    is_open = {
        name
        for route in routes()
        if nobody_in_particular in declarations(route.dependant)
        for name in named(route)
    }
    assert is_open == OPEN_TO_ALL


def test_every_deed_that_somebody_may_do_is_done_somewhere() -> None:
    named_by_routes = {
        (one.deed, one.record)
        for route in routes()
        for one in declarations(route.dependant)
        if isinstance(one, Needs)
    }
    given = {(deed, record) for record, rights in RIGHTS.items() for right in rights for deed in right.deeds}
    assert named_by_routes - given == set(), "a route that nobody may use"
    assert given - named_by_routes == set(DONE_WITH_ANOTHER)


def deeds(*, json: bool) -> set[tuple[object, object]]:
    return {
        (one.deed, one.record)
        for route in routes()
        if str(route.path).startswith("/api/v1") is json
        for one in declarations(route.dependant)
        if isinstance(one, Needs)
    }


def test_what_a_page_offers_json_offers_too_or_it_is_said_why_not() -> None:
    by_json, by_pages = deeds(json=True), deeds(json=False)
    assert by_pages - by_json == set(ON_PAGES_ALONE)
    assert {deed for deed, _ in by_json - by_pages} <= {READ}, (
        "parts of a page that have addresses of their own"
    )


def test_a_route_that_changes_something_is_no_reading() -> None:
    changing = [
        name
        for route in routes()
        for one in declarations(route.dependant)
        if isinstance(one, Needs) and one.deed is READ
        for name in named(route)
        if name[1] not in ("GET", "HEAD")
    ]
    assert changing == []


def test_no_route_holds_a_transaction_beyond_its_answer() -> None:
    """A visit that ended after the answer was sent could fail to commit what was said to be done."""

    def scopes(dependant: Dependant | None) -> list[str | None]:
        if dependant is None:
            return []
        below = [scope for one in dependant.dependencies for scope in scopes(one)]
        return [*below, dependant.scope] if isinstance(dependant.call, Needs) else below

    assert {scope for route in routes() for scope in scopes(route.dependant)} == {"function"}


def test_what_is_slow_to_look_at_is_looked_at_before_a_visit_opens() -> None:
    """Else it would hold the visit's connection and wait for another: enough at once would wait for ever."""

    def order(dependant: Dependant | None) -> list[str]:
        kinds = [
            "typed" if one.call in TYPED else "visit" if isinstance(one.call, Needs) else ""
            for one in (dependant.dependencies if dependant else ())
        ]
        return [kind for kind in kinds if kind]

    orders = [order(route.dependant) for route in routes()]
    assert ["typed", "visit"] in orders
    assert [one for one in orders if "typed" in one and one not in (["typed"], ["typed", "visit"])] == []
