"""A stand-in for a reader whose library starts a thread when it is imported: no fork server may run it."""

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
