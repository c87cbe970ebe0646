"""The rules for the names a user gives to features and tasks."""

from typing import Annotated

from pydantic import StringConstraints

TaskName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""Lower case, digits and underscores: it names a subnet (`heads.click`), a module and a field of the answer."""

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""Any non-empty column name of a log."""
