"""Traffic for a service: the newest impressions of a log, asked again at a set rate (docs/deployment.md).

It needs `threefold[client-arrow]` and nothing else of this project.
"""
