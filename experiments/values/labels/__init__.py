"""How many labels each way to learn values takes, and when labels are worth more than names."""
