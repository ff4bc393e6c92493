"""The command line `lr`, one file a group of commands."""
