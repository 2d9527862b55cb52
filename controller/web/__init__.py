"""What the daemon serves over HTTP: health, and its state as JSON. Reading only; no route changes anything."""
