"""The delivery engine, and a folder for each channel that it sends on."""
