"""What the ethics office does, one verb a module; each in the caller's transaction."""
