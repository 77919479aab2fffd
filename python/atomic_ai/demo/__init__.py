"""The demo: an inbox sorted by local specialists and simulated language models that bid against each other."""
