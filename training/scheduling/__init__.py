"""`threefold schedule`: retrains at the times of a cron expression, in a child process, and remembers what it did."""
