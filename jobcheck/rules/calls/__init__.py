"""Rules about calls: options, signatures, keywords."""
