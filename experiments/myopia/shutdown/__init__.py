"""When agents shut down, by what they see of the epoch, and at epochs that they were never in.

Source: ours.
"""
