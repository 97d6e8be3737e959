"""Many runs as few compiled programs, on all devices of a machine."""
