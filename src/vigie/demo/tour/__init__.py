"""The guided tour: seven steps from a prepared exhibit to a match that two countries confirmed."""
