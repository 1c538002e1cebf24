"""工会参保 of the staff side: operators fill in, reviewers decide, on the same pages."""
