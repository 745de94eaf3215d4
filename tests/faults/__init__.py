"""The fault plan: what networks, gateways, disks and people do to a call, and what must hold all the same."""
