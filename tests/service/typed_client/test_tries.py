"""Laws of tries, waits and deadlines, for any service and any luck; both clients keep them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.client import (
    ClientError,
    DeadlineError,
    FailedError,
    RefusedError,
    Retries,
    UnavailableError,
    UnreachableError,
)
from tests.service.typed_client.scripted import Act, World

KINDS = ["blocking", "asynchronous"]
acts = st.builds(
    Act,
    work_s=st.sampled_from([0.0, 0.01, 0.3, 5.0]),
    status=st.sampled_from([None, 503, 503, 503, 429, 200, 422, 500, 504]),
    retry_after=st.sampled_from([None, 0, 1, 3]),
)
worlds = st.builds(
    World,
    script=st.lists(acts, max_size=8),
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8),
)
retries = st.builds(
    Retries, max_tries=st.integers(1, 6), first_wait_s=st.sampled_from([0.0, 0.05, 1.0]), max_wait_s=st.just(2.0)
)
timeouts = st.sampled_from([0.02, 0.5, 4.0, 60.0])


@pytest.mark.parametrize("kind", KINDS)
@given(world=worlds, policy=retries, timeout_s=timeouts)
def test_tries_time_and_waits_are_bounded(kind: str, world: World, policy: Retries, timeout_s: float) -> None:
    began = world.now
    with suppress(ClientError):
        world.predict(kind, timeout_s, policy)
    assert 1 <= len(world.requests) <= policy.max_tries
    assert len(world.waits) == len(world.requests) - 1
    assert world.now <= began + timeout_s + 0.002  # the shortest wait for the network is a millisecond
    for number, wait_s in enumerate(world.waits):
        asked = world.script[number].retry_after if world.script[number].status is not None else None
        bound = min(policy.max_wait_s, policy.first_wait_s * 2**number)
        assert (asked or 0) <= wait_s <= (asked or 0) + bound


@pytest.mark.parametrize("kind", KINDS)
@given(world=worlds, policy=retries, timeout_s=timeouts)
def test_the_service_is_told_what_is_left(kind: str, world: World, policy: Retries, timeout_s: float) -> None:
    deadline = world.now + timeout_s
    with suppress(ClientError):
        world.predict(kind, timeout_s, policy)
    for at, request in world.requests:
        left_ms = int(request.headers["X-Request-Timeout-Ms"])
        assert 1 <= left_ms <= max(1.0, (deadline - at) * 1e3 + 1e-6)
        assert left_ms > (deadline - at) * 1e3 - 1.001
    assert len({request.headers["X-Request-ID"] for _, request in world.requests}) == 1
    assert len({request.content for _, request in world.requests}) == 1


@given(world=worlds, policy=retries, timeout_s=timeouts)
def test_both_clients_do_the_same(world: World, policy: Retries, timeout_s: float) -> None:
    seen = []
    for kind in KINDS:
        again = World(world.script, world.draws)
        try:
            outcome: object = world_result(again, kind, timeout_s, policy)
        except ClientError as error:
            outcome = (type(error), str(error), error.problem, error.num_tries)
        seen.append((outcome, again.now, again.waits, len(again.requests)))
    assert seen[0] == seen[1]


def world_result(world: World, kind: str, timeout_s: float, policy: Retries) -> object:
    return world.predict(kind, timeout_s, policy).columns["click"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failure", [Act(status=None), Act(status=503), Act(status=429, retry_after=1)])
def test_what_may_pass_is_tried_again(kind: str, failure: Act) -> None:
    world = World([failure, failure])
    assert world.predict(kind, 10, Retries(max_tries=3))["click"] == (0.25, 0.5)
    assert len(world.requests) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Act(status=422), RefusedError),
        (Act(status=413), RefusedError),
        (Act(status=500), FailedError),
        (Act(status=502), FailedError),
        (Act(status=504), DeadlineError),
        (Act(work_s=11), DeadlineError),
    ],
)
def test_what_will_not_pass_is_tried_once(kind: str, failure: Act, error: type[ClientError]) -> None:
    world = World([failure])
    with pytest.raises(error) as found:
        world.predict(kind, 10, Retries())
    assert len(world.requests) == found.value.num_tries == 1
    assert world.waits == []
    assert found.value.request_id == world.requests[0][1].headers["X-Request-ID"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_error_is_raised_with_its_document(kind: str) -> None:
    with pytest.raises(UnavailableError, match="503 kind-503: about kind-503") as found:
        World([Act(status=None), Act(status=503, retry_after=2)]).predict(kind, 10, Retries(max_tries=2))
    error = found.value
    assert error.problem is not None
    assert (error.problem.kind, error.problem.status, error.row, error.field) == ("kind-503", 503, 3, "price")
    assert (error.retry_after_s, error.num_tries) == (2.0, 2)
    with pytest.raises(UnreachableError, match="ConnectError: refused"):
        World([Act(status=None)] * 2).predict(kind, 10, Retries(max_tries=2))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_waits_where_the_wait_would_pass_the_deadline(kind: str) -> None:
    world = World([Act(status=503, retry_after=5)])
    with pytest.raises(UnavailableError):
        world.predict(kind, 5, Retries())
    assert world.waits == []
    assert world.now == 1000.0


def test_calls_share_a_budget_of_retries() -> None:
    world = World([Act(status=503)] * 10_000)
    policy = Retries(max_tries=4, share=0.2, reserve=10)
    num_calls = 200
    with world.blocking(retries=policy) as client:
        for _ in range(num_calls):
            with pytest.raises(UnavailableError):
                client.predict(instances=[{}])
    num_retries = len(world.requests) - num_calls
    assert num_retries <= policy.reserve + policy.share * num_calls + 1
    assert num_retries >= policy.share * num_calls


def test_a_client_without_a_share_retries_only_from_its_reserve() -> None:
    world = World([Act(status=503)] * 100)
    with world.blocking(retries=Retries(max_tries=5, share=0, reserve=2)) as client:
        for _ in range(5):
            with pytest.raises(UnavailableError):
                client.predict(instances=[{}])
    assert len(world.requests) == 5 + 2


@pytest.mark.parametrize("wrong", [{"max_tries": 0}, {"first_wait_s": -1.0}, {"share": -0.1}, {"reserve": -1}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least one try"):
        Retries(**wrong)  # type: ignore[arg-type]
