"""What the commands do, each file readable as the methods section of a paper."""
