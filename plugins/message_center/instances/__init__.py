"""The databases of control and execution instances: reaching them, and registering them."""
