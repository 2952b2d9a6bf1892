"""The warehouse: what lies on which shelf. Its jobs use the reference API (`jobcheck.runtime`)."""
