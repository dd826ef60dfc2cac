"""Figures for print, drawn from plain arrays: no science, no SQL."""
