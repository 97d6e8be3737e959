"""`experiment=train`, an experiment without claims."""
