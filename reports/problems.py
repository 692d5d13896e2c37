"""What can be wrong with data or a question: always one sentence that names cause and cure."""

from __future__ import annotations


class ReportError(Exception):
    """Reports cannot do what was asked; the message is a sentence for people."""


class SourceError(ReportError):
    """The snapshot or database cannot be read."""


class QuestionError(ReportError):
    """The question makes no sense: a zone, period or column that does not exist."""
