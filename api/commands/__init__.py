"""The commands of `onetape`, one a file, each a function whose signature is its options."""
