"""The name of a browser, in words its owner knows.

Guards: only our own words are returned, whatever the browser calls itself. The name is a hint for its owner and decides
nothing.
"""

# In search order: most browsers also carry the names listed below theirs.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPad", "an iPad"),
    ("iPhone", "an iPhone"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)
UNKNOWN = "A program or an unusual browser"


def browser_of(user_agent: str | None) -> str:
    """Return words such as "Chrome on Windows"."""
    said = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), None)
    system = next((name for mark, name in _SYSTEMS if mark in said), None)
    if browser is None:
        return UNKNOWN
    return f"{browser} on {system}" if system else browser
