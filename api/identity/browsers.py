"""Which browser it is, as its owner would say it.

Guards: only words of ours come out, whatever a browser calls itself; it is a hint for its owner and decides nothing.
"""

# In the order in which they are looked for: most call themselves by the names below theirs too.
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
    """In words, such as "Chrome on Windows"."""
    said = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), None)
    system = next((name for mark, name in _SYSTEMS if mark in said), None)
    if browser is None:
        return UNKNOWN
    return f"{browser} on {system}" if system else browser
