"""The clients' portal: pages that work without scripts, load nothing from elsewhere, and act on POST alone.

Rules:
- Every form bears a token that is bound to its reader's session, or before there is one to a cookie of theirs.
- Every page is ``no-store``; its one style stands in it, allowed by hash, so that nothing blocks the first paint.
- Nothing tells whether an address is known, nor whether a ticket exists that is not the reader's.
"""
