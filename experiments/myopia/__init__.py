"""Myopia by epoch index: agents that may shut down, invest, or tamper with what they are shown."""
