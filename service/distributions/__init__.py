"""What the service predicts lately, beside what the model predicted for its training window."""
