"""Counterfoil: an email helpdesk that runs like a mail server and is studied like a data set."""

__version__ = "0.1.0"
