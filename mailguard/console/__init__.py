"""The office console: web pages in which people decide on held mail. A process of its own, without the relay's locks.

routes      every page there is: method, path, screen, who may see it (a literal table)
screens/    one module a screen: functions from a `Page` to an answer
page        what a screen is given: who asks, for what, with what right; and how it answers
app         the way of a request: host, session, right, form, screen, headers
site        what all requests share: database, roll and policy in force, reading in the jail
people      names and addresses in the words of the office (roll + policy)
cards       held mail as the lists show it, and its groups
marks       the text of a message with the findings marked in it
words       the words of the screens for rules, states, reasons, roles
templates/, static/   markup and the one stylesheet

Everything works without JavaScript. A page is rendered from escaped text only; nothing here opens a file of a message:
that is done in the jail (mailguard.workers). GET never changes state. What a user may not see does not exist: 404.
"""
