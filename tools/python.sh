#!/bin/sh
# Which Python makes the environment? Prints the first one that is 3.11 or newer and can make a venv.
found=
for name in "$PYTHON" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$name" ] || continue
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    found=$name
    "$name" -c 'import ensurepip, venv' 2>/dev/null || continue
    command -v "$name"
    exit 0
done
if [ -n "$found" ]; then
    echo "Python's venv module is missing: install it (Debian and Ubuntu: apt-get install python3-venv)" >&2
else
    echo "Python 3.11 or newer is needed: install it, or name one: make PYTHON=/path/to/python3.12 …" >&2
fi
exit 1
