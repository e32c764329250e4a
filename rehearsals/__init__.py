"""Rehearsals: each drives one deployed stack from outside, and proves what it promises."""
