"""Fetches mail from mailboxes: one thread a mailbox, which talks IMAP and hands what it finds to the daemon's loop.

``wire`` is the connection itself, ``line`` a connection that is encrypted and logged in, ``folder`` what is asked and
told of a selected folder, ``bridge`` the way from a thread to the house. ``look`` is one look at a folder: what is new
is fetched, kept, and only then marked. ``watch`` is the thread's life: looks, IDLE, back-off. ``report`` and ``probe``
are what ``counterfoil check`` and ``counterfoil inbound audit`` ask. Nothing that stands in a mail or in a server's
answer ever becomes part of a command (invariant 17): commands hold numbers of ours and names out of the configuration.
"""
