"""Does the safety buffer hold: how far a model gets between two evaluations.

Source: Anthropic's Responsible Scaling Policy 1.0, "Evaluation Protocol": evaluations at every 4x
of effective compute are built to fire 6x early, "so model training can continue safely while
evaluations take place"; a task is passed by 1 of 10 tries, and the threshold is half of the tasks.
"""
