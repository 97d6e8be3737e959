"""When a model is to be evaluated, by effective compute and the calendar.

Source: Anthropic's Responsible Scaling Policy 1.0 (19 September 2023), "Evaluation Protocol".
"""
