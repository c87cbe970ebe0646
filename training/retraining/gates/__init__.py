"""Gates: what a candidate has to show beside the champion before it serves. `judge` asks all of them."""
