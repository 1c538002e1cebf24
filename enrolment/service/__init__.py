"""What happens to an enrolment? Filled in, handed in, reviewed, paid, confirmed."""
