"""The path of the one route that gives orders."""

RELOAD = "/admin/reload"
