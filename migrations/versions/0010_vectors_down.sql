-- No file of stored vectors is known.
DROP TABLE nesannot.vector_index;
