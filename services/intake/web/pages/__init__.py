"""The portal: what somebody sees who wants help, without an account and without a script."""
