"""docs/results.md: each benchmark owns the part between its two markers."""

from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "results.md"


def replace_section(name: str, text: str) -> None:
    """Put the text between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        ValueError: the page has no such markers.
    """
    page = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if start not in page or end not in page:
        raise ValueError(f"{PAGE} needs the markers {start} and {end}")
    head, rest = page.split(start, 1)
    PAGE.write_text(f"{head}{start}\n{text.strip()}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")
