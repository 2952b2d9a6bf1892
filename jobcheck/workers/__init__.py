"""How the project's workers are started: commands in Procfiles, compose and Kubernetes files, units and scripts."""
