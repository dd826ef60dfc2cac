"""Segmentation algorithms: from residues and their embedding to spans that may hold a motif. One file each."""
