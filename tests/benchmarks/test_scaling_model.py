"""What a step costs on paper: one host exchanges nothing, and more hosts never compute a larger share of it."""

import pytest

from benchmarks.scaling_model import Host, gradient_bytes, row_bytes, step

HOST = Host("plain", 20_000.0)


def test_one_host_sends_nothing_and_waits_only_for_itself() -> None:
    assert row_bytes(1_000, 16, hosts=1) == gradient_bytes(1_000, hosts=1) == 0
    alone = step(HOST, 1, 4_096, 60_000, 16, 1_000_000, gigabits=10)
    assert alone.seconds == pytest.approx(4_096 / 20_000, rel=1e-3)


def test_bytes_are_ids_rows_and_gradients_that_lie_with_others() -> None:
    assert row_bytes(1_000, 16, hosts=2) == 1_000 * (8 + 64 + 64) / 2
    assert gradient_bytes(1_000, hosts=4) == 1_000 * 4 * 2 * 3 / 4


def test_a_faster_link_and_fewer_hosts_leave_a_larger_share_to_computing() -> None:
    shares = [step(HOST, hosts, 512, 9_000, 16, 500_000, gigabits=10).efficiency for hosts in (2, 8, 64)]
    assert shares == sorted(shares, reverse=True)
    shares = [step(HOST, 8, 512, 9_000, 16, 500_000, gigabits).efficiency for gigabits in (10, 25, 100)]
    assert shares == sorted(shares)
