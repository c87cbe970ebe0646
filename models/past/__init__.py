"""Past rates: how often each task's label was positive, or how large it was, for an id in earlier periods."""

from models.past.config import PastRatesConfig, check_past_rates
from models.past.rates import PastRates

__all__ = ["PastRates", "PastRatesConfig", "check_past_rates"]
