"""`POST /admin/reload`: look at the registry now."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from service.refusal import ADMIN_OFF, NOT_SWAPPED, UNAUTHORIZED, Refusal
from service.settings import Settings
from service.swapping.company import Company
from service.swapping.follower import Follower
from service.swapping.keys import digests, is_admitted
from service.swapping.paths import RELOAD

router = APIRouter()


class Reloaded(BaseModel):
    """The version that the registry's channel points at serves in the process that was asked."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    before: str | None
    """The version that served before; null where none did."""
    version: str | None
    """The version that serves now; null where nothing was promoted yet."""
    num_workers: int
    """Processes of the service."""
    num_following: int
    """Of these, how many serve `version` by now; the others take their turn, and who asks again is told how far they
    are."""


def _admitted(request: Request) -> Follower:
    """What follows the channel, for a bearer of the key."""
    state = request.app.state
    settings: Settings = state.settings
    known = digests(settings.admin_key_sha256)
    if not known or state.follower is None:
        raise Refusal(
            ADMIN_OFF,
            "a swap is asked for where a service follows a registry and has an admin key; this one lacks one of the "
            "two: set --registry and THREEFOLD_ADMIN_KEY_SHA256",
        )
    if not is_admitted(request.headers.get("Authorization"), known):
        state.swaps.admin_refused()
        raise Refusal(
            UNAUTHORIZED,
            "who asks for a swap sends `Authorization: Bearer KEY` with the admin key; found none, or another",
            headers={"WWW-Authenticate": "Bearer"},
        )
    follower: Follower = state.follower
    return follower


@router.post(RELOAD, summary="Serve what the registry's channel points at")
async def reload(request: Request, follower: Annotated[Follower, Depends(_admitted)]) -> Reloaded:
    """Looks now, and tries again what failed before. Other processes of the service do so one after the other."""
    state = request.app.state
    company: Company = state.company
    before = state.serving and state.serving.version
    await follower.reload()
    if follower.problem is not None:
        still = "none" if state.serving is None else state.serving.version
        raise Refusal(NOT_SWAPPED, f"{follower.problem} (version {still} goes on serving)")
    version = state.serving and state.serving.version
    return Reloaded(
        before=before,
        version=version,
        num_workers=company.num_processes,
        num_following=company.num_serving(version) if version else 0,
    )
