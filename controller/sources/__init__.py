"""Where specs come from: files and directories, read whole or not at all."""
