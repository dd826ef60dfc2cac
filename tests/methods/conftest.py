"""Scores and evidence of every segment of a protein, side by side."""

from types import SimpleNamespace


def scores_by(method, context):
    """Raw score and evidence of each segment of `context`."""
    evidence = method.evidence(context, range(len(context.spans)))
    rows = zip(method.raw(context).tolist(), evidence, strict=True)
    return [SimpleNamespace(raw=raw, evidence=own) for raw, own in rows]
