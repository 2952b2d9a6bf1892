"""What the object-relational mappers' classes, managers and queries give."""
