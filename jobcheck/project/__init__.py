"""What the code base declares: sources, shallow shapes of modules, and what a name means across them."""
