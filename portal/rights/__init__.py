"""What may a person ask of us about their own data? A copy of it, and an end to it (PIPL 44–47)."""
