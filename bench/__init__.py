"""How fast is it, and beside what? `python -m bench` (make bench); docs/performance.md says how to read it."""
