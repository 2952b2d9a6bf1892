"""Frameworks that consist of tables: `spec` says what the tables hold, `engine` reads them."""
