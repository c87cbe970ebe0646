"""Turns findings into alarms: one odd batch raises none, and what goes on is told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.history import Alarm, Reading
from training.telemetry.alarms.rule import Rule


@dataclass
class Episode:
    """Whether something is going on, and for how many readings in a row it has looked otherwise."""

    is_on: bool = False
    streak: int = 0

    def begins(self, is_found: bool, needed: int) -> bool:
        """Take in a reading; True where an episode begins with it."""
        if is_found == self.is_on:
            self.streak = 0
            return False
        self.streak += 1
        if self.streak < needed:
            return False
        self.is_on, self.streak = is_found, 0
        return is_found


class Watch:
    """Follows every rule over the readings of a run."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._episodes: dict[tuple[str, str], Episode] = {}

    def alarms(self, reading: Reading) -> list[Alarm]:
        """What has just begun."""
        raised: list[Alarm] = []
        for rule in self._rules:
            for subject, finding in rule.judge(reading).items():
                episode = self._episodes.setdefault((rule.kind, subject), Episode())
                if episode.begins(finding is not None, rule.readings) and finding is not None:
                    raised.append(Alarm(reading.step, finding.subnet, finding.evidence, finding.advice, rule.kind))
        return raised

    def state(self) -> dict[str, Any]:
        """What is going on, and what the rules remember."""
        episodes = [[*at, episode.is_on, episode.streak] for at, episode in self._episodes.items()]
        return {"episodes": episodes, "rules": {rule.kind: rule.state() for rule in self._rules}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        self._episodes = {(kind, subject): Episode(*episode) for kind, subject, *episode in state["episodes"]}
        for rule in self._rules:
            rule.restore(state["rules"][rule.kind])
