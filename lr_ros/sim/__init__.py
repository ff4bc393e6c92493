"""A simulated scene with a camera: textured objects that turn before changing backgrounds."""
