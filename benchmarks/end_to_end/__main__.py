"""Ten days with real processes: logs arrive, `threefold retrain` runs, a service under traffic follows.

    python -m benchmarks.end_to_end [--quick] [--workers 2]
    KUAIRAND=folder/of/impressions python -m benchmarks.end_to_end

Simulated days of one drifting world are appended one by one; `threefold serve --registry` answers requests of the
newest day all the time. Each champion and the first one, which is never retrained, are measured on the day after.
With KUAIRAND the same days of real logs follow, without a service. Fails where an answer failed or was not what the
version that it names predicts, where a run of retrain failed, or where the service did not follow.
"""

import argparse
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.end_to_end import configuration
from benchmarks.end_to_end.arriving import Arriving, RecordedDays, SimulatedDays
from benchmarks.end_to_end.freshness import losses
from benchmarks.end_to_end.page import Compared, broken, decisions, freshness, totals
from benchmarks.end_to_end.play import Played, first_champion, newest_day, play, play_without_service
from benchmarks.end_to_end.retraining import Place
from benchmarks.results_page import replace_section
from training.simulation import SimulationConfig

FIRST_DAYS, DAYS, QUICK_DAYS = 5, 10, 3
WORLD = {
    "start_date": date(2026, 1, 1), "impressions_per_day": 20_000, "num_users": 2_000, "num_items": 400,
    "click_rate": 0.15, "conversion_rate": 0.15, "new_user_share": 0.05, "new_item_share": 0.1, "drift_per_day": 0.06,
}  # fmt: skip
QUICK_ROWS = 8_000
HEADS = {"click": "NE", "conversion": "NE", "dwell": "deviance"}
KUAIRAND_FIRST_DAYS, KUAIRAND_HEADS = 5, {"click": "NE", "long_view": "NE", "like": "NE", "dwell": "deviance"}


def say(line: str) -> None:
    """To whoever watches."""
    print(line, flush=True)


def compared(played: Played, place: Place, arriving: Arriving) -> list[Compared]:
    """Every day's champion and the first version on the day after; the last one waits for one day more."""
    after = [day.name for day in played.days[1:]] + [arriving.next_day()]
    found = []
    for day, then in zip(played.days, after, strict=True):
        rows = arriving.log / f"date={then}"
        found.append(
            Compared(then, losses(place.registry / day.champion, rows), losses(place.registry / played.first, rows))
        )
    return found


def simulated(folder: Path, quick: bool, workers: int) -> tuple[Played, str]:
    """The play, and its section."""
    world = SimulationConfig.model_validate(WORLD | ({"impressions_per_day": QUICK_ROWS} if quick else {}))
    arriving = SimulatedDays(folder, world)
    place = Place(folder, folder / "retrain.toml")
    section = place.section(train_window="7d", keep=20)
    configuration.written(configuration.simulated(), arriving.log, section, place.config)
    arriving.begin(FIRST_DAYS)
    say(f"first champion: {first_champion(place)}, of the days to {newest_day(arriving.log)}")
    played = play(place, arriving, QUICK_DAYS if quick else DAYS, say, workers)
    table = freshness(compared(played, place, arriving), HEADS)
    text = f"{world.impressions_per_day:,} impressions a day, {FIRST_DAYS} days before the first; {workers} worker(s)."
    return played, "\n".join([text, "", *decisions(played), "", totals(played), "", *table])


def kuairand(folder: Path, recorded: Path) -> tuple[Played, str]:
    """The same on recorded days, without a service."""
    arriving = RecordedDays(folder, recorded)
    place = Place(folder, folder / "retrain.toml")
    section = place.section(train_window="30d", keep=20)
    configuration.written(configuration.kuairand(), arriving.log, section, place.config)
    arriving.begin(KUAIRAND_FIRST_DAYS)
    say(f"first champion: {first_champion(place)}, of the days to {newest_day(arriving.log)}")
    played = play_without_service(place, arriving, len(arriving) - 1, say)
    table = freshness(compared(played, place, arriving), KUAIRAND_HEADS)
    return played, "\n".join([*decisions(played), "", *table])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three short days, and nothing is written to the page")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    plays: dict[str, Played] = {}
    with tempfile.TemporaryDirectory(prefix="threefold-e2e-") as name:
        folder = Path(name)
        (folder / "simulated").mkdir()
        plays["e2e"], text = simulated(folder / "simulated", options.quick, options.workers)
        texts = {"e2e": text}
        if (recorded := os.environ.get("KUAIRAND")) and not options.quick:
            (folder / "kuairand").mkdir()
            plays["e2e_kuairand"], texts["e2e_kuairand"] = kuairand(folder / "kuairand", Path(recorded))
    wrong = [line for played in plays.values() for line in broken(played)]
    for section, text in texts.items():
        print(text, flush=True)
        if not wrong and not options.quick:
            replace_section(section, text)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
