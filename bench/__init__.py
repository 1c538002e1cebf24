"""How fast is it, and beside what? `python -m bench`; docs/performance.md says how to read it."""
