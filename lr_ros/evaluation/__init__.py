"""The whole system in real processes, taught and scored: on recorded streams, and in simulation."""
