"""Declarative jobs: a query document instead of `map` and `reduce`, executed in columns by DuckDB."""
