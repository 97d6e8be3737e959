"""Losses: per-example arithmetic without parameters."""

from superpos.losses.reconstruction import weighted_squared_error as weighted_squared_error
