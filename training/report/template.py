"""Templates of pages: HTML that loads nothing, in the look of the report."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template

REPORT = "training.report"


def template(package: str, name: str) -> Template:
    """A package's template, which may include those of the report; every value is escaped, and none may be missing."""
    loader = ChoiceLoader([PackageLoader(package, "."), PackageLoader(REPORT, ".")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
