"""One file per step, with its SQL beside it; a step that was released is never edited."""
