"""Faults on the running stack under a steady load: what is lost, what is doubled, how long until it works again."""
