"""Ten days with real processes: logs arrive, `threefold retrain` runs, a service under traffic follows.

    [KUAIRAND=folder/of/impressions] python -m benchmarks.end_to_end [--only simulated|kuairand] [--quick] [--workers 2]

Days of a log arrive one by one; `threefold serve --registry` answers requests of the newest day all the time. Each
champion and the first one, which is never retrained, are measured on the day after. The first log is of a simulated,
drifting world; with KUAIRAND its recorded days follow, or `--only kuairand` plays them alone. Fails where an answer
failed or was not what the version that it names predicts, where a run of retrain failed, or where the service did not
follow; the part of docs/results.md of such a log stays as it was.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks.child import unwind_on_sigterm
from benchmarks.end_to_end import configuration
from benchmarks.end_to_end.freshness import losses
from benchmarks.end_to_end.logs import Log, kuairand, simulated
from benchmarks.end_to_end.page import Compared, broken, decisions, freshness, totals
from benchmarks.end_to_end.play import Played, first_champion, newest_day, play
from benchmarks.end_to_end.retraining import Place
from benchmarks.results_page import replace_section

LOGS = ("simulated", "kuairand")


def say(line: str) -> None:
    """To whoever watches."""
    print(line, flush=True)


def compared(played: Played, place: Place, log: Log) -> list[Compared]:
    """Every day's champion and the first version on the day after, as far as there is one."""
    after = chain((day.name for day in played.days[1:]), (log.arriving.next_day() for _ in range(log.num_after)))
    found = []
    for day, then in zip(played.days, after, strict=False):
        rows = log.arriving.log / f"date={then}"
        found.append(
            Compared(then, losses(place.registry / day.champion, rows), losses(place.registry / played.first, rows))
        )
    return found


def played_out(log: Log, folder: Path, workers: int) -> tuple[Played, str]:
    """The play of a log, and its section; everything else goes into the folder."""
    folder.mkdir()
    place = Place(folder, folder / "retrain.toml")
    section = place.section(train_window=log.train_window, keep=log.num_days + 1)
    configuration.written(log.settings, log.arriving.log, section, place.config)
    log.arriving.begin(log.num_first)
    say(f"first champion: {first_champion(place)}, of the days to {newest_day(log.arriving.log)}")
    played = play(place, log.arriving, log.num_days, say, workers)
    table = freshness(compared(played, place, log), log.heads)
    text = [f"{log.text} {workers} worker(s).", "", *decisions(played), "", totals(played), "", *table]
    return played, "\n".join(text)


def logs(only: str | None, folder: Path, *, quick: bool) -> Iterator[Log]:
    """Those that are to be played; their days arrive in the folder."""
    recorded = os.environ.get("KUAIRAND")
    if only == "kuairand" and not recorded:
        sys.exit("--only kuairand needs the recorded days; KUAIRAND is not set: let it name the folder of impressions")
    if only != "kuairand":
        yield simulated(folder, quick=quick)
    if only != "simulated" and recorded:
        yield kuairand(folder, Path(recorded), quick=quick)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=LOGS, help="this log alone")
    parser.add_argument("--quick", action="store_true", help="three short days, and nothing is written to the page")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    unwind_on_sigterm()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="threefold-e2e-") as name:
        for log in logs(options.only, Path(name), quick=options.quick):
            played, text = played_out(log, Path(name) / log.section, options.workers)
            print(text, flush=True)
            found = broken(played)
            if not found and not options.quick:
                replace_section(log.section, text)
            wrong += found
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
