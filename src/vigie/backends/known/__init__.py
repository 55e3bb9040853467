"""The five-call port to the matcher process."""
