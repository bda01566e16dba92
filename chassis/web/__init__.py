"""How a service answers HTTP: problems, sign-in, health, the app, the process."""
