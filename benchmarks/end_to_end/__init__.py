"""The whole of it with real processes: days arrive, models are retrained, a service under traffic follows."""
