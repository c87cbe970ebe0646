"""How much work a request is: beside a plain application and peers, beside its floor, and under too much load."""
