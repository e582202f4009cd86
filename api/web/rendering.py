"""Turn a view into a page: the templates, and what every page carries.

Guards: everything is escaped unless a template says otherwise. A page never names an outside host. Faults end as the
design system wants, without a full stop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from api.parts import parts_of
from api.web.capture_form import WHOLE_FORM
from api.web.files import files


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds the page's own content."""

    who: str | None
    demonstration: bool
    here: str


@cache
def environment() -> Environment:
    """Return the templates of this package, with the design system's beneath them."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("api.web"), PackageLoader("nhsuk_frontend_jinja")]),
        autoescape=True,
        undefined=ChainableUndefined,  # as the design system's macros require
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["hw_faults"] = _faults
    made.filters["hw_fault"] = as_fault
    made.globals["hw_static"] = files().address
    return made


def _faults(faults: Mapping[str, str], first: str = "") -> list[dict[str, str]]:
    """Return faults as the design system's error summary wants them, each linked to its field.

    A fault of the whole form is linked to its first field.
    """
    return [
        {"text": sentence, "href": f"#{first if field == WHOLE_FORM else field}"}
        for field, sentence in faults.items()
    ]


def as_fault(sentence: str) -> str:
    """Return a sentence as it is shown beside a field: without its full stop, where it is the only one."""
    return sentence if ". " in sentence else sentence.removesuffix(".")


def page(
    request: Request,
    template: str,
    view: Mapping[str, Any],
    *,
    who: str | None = None,
    status: int | None = None,
) -> HTMLResponse:
    """Render a template. `who` is the name of the person signed in.

    Without a `status` the view decides: 409 where it says what happened `meanwhile`, 422 where it has `faults`.
    """
    shell = Shell(who, parts_of(request).settings.demo, request.url.path)
    faults = {field: as_fault(said) for field, said in view.get("faults", {}).items()}
    html = environment().get_template(template).render({**view, "faults": faults, "shell": shell})
    return HTMLResponse(html, _status(view) if status is None else status)


def _status(view: Mapping[str, Any]) -> HTTPStatus:
    if view.get("meanwhile"):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if view.get("faults") else HTTPStatus.OK
