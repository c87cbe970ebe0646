"""The offline commands of `threefold`."""

import typer

from training.commands.compare import compare_command
from training.commands.evaluate import evaluate_command
from training.commands.init import init_command
from training.commands.lr_range import lr_range_command
from training.commands.publish import publish_command
from training.commands.retrain import retrain_command
from training.commands.schedule import schedule_command
from training.commands.score import score_command
from training.commands.simulate import simulate_command
from training.commands.train import train_command
from training.commands.tune import tune_command


def register(app: typer.Typer) -> None:
    """Add the offline commands, in the order in which one meets them."""
    app.command("simulate")(simulate_command)
    app.command("init")(init_command)
    app.command("lr-range")(lr_range_command)
    app.command("train")(train_command)
    app.command("tune")(tune_command)
    app.command("compare")(compare_command)
    app.command("evaluate")(evaluate_command)
    app.command("score")(score_command)
    app.command("publish")(publish_command)
    app.command("retrain")(retrain_command)
    app.command("schedule")(schedule_command)
