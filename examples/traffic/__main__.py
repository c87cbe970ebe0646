"""Asks a service what the newest day of a log shows, at a set rate, and says what came back."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from service.client import AsyncClient
from traffic.questions import newest_questions
from traffic.sending import Sender, model_when_ready
from traffic.tally import Tally

EMPTY_LOG_POLL_S = 1.0


async def run(options: argparse.Namespace) -> None:
    """Send until SIGTERM or Ctrl-C; with `--once`, only through the newest day."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncClient(options.url, timeout_s=options.timeout_s) as client:
        sender = Sender(client, options.rate)
        telling = asyncio.create_task(_tell(sender, options.every_s))
        while model := await model_when_ready(client, stop):
            if not await sender.send(newest_questions(options.log, model, options.most_candidates), stop):
                await asyncio.sleep(EMPTY_LOG_POLL_S)
            if options.once:
                break
        telling.cancel()
        _say(sender)


async def _tell(sender: Sender, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        _say(sender)


def _say(sender: Sender) -> None:
    """One line for the time since the last one; counting begins anew."""
    tally, sender.tally = sender.tally, Tally()
    sys.stdout.write(f"traffic: {tally.line()}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="traffic", description=__doc__)
    parser.add_argument("url", help="the service, such as http://127.0.0.1:8000")
    parser.add_argument("log", type=Path, help="folder of Parquet logs; its newest partition is asked about")
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    parser.add_argument("--most-candidates", type=int, default=100, help="candidates of a request")
    parser.add_argument("--timeout-s", type=float, default=2.0, help="seconds for an answer, retries included")
    parser.add_argument("--every-s", type=float, default=10.0, help="seconds between two lines")
    parser.add_argument("--once", action="store_true", help="end after the newest day")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(run(_options()))
