"""Which enrolments are there, and what do their pages show?"""
