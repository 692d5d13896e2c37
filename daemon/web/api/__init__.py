"""The API below ``/v2``: JSON in and out, bearer tokens, one kind of error (RFC 9457). Nothing is decided here.

Every route asks for its caller (``callers``), reads bodies strictly (``bodies``) and answers errors as problems
(``problems``). Repeats, rates, request ids and CORS are the same for all routes and stand around them (``around``).
"""
