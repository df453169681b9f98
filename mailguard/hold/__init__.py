"""Mail that waits for a person: the rules of a decision, what is shown of it, and the notices about it.

decisions   release and refuse, for the command line and the console alike
shown       held mail as the dictionaries of `held list --json` and `held show --json`
notices     the e-mails that tell sender and office (pure)
teller      sends them, once over all nodes
wording     the school's own words for them, from a folder
settings    when people are reminded, and who
reminders   digests until all is decided, and word to others of what waits too long
"""
