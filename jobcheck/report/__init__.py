"""How findings are told: text for people, JSON and workflow commands for machines."""
