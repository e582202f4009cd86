"""Which browser it is, in its owner's words."""

import pytest

from api.identity.browsers import UNKNOWN, browser_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Linux"),
        (
            CHROME.replace("X11; Linux x86_64", "Windows NT 10.0; Win64; x64") + " Edg/142.0",
            "Edge on Windows",
        ),
        (CHROME.replace("X11; Linux x86_64", "Linux; Android 15"), "Chrome on Android"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on an iPad"),
        ("Firefox/140", "Firefox"),
        ("curl/8 <script>", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_browser_is_named_as_people_name_it(user_agent: str | None, words: str) -> None:
    assert browser_of(user_agent) == words
