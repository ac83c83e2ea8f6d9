"""`python -m portal.sandbox stripe|holded|mail`: the commands without the rest of the portal."""

from portal.sandbox.commands import sandbox

if __name__ == "__main__":
    sandbox(prog_name="python -m portal.sandbox")
