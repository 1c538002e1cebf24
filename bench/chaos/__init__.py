"""Does every message arrive exactly once while everything around it is killed? `python -m bench.chaos`.

__main__  one run of ours, one of the naive pattern, the table and the verdict
stage     PostgreSQL, Redis and the provider of a run, and how each is struck down and raised again
provider  the provider: takes SMS, sometimes fails before or after taking them, never drops a repeat
workers   processes that send: forked quickly, so that killing them often does not starve the run
faults    what happens when, from a seed
ledgers   what was said, what was stored, what was taken: the comparison
crowd     a whole union told in mass messages, in a run of its own
roster    a table of people taken in, in a run of its own
cast      who is in that table, what must come of each row, and the ledger of writes
naive     the control: commit, enqueue a job, the job sends and then marks; rq retries three times
naive_roster  its like for a roster: row by row, an answer that stays out is the operator's fault
"""
