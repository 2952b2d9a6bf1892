"""What each serializer does to each kind."""
