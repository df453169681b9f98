"""python -m mailguard"""

from mailguard.cli import main

if __name__ == "__main__":
    main()
