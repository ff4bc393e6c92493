"""What `lr doctor` looks at, and what it concludes."""
