"""Memory. The only place that knows SQL: tables, the one writer, what a decision needs to know, and what it writes."""
