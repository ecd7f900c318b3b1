"""Each command of `onetape`, as a process."""
