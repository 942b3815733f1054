"""What the commands of ``cli`` do: load, ask the layers below, write what they answer. Each answers an exit status."""
