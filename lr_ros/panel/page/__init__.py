"""The page: what a browser shows, made anew for each one, and kept up to date while it looks."""
