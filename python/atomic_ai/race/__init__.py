"""The race's driver: it owns the sockets and obeys the core."""
