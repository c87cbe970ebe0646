"""The configured model beside its baselines: same rows, same seeds, intervals, and no word that they do not allow."""
