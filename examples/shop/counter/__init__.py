"""The counter: what is sold over it, what is told to customers. Every job is there twice, weak and careful."""
