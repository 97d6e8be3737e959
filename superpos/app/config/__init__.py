"""From a composed config to sweeps, checked."""
