"""Commands in agents' mail: ``declared`` once as data, ``reading`` makes orders of words."""
