"""A learning rate for each subnet: every parameter belongs to exactly one group, and to none by accident."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from models.errors import ConfigError
from training.optimizers.config import DEFAULTS, OptimizerConfig, takes_sparse_gradients


class SubnetOptimizers:
    """One optimizer a subnet.

    Args:
        subnets: modules by subnet; together they hold every parameter once.
        configured: settings by subnet or pattern (`heads.*`). They go before the defaults, a name before a pattern.
        num_steps: steps that the run takes at the most; schedules end there.

    Raises:
        ConfigError: a setting that claims no subnet or no parameter, a subnet that nothing claims, a kind that
            cannot take the subnet's gradients, or a warm-up that takes the whole run.
    """

    def __init__(
        self, subnets: Mapping[str, nn.Module], configured: Mapping[str, OptimizerConfig], num_steps: int
    ) -> None:
        _refuse_shared(subnets)
        parameters = {name: list(module.parameters()) for name, module in subnets.items()}
        refuse_idle(parameters, configured)
        trained = {name: held for name, held in parameters.items() if held}
        self.configs = {name: claimed(name, configured) for name in trained}
        for name, config in self.configs.items():
            config.schedule.check_ends_within(num_steps, name)
        self.optimizers = {name: self.configs[name].build(held) for name, held in trained.items()}
        self._num_steps = num_steps
        self._num_made = 0
        self._follow_schedules()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Move every subnet that has a gradient by its own rate, and go on to the rates of the next step."""
        for optimizer in self.optimizers.values():
            optimizer.step()
        self._num_made += 1
        self._follow_schedules()

    def step_alone(self, subnet: str) -> None:
        """Move one subnet between two steps."""
        self.optimizers[subnet].step()

    def set_rate(self, subnet: str, rate: float) -> None:
        """Set the rate in force; a schedule sets it again after the next step."""
        for group in self.optimizers[subnet].param_groups:
            group["lr"] = rate

    def _follow_schedules(self) -> None:
        for name, config in self.configs.items():
            self.set_rate(name, config.rate * config.schedule.factor(self._num_made, self._num_steps))

    def state(self) -> dict[str, Any]:
        """Steps made, and by subnet what its optimizer remembers of each parameter, in their order."""
        held = {name: [dict(each.state.get(p, {})) for p in _held(each)] for name, each in self.optimizers.items()}
        return {"num_made": self._num_made, "held": held}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state, at the rates of its step; its tensors are copied."""
        self._num_made = state["num_made"]
        for name, optimizer in self.optimizers.items():
            for parameter, held in zip(_held(optimizer), state["held"][name], strict=True):
                optimizer.state.pop(parameter, None)
                if held:
                    optimizer.state[parameter] = {key: _copied(value, parameter.device) for key, value in held.items()}
        self._follow_schedules()

    def not_finite(self) -> list[str]:
        """Subnets with a gradient that is NaN or infinite.

        A sum of finite numbers is finite, unless it overflows: so one number of all gradients clears all of them, and
        only where it does not is each one looked at.
        """
        gradients = [gradient for optimizer in self.optimizers.values() for gradient in _gradients(optimizer)]
        if not gradients or bool(torch.stack([gradient.sum() for gradient in gradients]).sum().isfinite()):
            return []
        return [name for name, optimizer in self.optimizers.items() if not _are_finite(_gradients(optimizer))]

    def learning_rates(self) -> dict[str, float]:
        """The rate in force, by subnet."""
        return {name: float(optimizer.param_groups[0]["lr"]) for name, optimizer in self.optimizers.items()}


def _held(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _copied(value: Any, device: torch.device) -> Any:
    return value.to(device, copy=True) if isinstance(value, torch.Tensor) else value


def _gradients(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Of its parameters that have one; of a table those of the touched rows."""
    gradients = [parameter.grad for parameter in _held(optimizer) if parameter.grad is not None]
    return [gradient._values() if gradient.is_sparse else gradient for gradient in gradients]


def _are_finite(gradients: list[torch.Tensor]) -> bool:
    return all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


def claimed(subnet: str, configured: Mapping[str, OptimizerConfig]) -> OptimizerConfig:
    """The settings of a subnet: configured before default, its name before a pattern."""
    for settings in (configured, DEFAULTS):
        exact = [name for name in settings if name == subnet]
        patterns = [name for name in settings if name != subnet and fnmatchcase(subnet, name)]
        if not exact and len(patterns) > 1:
            raise ConfigError(
                f"every subnet belongs to one optimizer group; '{subnet}' is claimed by {' and '.join(patterns)}: "
                f"narrow one of the patterns"
            )
        for name in exact or patterns:
            return _checked(subnet, settings[name])
    raise ConfigError(f"every subnet has an optimizer; '{subnet}' has none: add [training.optimizers.\"{subnet}\"]")


def _checked(subnet: str, config: OptimizerConfig) -> OptimizerConfig:
    sparse = subnet == "embeddings"
    if takes_sparse_gradients(config) != sparse:
        kinds = "rowwise_adagrad or sparse_adam" if sparse else "adamw"
        raise ConfigError(
            f"the optimizer of '{subnet}' is {kinds}, because its gradients are {'sparse' if sparse else 'dense'}; "
            f"found {config.kind}: change its `kind`"
        )
    return config


def refuse_idle(parameters: Mapping[str, list[nn.Parameter]], configured: Mapping[str, OptimizerConfig]) -> None:
    """Refuse settings that claim no subnet, or none with parameters.

    Raises:
        ConfigError: naming the group.
    """
    for name in configured:
        claimed = [subnet for subnet in parameters if subnet == name or fnmatchcase(subnet, name)]
        if not claimed:
            raise ConfigError(
                f"an optimizer group claims a subnet; '{name}' matches none of: {', '.join(parameters)}: "
                f"correct or remove it"
            )
        if not any(parameters[subnet] for subnet in claimed):
            raise ConfigError(
                f"an optimizer group holds parameters; '{name}' holds none ({', '.join(claimed)} has nothing to "
                f"train with these settings): remove it"
            )


def _refuse_shared(subnets: Mapping[str, nn.Module]) -> None:
    owner: dict[int, str] = {}
    for name, module in subnets.items():
        for parameter in module.parameters():
            other = owner.setdefault(id(parameter), name)
            assert other == name, f"a parameter is in both {other} and {name}"


def check_complete(subnets: Mapping[str, nn.Module], *modules: nn.Module) -> None:
    """Every parameter of the modules is in a subnet; an error of ours, never of a user."""
    held = {id(parameter) for module in subnets.values() for parameter in module.parameters()}
    for module in modules:
        for name, parameter in module.named_parameters():
            assert id(parameter) in held, f"parameter {name} is in no subnet"
