"""The use-cases: load facts → decide → commit. It joins what decides, remembers and translates.

Each use-case is one job of the one writer, and so one transaction: the ledger, the ticket, its events and the bytes of
every mail that follows stand together or not at all. Nothing here talks to anyone; other loops read the rows and do.
"""
