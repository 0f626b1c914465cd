"""`python -m cli`: the same as `lyceum`, for child processes that must use the same interpreter."""

from cli.main import main

if __name__ == "__main__":  # further web processes import this module again, under another name
    main()
