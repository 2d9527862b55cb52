"""What the daemon serves over HTTP: the status page, health, metrics, its state as JSON. No route changes anything."""
